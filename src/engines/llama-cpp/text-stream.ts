import { type SplitStart, type SplitText, ThoughtSplitter } from '../../core/split-thoughts.ts';
import type { ThoughtShape } from '../../core/thought-shapes.ts';

/** Bytes of a character that the end of some bytes leaves open; 0 where all characters are whole. */
function openBytes(tail: readonly number[]): number {
  for (let back = 1; back <= Math.min(3, tail.length); back += 1) {
    const byte = tail.at(-back) ?? 0;
    // A byte that continues a character says nothing of its length.
    if (byte >= 0x80 && byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? length - back : 0;
  }
  return 0;
}

export interface TextStart extends SplitStart {
  /** The model may think first: white space before it does isn't its answer. */
  readonly mayThink?: boolean | undefined;
}

/**
 * The text of a generation as its tokens come: whole characters only, without thoughts, and cut before the first stop
 * string, which may begin in one token and end in another. Thoughts end at no stop string.
 */
export class TextStream {
  readonly #stop: readonly string[];
  readonly #longestStop: number;
  // With `stream` an incomplete character at the end waits for its other bytes; without BOM handling no text is lost.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #splitter: ThoughtSplitter;
  readonly #mayThink: boolean;
  #tail: readonly number[] = [];
  #searched = 0;
  #cut: string | undefined;

  constructor(stop: readonly string[], { mayThink = false, ...start }: TextStart = {}) {
    this.#stop = stop.filter((each) => each !== '');
    this.#longestStop = Math.max(0, ...this.#stop.map((each) => each.length));
    this.#splitter = new ThoughtSplitter(start);
    this.#mayThink = mayThink;
  }

  /** The answer so far. */
  get text(): string {
    return this.#cut ?? this.#visible;
  }

  get isStopped(): boolean {
    return this.#cut !== undefined;
  }

  /** Whether the newest token is one of thoughts, of their marks, or of the white space behind them. */
  get isThinking(): boolean {
    return this.#splitter.place === 'inside' || (this.#splitter.place === 'start' && this.#splitter.hasBlock);
  }

  /** Nothing tells yet whether thoughts or an answer begin. */
  get isUnclear(): boolean {
    return this.#splitter.place === 'start' && !this.#splitter.hasBlock;
  }

  /** The block that is open. */
  get openShape(): ThoughtShape | undefined {
    return this.#splitter.place === 'inside' ? this.#splitter.shape : undefined;
  }

  /** As of `ThoughtSplitter`; a part of a character begins an answer. */
  answersWith(bytes: Uint8Array): boolean {
    return this.#splitter.answersWith(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  }

  get isWholeCharacter(): boolean {
    return openBytes(this.#tail) === 0;
  }

  /** Adds a token's bytes; true when a stop string is complete. */
  push(bytes: Uint8Array): boolean {
    this.#tail = [...this.#tail, ...bytes.subarray(-4)].slice(-4);
    return this.add(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Adds text; true when a stop string is complete. */
  add(added: string): boolean {
    if (added === '' || this.isStopped) return this.isStopped;
    this.#splitter.push(added);
    const text = this.#visible;
    const searchFrom = Math.max(0, Math.min(this.#searched, text.length) - this.#longestStop + 1);
    this.#searched = text.length;
    this.#cut = cutAt(text, this.#stop, searchFrom);
    return this.isStopped;
  }

  /** Thoughts and answer, when nothing more comes. */
  end(): SplitText {
    const cut = this.#cut;
    const split = this.#splitter.finish();
    return { ...split, answer: cut ?? cutAt(split.answer, this.#stop, 0) ?? split.answer };
  }

  /** What is answer unless it turns out to be a mark. */
  get #visible(): string {
    const { place, hasBlock, answer, pending } = this.#splitter;
    const isAnswer = place === 'answer' || (place === 'start' && !hasBlock && !this.#mayThink);
    return isAnswer ? answer + pending : answer;
  }
}

/** A text before the first of several stop strings; undefined where none is in it. */
function cutAt(text: string, stop: readonly string[], from: number): string | undefined {
  const places = stop.map((each) => text.indexOf(each, from)).filter((at) => at !== -1);
  return places.length === 0 ? undefined : text.slice(0, Math.min(...places));
}
