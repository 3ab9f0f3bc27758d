import type { GenerateRequest, Generation, WorkInFlight } from '../../core/engine.ts';
import { EngineError } from '../../core/errors.ts';
import { DraftSequences } from './draft-sequences.ts';
import { roundCells, type ContextSource, type EnginePass, type PassSettings, RequestQueue } from './engine-pass.ts';
import { GenerationSlot, type WaitingGeneration } from './generation-slot.ts';
import { type ContextShape, physicalBatchTokens, type LlamaContext } from './native/llama-context.ts';
import { readPrompt } from './prompts.ts';

/** A shorter shared prefix is decoded faster than a stream is copied. */
const fewestSharedTokens = 16;

interface Prefix {
  readonly slot: GenerationSlot;
  readonly length: number;
}

/**
 * Continuous batching: all sequences advance in one decode, and a request starts as soon as a sequence is free. Each
 * sequence has its own stream of the KV cache, which decodes faster than one buffer for all; a prefix that is reused
 * is copied from stream to stream.
 */
export class GenerationPass implements EnginePass<GenerateRequest, Generation> {
  readonly #source: ContextSource;
  readonly #slots: readonly GenerationSlot[];
  readonly #mayReuse: boolean;
  readonly #queue: RequestQueue<WaitingGeneration>;
  readonly #ready: Generation[] = [];
  /** Tokens that are drafted at once for a sequence: those of all sequences fit into one batch. */
  readonly #mostDrafted: number;
  #context: LlamaContext | undefined;
  #drafts: DraftSequences | undefined;

  constructor(source: ContextSource, settings: PassSettings) {
    const nowMs = source.now();
    this.#source = source;
    this.#slots = Array.from({ length: settings.concurrency }, (_, sequence) => new GenerationSlot(sequence, nowMs));
    const draftRoom = Math.floor(physicalBatchTokens / settings.concurrency) - 1;
    this.#mostDrafted = Math.max(0, Math.min(source.draft?.tokens ?? 0, draftRoom));
    this.#mayReuse = settings.reuse === 'prefix' && source.model.canCutSequences;
    this.#queue = new RequestQueue(this.#mayReuse);
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#ready.length === 0 && !this.#hasActive();
  }

  get inFlight(): WorkInFlight {
    const tokens = { prompt: 0, output: 0 };
    let requests = 0;
    for (const { active, decoded } of this.#slots) {
      if (active === undefined) continue;
      requests += 1;
      tokens.prompt += Math.min(decoded, active.waiting.tokens.length);
      tokens.output += active.count.output;
    }
    return { requests, tokens };
  }

  add(request: GenerateRequest): void {
    const read = readPrompt(request, this.#source.reader);
    if ('status' in read) this.#ready.push(read);
    else this.#queue.add({ ...read, request, arrivedMs: this.#source.now() });
  }

  close(): void {
    for (const slot of this.#slots) slot.release(this.#source.now());
  }

  step(): Generation[] {
    const context = this.#prepareContext();
    if (context !== undefined) {
      this.#admit(context);
      if (this.#queue.length === 0) this.#closeGaps(context);
      this.#draft();
      if (this.#fillBatch(context)) {
        context.decode();
        this.#pickTokens(context);
      }
    }
    return this.#ready.splice(0);
  }

  #hasActive(): boolean {
    return this.#slots.some((slot) => slot.active !== undefined);
  }

  /** The context, large enough for the next request; growing it waits until no sequence is active. */
  #prepareContext(): LlamaContext | undefined {
    const next = this.#queue.peek();
    const cells = this.#context?.shape.cells ?? 0;
    if (next === undefined || cellsOf(next) <= cells || this.#hasActive()) return this.#context;
    const largest = this.#queue.values().reduce((most, waiting) => Math.max(most, cellsOf(waiting)), 0);
    for (const slot of this.#slots) slot.forget();
    const sequences = this.#slots.length;
    const shape: ContextShape = {
      sequences,
      cells: roundCells(Math.max(largest, Math.min(cells * 1.25, this.#source.reader.contextTokens))),
      isUnified: false,
      // Drafted tokens that are refused are cut off again.
      keepsWindow: this.#mayReuse || this.#mostDrafted > 0,
      batchTokens: Math.max(physicalBatchTokens, sequences),
      outputs: sequences * (1 + this.#mostDrafted),
    };
    this.#context = this.#source.open(shape);
    this.#drafts = this.#openDrafts({ ...shape, outputs: sequences });
    return this.#context;
  }

  #openDrafts(shape: ContextShape): DraftSequences | undefined {
    const { draft, model } = this.#source;
    if (draft === undefined || this.#mostDrafted === 0) return undefined;
    const context = draft.open(shape);
    return new DraftSequences({ context, model: draft.model, knownTokens: model.vocabularySize });
  }

  #copyStream(context: LlamaContext, source: GenerationSlot, target: GenerationSlot): void {
    context.copyStream(source.sequence, target.sequence);
    this.#drafts?.copyStream(source.sequence, target.sequence);
  }

  /** Forgets a sequence from a position on. */
  #cut(context: LlamaContext, { sequence }: GenerationSlot, length: number): void {
    context.remove(sequence, length);
    this.#drafts?.cut(sequence, length);
  }

  #admit(context: LlamaContext): void {
    for (;;) {
      const next = this.#queue.peek();
      const free = this.#slots.find((slot) => slot.active === undefined);
      if (next === undefined || free === undefined || cellsOf(next) > context.shape.cells) return;
      const prefix = this.#mayReuse ? this.#findPrefix(next.tokens, context) : undefined;
      if (prefix === 'soon') return;
      this.#queue.take();
      const slot = this.#placePrefix(prefix, context);
      slot.start(next, prefix?.length ?? 0, this.#source.now());
      this.#cut(context, slot, prefix?.length ?? 0);
    }
  }

  /** The longest prefix that a slot holds; `soon` where one that is being decoded will hold a much longer one. */
  #findPrefix(tokens: Int32Array, context: LlamaContext): Prefix | 'soon' | undefined {
    let best: Prefix | undefined;
    let promised = 0;
    for (const slot of this.#slots) {
      // The prompt's last token is always decoded: the first of the answer is picked from its logits.
      const length = Math.min(slot.sharedWith(tokens, true), tokens.length - 1);
      if (slot.active !== undefined)
        promised = Math.max(promised, Math.min(slot.sharedWith(tokens, false), tokens.length - 1));
      if (length < fewestSharedTokens || length <= (best?.length ?? 0)) continue;
      if (context.canContinueFrom(slot.sequence, length)) best = { slot, length };
    }
    return promised >= (best?.length ?? 0) + fewestSharedTokens * 2 ? 'soon' : best;
  }

  /** Chooses a free slot and gives it the cells of the prefix. */
  #placePrefix(prefix: Prefix | undefined, context: LlamaContext): GenerationSlot {
    if (prefix !== undefined && prefix.slot.active === undefined) return prefix.slot;
    // The slot that was free for longest is the one whose cells are least likely to be wanted again.
    const free = this.#slots.filter((slot) => slot.active === undefined);
    const slot = free.toSorted((left, right) => left.freeSinceMs - right.freeSinceMs)[0];
    if (slot === undefined) throw new EngineError('no free sequence to admit a request to');
    if (prefix !== undefined) this.#copyStream(context, prefix.slot, slot);
    return slot;
  }

  /** Moves the last sequences into gaps: the library decodes only neighbouring streams together. */
  #closeGaps(context: LlamaContext): void {
    for (;;) {
      const gap = this.#slots.find((slot) => slot.active === undefined);
      const last = this.#slots.findLast((slot) => slot.active !== undefined);
      if (gap === undefined || last === undefined || gap.sequence > last.sequence) return;
      this.#copyStream(context, last, gap);
      this.#cut(context, last, 0);
      gap.takeOver(last);
    }
  }

  /** Lets the draft model propose how answers go on. */
  #draft(): void {
    const turns = this.#slots.flatMap((slot) => {
      const { sequence, tokens, draftRoom } = slot;
      const most = Math.min(this.#mostDrafted, draftRoom);
      return most > 0 ? [{ sequence, tokens, most }] : [];
    });
    const proposals = this.#drafts?.propose(turns);
    for (const slot of this.#slots) slot.propose(proposals?.get(slot.sequence) ?? []);
  }

  /**
   * One token, and what is drafted behind it, for each sequence that is answering, and as much of the prompts as fits
   * beside them.
   */
  #fillBatch({ batch, shape }: LlamaContext): boolean {
    batch.clear();
    const active = this.#slots.filter((slot) => slot.active !== undefined);
    const answering = active.filter((slot) => slot.undecoded === 1);
    let promptRoom = answering.reduce((room, { drafted }) => room - 1 - drafted.length, shape.batchTokens);
    for (const slot of active) {
      const count = slot.undecoded === 1 ? 1 : Math.min(slot.undecoded, promptRoom);
      if (slot.undecoded > 1) promptRoom -= count;
      const { tokens, decoded } = slot;
      slot.row = -1;
      if (count > 0 && slot.active !== undefined) slot.active.startedMs ??= this.#source.now();
      for (let position = decoded; position < decoded + count; position += 1) {
        slot.row = batch.add(tokens[position] ?? 0, position, slot.sequence, 1, position === tokens.length - 1);
      }
      slot.decoded += count;
      for (const [index, token] of slot.drafted.entries())
        batch.add(token, slot.decoded + index, slot.sequence, 1, true);
    }
    return batch.length > 0;
  }

  /**
   * The next token of each sequence, by the model's own choice; where that is the drafted one, the token behind it is known
   * as well, and so on.
   */
  #pickTokens(context: LlamaContext): void {
    const nowMs = this.#source.now();
    const { vocabularySize } = this.#source.model;
    const logits = context.logits(context.batch.outputCount);
    for (const slot of this.#slots) {
      for (let row = slot.nextRow; row !== undefined; row = slot.nextRow) {
        this.#pickToken(slot, logits.subarray(row * vocabularySize, (row + 1) * vocabularySize), nowMs);
        slot.keepDrafted();
      }
      if (slot.drafted.length > 0) this.#cut(context, slot, slot.decoded);
    }
  }

  #pickToken(slot: GenerationSlot, logits: Float32Array, nowMs: number): void {
    const { rows } = this.#source.model;
    rows.load(logits);
    const highest = rows.highest();
    const likeliest = rows.argmax(highest);
    if (likeliest === -1) throw new EngineError('the model gave logits that are not numbers');
    const token = this.#constrain(slot, likeliest, nowMs);
    if (token === undefined) return;
    slot.compare(token);
    this.#take(slot, token, highest, nowMs);
  }

  /** The likeliest token that the request's JSON schema allows behind thoughts; undefined where it failed for that. */
  #constrain(slot: GenerationSlot, likeliest: number, nowMs: number): number | undefined {
    const { active } = slot;
    const schema = active?.waiting.request.jsonSchema;
    if (active === undefined || schema === undefined) return likeliest;
    const { grammars, rows, tokenizer } = this.#source.model;
    const { text, waiting } = active;
    if (text.openShape !== undefined) return likeliest;
    if (waiting.budget > 0 && !text.answersWith(tokenizer.piece(likeliest))) return likeliest;
    try {
      active.constraint ??= grammars.constrain(schema);
      return active.constraint.pick(rows, likeliest);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const failure = slot.fail(error.message, nowMs);
      if (failure !== undefined) this.#ready.push(failure);
      if (!this.#mayReuse) slot.forget();
      return undefined;
    }
  }

  #take(slot: GenerationSlot, token: number, highest: number, nowMs: number): void {
    const { active } = slot;
    if (active === undefined) return;
    const { request } = active.waiting;
    const { text, count, logprobs } = active;
    const { tokenizer, rows } = this.#source.model;
    active.firstTokenMs ??= nowMs;
    const isMark = text.openShape !== undefined && tokenizer.isMark(token);
    if (tokenizer.isEnd(token) && !isMark && request.ignoresEnd !== true) {
      if (!this.#closeThoughts(slot)) this.#finish(slot, 'stop', nowMs);
      return;
    }
    const isStopped = text.push(tokenizer.piece(token));
    const isOfAnswer = count.add(text);
    if (request.logprobs === true) logprobs.push(rows.at(token) - rows.logSumExp(highest));
    if (!isOfAnswer) logprobs.length = Math.min(logprobs.length, count.answer);
    if (isStopped) this.#finish(slot, 'stop', nowMs);
    else if (count.limited >= request.maxTokens) this.#finish(slot, 'length', nowMs);
    else {
      slot.append(token);
      if (count.isBudgetUsed && text.isWholeCharacter) this.#closeThoughts(slot);
    }
  }

  /** Closes open thoughts by force, once; false where there is nothing to close, or no budget for an answer behind. */
  #closeThoughts(slot: GenerationSlot): boolean {
    const { active } = slot;
    const shape = active?.text.openShape;
    if (active === undefined || shape === undefined || active.waiting.budget === 0 || active.count.isForced)
      return false;
    active.count.isForced = true;
    active.text.add(shape.forcedClose);
    for (const token of this.#source.reader.closing(shape)) slot.append(token);
    return true;
  }

  #finish(slot: GenerationSlot, reason: 'stop' | 'length', nowMs: number): void {
    const result = slot.finish(reason, nowMs);
    if (result !== undefined) this.#ready.push(result);
    if (!this.#mayReuse) slot.forget();
  }
}

/** Cells that a request may fill: the last token of the answer is never decoded. */
function cellsOf(waiting: WaitingGeneration): number {
  return waiting.tokens.length + Math.max(0, waiting.room - 1);
}
