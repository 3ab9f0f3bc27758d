import type { GenerateRequest, GenerationResult } from '../../core/engine.ts';
import { commonPrefix, promptHead } from '../prompt-tokens.ts';
import type { PromptTokens } from './prompts.ts';

/**
 * The text of a generation as its tokens come: whole characters only, and cut before the first stop string, which may
 * begin in one token and end in another.
 */
export class TextStream {
  readonly #stop: readonly string[];
  readonly #longestStop: number;
  // With `stream` an incomplete character at the end waits for its other bytes; without BOM handling no text is lost.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #text = '';
  #isStopped = false;

  constructor(stop: readonly string[]) {
    this.#stop = stop.filter((each) => each !== '');
    this.#longestStop = Math.max(0, ...this.#stop.map((each) => each.length));
  }

  get text(): string {
    return this.#text;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Adds a token's bytes; true when a stop string is complete. */
  push(bytes: Uint8Array): boolean {
    const added = this.#decoder.decode(bytes, { stream: true });
    if (added === '') return false;
    const searchFrom = Math.max(0, this.#text.length - this.#longestStop + 1);
    this.#text += added;
    let cut = -1;
    for (const stop of this.#stop) {
      const at = this.#text.indexOf(stop, searchFrom);
      if (at !== -1 && (cut === -1 || at < cut)) cut = at;
    }
    if (cut === -1) return false;
    this.#text = this.#text.slice(0, cut);
    this.#isStopped = true;
    return true;
  }
}

export interface WaitingGeneration extends PromptTokens {
  readonly request: GenerateRequest;
  readonly arrivedMs: number;
}

/** A request that is being answered. */
export interface ActiveGeneration {
  readonly waiting: WaitingGeneration;
  readonly text: TextStream;
  readonly logprobs: number[];
  readonly scheduledMs: number;
  readonly reusedTokens: number;
  outputTokens: number;
  startedMs: number | undefined;
  firstTokenMs: number | undefined;
}

/** One sequence of the context: what its cells hold, and the request that uses it. */
export class GenerationSlot {
  readonly sequence: number;
  active: ActiveGeneration | undefined;
  freeSinceMs: number;
  /** Tokens of the prompt and, after them, of the answer; the first `decoded` of them are in the cells. */
  #tokens = new Int32Array();
  #length = 0;
  decoded = 0;
  /** Row of logits that the current decode gives for this slot, or -1. */
  row = -1;

  constructor(sequence: number, nowMs: number) {
    this.sequence = sequence;
    this.freeSinceMs = nowMs;
  }

  get tokens(): Int32Array {
    return this.#tokens.subarray(0, this.#length);
  }

  /** Tokens that must still be decoded before the next one can be picked. */
  get undecoded(): number {
    return this.active === undefined ? 0 : this.#length - this.decoded;
  }

  start(waiting: WaitingGeneration, reusedTokens: number, nowMs: number): void {
    this.#tokens = new Int32Array(waiting.tokens.length + waiting.request.maxTokens);
    this.#tokens.set(waiting.tokens);
    this.#length = waiting.tokens.length;
    this.decoded = reusedTokens;
    this.active = {
      waiting,
      text: new TextStream(waiting.request.stop),
      logprobs: [],
      scheduledMs: Math.max(waiting.arrivedMs, Math.min(this.freeSinceMs, nowMs)),
      reusedTokens,
      outputTokens: 0,
      startedMs: undefined,
      firstTokenMs: undefined,
    };
  }

  append(token: number): void {
    this.#tokens[this.#length] = token;
    this.#length += 1;
  }

  /** How many of the tokens are, or will be, the same as those of another prompt. */
  sharedWith(tokens: Int32Array, decodedOnly: boolean): number {
    return commonPrefix(tokens, this.tokens, decodedOnly ? this.decoded : this.#length);
  }

  /** Ends the request; the cells keep what they hold. */
  finish(finishReason: GenerationResult['finishReason'], nowMs: number): GenerationResult | undefined {
    const { active } = this;
    if (active === undefined) return undefined;
    const { waiting, text, logprobs, outputTokens } = active;
    this.active = undefined;
    this.freeSinceMs = nowMs;
    return {
      id: waiting.request.id,
      status: 'done',
      text: text.text,
      finishReason,
      promptTokens: waiting.tokens.length,
      reusedTokens: active.reusedTokens,
      outputTokens,
      tokenLogprobs: waiting.request.logprobs === true ? logprobs : undefined,
      promptHead: promptHead(waiting.tokens),
      promptSha256: waiting.sha256,
      ...(waiting.text !== undefined && { renderedPrompt: waiting.text }),
      retries: 0,
      times: {
        scheduledMs: active.scheduledMs,
        startedMs: active.startedMs ?? nowMs,
        firstTokenMs: active.firstTokenMs ?? nowMs,
        lastTokenMs: nowMs,
      },
    };
  }

  /** Takes over what another slot is doing; its cells must have been copied. */
  takeOver(other: GenerationSlot): void {
    this.#tokens = other.#tokens;
    this.#length = other.#length;
    this.decoded = other.decoded;
    this.active = other.active;
    other.active = undefined;
    other.freeSinceMs = this.freeSinceMs;
    other.forget();
  }

  forget(): void {
    this.#tokens = new Int32Array();
    this.#length = 0;
    this.decoded = 0;
  }
}
