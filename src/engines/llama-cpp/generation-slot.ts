import type { GenerateRequest, GenerationResult, RequestFailure } from '../../core/engine.ts';
import { commonPrefix, promptHead, requestFailure } from '../prompt-tokens.ts';
import type { GrammarConstraint } from './native/grammar-constraint.ts';
import type { PromptTokens } from './prompts.ts';
import { TextStream } from './text-stream.ts';
import { TokenCount } from './token-count.ts';

export interface WaitingGeneration extends PromptTokens {
  readonly request: GenerateRequest;
  readonly arrivedMs: number;
}

/** A request that is being answered. */
export interface ActiveGeneration {
  readonly waiting: WaitingGeneration;
  readonly text: TextStream;
  readonly count: TokenCount;
  /** Of the answer's tokens. */
  readonly logprobs: number[];
  readonly scheduledMs: number;
  readonly reusedTokens: number;
  /** Of a request with a JSON schema, from the first token of its answer on. */
  constraint?: GrammarConstraint;
  startedMs: number | undefined;
  firstTokenMs: number | undefined;
  draftedTokens: number;
  acceptedTokens: number;
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
  /** Row of logits that the current decode gives for this slot, or -1; those of its drafted tokens follow. */
  row = -1;
  /** Tokens that a draft model expects behind those that were known then, and how many these were. */
  #drafted: readonly number[] = [];
  #draftedFrom = 0;

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

  get drafted(): readonly number[] {
    return this.#drafted;
  }

  /** What the next decode takes in behind the known tokens. */
  propose(drafted: readonly number[]): void {
    this.#drafted = drafted;
    this.#draftedFrom = this.#length;
    if (this.active !== undefined) this.active.draftedTokens += drafted.length;
  }

  /** The row of logits that tells the next token; undefined where something must be decoded first. */
  get nextRow(): number | undefined {
    if (this.active === undefined || this.row === -1 || this.undecoded > 0) return undefined;
    return this.row + this.decoded - this.#draftedFrom;
  }

  /** Counts the next token where it is the one that was drafted. */
  compare(token: number): void {
    if (this.active !== undefined && token === this.#drafted[this.decoded - this.#draftedFrom])
      this.active.acceptedTokens += 1;
  }

  /** Counts drafted tokens as decoded as far as they came true. */
  keepDrafted(): void {
    while (
      this.decoded < this.#length &&
      this.#drafted[this.decoded - this.#draftedFrom] === this.#tokens[this.decoded]
    )
      this.decoded += 1;
  }

  /**
   * Tokens that may be drafted now: none before the first token is known, so that its time is the model's own, and no more
   * than the answer may still have before its last one.
   */
  get draftRoom(): number {
    const { active } = this;
    if (active?.firstTokenMs === undefined || this.undecoded !== 1) return 0;
    const { waiting, count, text } = active;
    const isThinking = waiting.budget > 0 && text.openShape !== undefined;
    const left = waiting.tokens.length + waiting.room - this.#length;
    return Math.min(left, isThinking ? left : waiting.request.maxTokens - count.limited) - 1;
  }

  start(waiting: WaitingGeneration, reusedTokens: number, nowMs: number): void {
    this.#tokens = new Int32Array(waiting.tokens.length + waiting.room);
    this.#tokens.set(waiting.tokens);
    this.#length = waiting.tokens.length;
    this.decoded = reusedTokens;
    this.active = {
      waiting,
      text: new TextStream(waiting.request.stop, {
        startsInside: waiting.opened,
        mayThink: waiting.budget > 0,
      }),
      count: new TokenCount(waiting.budget),
      logprobs: [],
      scheduledMs: Math.max(waiting.arrivedMs, Math.min(this.freeSinceMs, nowMs)),
      reusedTokens,
      startedMs: undefined,
      firstTokenMs: undefined,
      draftedTokens: 0,
      acceptedTokens: 0,
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
    const { waiting, text, logprobs, count } = active;
    const { thoughts, answer, isOpen } = text.end();
    this.release(nowMs);
    return {
      id: waiting.request.id,
      status: 'done',
      text: answer,
      ...(thoughts !== undefined && { thoughts }),
      ...((count.thinking > 0 || waiting.budget > 0) && { thinkingTokens: count.thinking }),
      // Without an end of its thoughts there is no answer, whatever ended the text.
      finishReason: isOpen && answer.trim() === '' ? 'budget_cut' : finishReason,
      promptTokens: waiting.tokens.length,
      reusedTokens: active.reusedTokens,
      ...(active.draftedTokens > 0 && { draftedTokens: active.draftedTokens, acceptedTokens: active.acceptedTokens }),
      outputTokens: count.output,
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

  /** Ends the request without a result. */
  fail(message: string, nowMs: number): RequestFailure | undefined {
    const waiting = this.active?.waiting;
    this.release(nowMs);
    return waiting && requestFailure(waiting.request.id, 'engine', message, waiting.tokens.length);
  }

  /** Lets go of the request, whatever became of it. */
  release(nowMs: number): void {
    this.active?.constraint?.free();
    this.active = undefined;
    this.freeSinceMs = nowMs;
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
