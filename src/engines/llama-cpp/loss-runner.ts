import { EngineError } from '../../core/errors.ts';
import type { LossPass } from './loss-pass.ts';
import { readLossText } from './loss-texts.ts';
import type { PromptReader } from './prompts.ts';
import type { ScoredTokens } from './waiting-likelihood.ts';
import type { LossOrder, WorkerReport } from './worker-messages.ts';

/** Compares two models in their process, a prompt or a chunk for each order. */
export class LossRunner {
  readonly #reader: PromptReader;
  readonly #pass: LossPass;
  readonly #report: (message: WorkerReport) => void;
  /** Of the text that was sent last. */
  #left: ScoredTokens[] = [];
  #id = '';

  constructor(reader: PromptReader, pass: LossPass, report: (message: WorkerReport) => void) {
    this.#reader = reader;
    this.#pass = pass;
    this.#report = report;
  }

  handle({ text }: LossOrder): void {
    if (text !== undefined) {
      const read = readLossText(text, this.#reader);
      this.#id = text.id;
      this.#left = typeof read === 'string' ? [] : [...read];
      if (typeof read === 'string') {
        this.#report({ type: 'loss', result: { id: text.id, status: 'skipped', reason: read } });
        return;
      }
    }
    const next = this.#left.shift();
    try {
      const result =
        next === undefined
          ? undefined
          : ({ id: this.#id, status: 'done', positions: this.#pass.compare(next) } as const);
      this.#report({ type: 'loss', result });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#report({ type: 'loss-error', message: error.message, hint: error.hint });
    }
  }
}
