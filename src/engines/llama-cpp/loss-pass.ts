import type { LossPositions } from '../../core/loss.ts';
import { EngineError } from '../../core/errors.ts';
import { createRowComparison } from './compare-rows.ts';
import { roundCells } from './engine-pass.ts';
import { type CacheSettings, LlamaContext, mostOutputs, physicalBatchTokens } from './native/llama-context.ts';
import type { LlamaModel } from './native/llama-model.ts';
import type { ScoredTokens } from './waiting-likelihood.ts';

/** One of the two that are compared; both may be the same weights. */
export interface LossSide {
  readonly model: LlamaModel;
  readonly cache: CacheSettings;
}

/** Decodes the same tokens twice, with few rows of logits at a time, which are compared and dropped. */
export class LossPass {
  readonly #sides: readonly [base: LossSide, model: LossSide];
  readonly #vocabularySize: number;
  readonly #compareRows: ReturnType<typeof createRowComparison>;
  readonly #maxOutputs: number;
  #contexts: readonly [base: LlamaContext, model: LlamaContext] | undefined;

  constructor(base: LossSide, model: LossSide) {
    this.#sides = [base, model];
    this.#vocabularySize = base.model.vocabularySize;
    this.#compareRows = createRowComparison(this.#vocabularySize);
    this.#maxOutputs = mostOutputs(this.#vocabularySize);
  }

  /**
   * Compares both at every token from `start` on.
   *
   * @throws {EngineError} where the library refuses a decode, or gives logits that are no numbers
   */
  compare({ tokens, start }: ScoredTokens): LossPositions {
    const contexts = this.#openContexts(tokens.length - 1);
    const count = tokens.length - start;
    const positions = {
      divergences: new Float64Array(count),
      baseLogprobs: new Float64Array(count),
      logprobs: new Float64Array(count),
      sameTop: new Uint8Array(count),
    };
    let done = 0;
    const run = (): void => {
      for (const context of contexts) context.decode();
      done = this.#compareBlock(contexts, tokens.subarray(start), positions, done);
      for (const { batch } of contexts) batch.clear();
    };
    const [{ batch }] = contexts;
    // Nothing is predicted from the last token.
    for (const [position, token] of tokens.subarray(0, -1).entries()) {
      const hasOutput = position >= start - 1;
      if (batch.length === physicalBatchTokens || (hasOutput && batch.outputCount === this.#maxOutputs)) run();
      for (const context of contexts) context.batch.add(token, position, 0, 1, hasOutput);
    }
    run();
    return positions;
  }

  /** Compares the rows of the last decode; returns how many positions are done then. */
  #compareBlock(
    [base, model]: readonly [LlamaContext, LlamaContext],
    followers: Int32Array,
    positions: LossPositions,
    done: number,
  ): number {
    const rows = base.batch.outputCount;
    if (rows === 0) return done;
    const [baseLogits, logits] = [base.logits(rows), model.logits(rows)];
    for (let index = 0; index < rows; index += 1) {
      const [from, to] = [index * this.#vocabularySize, (index + 1) * this.#vocabularySize];
      const at = done + index;
      const found = this.#compareRows(baseLogits.subarray(from, to), logits.subarray(from, to), followers[at] ?? -1);
      if (!Number.isFinite(found.divergence + found.baseLogprob + found.logprob)) {
        throw new EngineError(`the logits of a token are no numbers that a divergence could be taken of`, {
          hint: 'One of the two models is damaged, or overflows on this device: try the other alone, or another device.',
        });
      }
      positions.divergences[at] = found.divergence;
      positions.baseLogprobs[at] = found.baseLogprob;
      positions.logprobs[at] = found.logprob;
      positions.sameTop[at] = found.isSameTop ? 1 : 0;
    }
    return done + rows;
  }

  /** Two empty contexts with room for so many tokens. */
  #openContexts(tokens: number): readonly [LlamaContext, LlamaContext] {
    const open = this.#contexts;
    if (open !== undefined && open[0].shape.cells >= tokens) {
      for (const context of open) {
        context.clear();
        context.batch.clear();
      }
      return open;
    }
    // Before the new ones, so that all four are never in memory together.
    for (const context of open ?? []) context.free();
    const grown = Math.ceil((open?.[0].shape.cells ?? 0) * 1.25);
    const shape = {
      sequences: 1,
      cells: roundCells(Math.max(tokens, grown)),
      isUnified: true,
      keepsWindow: false,
      batchTokens: physicalBatchTokens,
      outputs: this.#maxOutputs,
    };
    this.#contexts = undefined;
    const [base, model] = this.#sides;
    this.#contexts = [
      new LlamaContext(base.model, shape, base.cache),
      new LlamaContext(model.model, shape, model.cache),
    ];
    return this.#contexts;
  }
}
