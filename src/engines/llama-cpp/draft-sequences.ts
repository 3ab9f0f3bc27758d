import type { LlamaContext } from './native/llama-context.ts';
import type { LogitRows } from './native/logit-rows.ts';

/**
 * A token that the draft finds less likely isn't proposed: `p_min` of llama.cpp, which sets it to 0, at the value of
 * transformers (`assistant_confidence_threshold`).
 */
const leastLogprob = Math.log(0.4);

/** A sequence of the target that is to be gone on with. */
export interface DraftTurn {
  readonly sequence: number;
  /** All that is known of it; the last one isn't decoded by the target yet. */
  readonly tokens: Int32Array;
  /** Tokens to propose, 1 or more. */
  readonly most: number;
}

interface OpenDraft {
  readonly turn: DraftTurn;
  readonly proposed: number[];
  /** Row of logits from which the next token is chosen. */
  row: number;
}

/** What proposals are made with; its context has the sequences of the target's. */
export interface DraftDecoder {
  readonly context: Pick<LlamaContext, 'shape' | 'batch' | 'decode' | 'logits' | 'remove' | 'copyStream'>;
  readonly model: {
    readonly rows: LogitRows;
    readonly vocabularySize: number;
    readonly tokenizer: { isEnd(token: number): boolean };
  };
  /** Tokens from here on are unknown to the target: paddings of its vocabulary differ in length. */
  readonly knownTokens: number;
}

/**
 * The sequences of a draft model: each holds the start of what the target's sequence of the same number holds, and goes
 * on from there by the draft's likeliest tokens.
 */
export class DraftSequences {
  readonly #decoder: DraftDecoder;
  /** Cells that each sequence holds; they are what the target's cells hold, but for those proposed last. */
  readonly #lengths: number[];

  constructor(decoder: DraftDecoder) {
    this.#decoder = decoder;
    this.#lengths = Array.from({ length: decoder.context.shape.sequences }, () => 0);
  }

  /** Drops what the target didn't accept, or doesn't hold any more. */
  cut(sequence: number, length: number): void {
    if (this.#lengthOf(sequence) <= length) return;
    this.#lengths[sequence] = length;
    this.#decoder.context.remove(sequence, length);
  }

  /** Does what was done to the target's streams. */
  copyStream(source: number, target: number): void {
    this.#decoder.context.copyStream(source, target);
    this.#lengths[target] = this.#lengthOf(source);
  }

  /**
   * Proposes how sequences go on, by sequence. One that lags behind the target by more than fits into a batch catches up
   * first, a batch at a time, and has no proposal until then.
   */
  propose(turns: readonly DraftTurn[]): ReadonlyMap<number, readonly number[]> {
    let open = this.#catchUp(turns);
    const proposals = new Map(open.map(({ turn, proposed }) => [turn.sequence, proposed]));
    while (open.length > 0) open = this.#extend(open);
    return proposals;
  }

  #lengthOf(sequence: number): number {
    return this.#lengths[sequence] ?? 0;
  }

  #catchUp(turns: readonly DraftTurn[]): readonly OpenDraft[] {
    const { context } = this.#decoder;
    const { batch } = context;
    batch.clear();
    const open: OpenDraft[] = [];
    const counts = this.#shares(turns);
    for (const turn of turns) {
      const { sequence, tokens } = turn;
      const from = this.#lengthOf(sequence);
      const to = from + (counts.get(turn) ?? 0);
      let row = -1;
      for (let position = from; position < to; position += 1)
        row = batch.add(tokens[position] ?? 0, position, sequence, 1, position === tokens.length - 1);
      this.#lengths[sequence] = to;
      if (row !== -1) open.push({ turn, row, proposed: [] });
    }
    if (batch.length > 0) context.decode();
    return open;
  }

  /** How many tokens of each sequence fit into one batch, those first that lack the fewest. */
  #shares(turns: readonly DraftTurn[]): ReadonlyMap<DraftTurn, number> {
    const lacking = ({ sequence, tokens }: DraftTurn): number => tokens.length - this.#lengthOf(sequence);
    const counts = new Map<DraftTurn, number>();
    let room = this.#decoder.context.shape.batchTokens;
    for (const turn of turns.toSorted((left, right) => lacking(left) - lacking(right))) {
      const count = Math.min(room, lacking(turn));
      counts.set(turn, count);
      room -= count;
    }
    return counts;
  }

  /** Proposes one more token for each sequence; those that may go on behind it. */
  #extend(open: readonly OpenDraft[]): readonly OpenDraft[] {
    const { context, model } = this.#decoder;
    const { batch } = context;
    const logits = context.logits(batch.outputCount);
    batch.clear();
    const goingOn = open.filter((draft) => {
      const token = this.#choose(logits.subarray(draft.row * model.vocabularySize));
      if (token === undefined) return false;
      draft.proposed.push(token);
      const { most, sequence } = draft.turn;
      if (draft.proposed.length === most || model.tokenizer.isEnd(token)) return false;
      const position = this.#lengthOf(sequence);
      draft.row = batch.add(token, position, sequence, 1, true);
      this.#lengths[sequence] = position + 1;
      return true;
    });
    if (batch.length > 0) context.decode();
    return goingOn;
  }

  /** The likeliest token; undefined where the draft isn't sure enough of it. */
  #choose(logits: Float32Array): number | undefined {
    const { model, knownTokens } = this.#decoder;
    const { rows, vocabularySize } = model;
    rows.load(logits.subarray(0, vocabularySize));
    const highest = rows.highest();
    const token = rows.argmax(highest);
    if (token === -1 || token >= knownTokens) return undefined;
    return highest - rows.logSumExp(highest) < leastLogprob ? undefined : token;
  }
}
