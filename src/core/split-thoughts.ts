import { answerMark, channelGlue, type ThoughtShape, thoughtShapes } from './thought-shapes.ts';

/** Where a text begins. */
export interface SplitStart {
  /**
   * The prompt opened a block, so that only its end appears: of that shape, or of any (`true`). `unknown`: nobody knows;
   * then what stands before a close mark without an opening one was thoughts.
   */
  readonly startsInside?: ThoughtShape | boolean | 'unknown' | undefined;
}

export interface SplitText {
  /** Without white space around them; undefined where there were none, or an empty block. */
  readonly thoughts: string | undefined;
  /** What came without thoughts is as it came; behind them, white space at its start is left out. */
  readonly answer: string;
  /** A block was opened and never closed: there is no answer. */
  readonly isOpen: boolean;
}

/**
 * Where the text is: `start` may still become thoughts or an answer, `inside` is in a block, `answer` behind them all.
 */
export type SplitPlace = 'start' | 'inside' | 'answer';

interface Mark {
  /** In lower case: models write `<Think>`, too. */
  readonly text: string;
  readonly effect: 'open' | 'answer' | 'close' | 'drop';
  readonly shape?: ThoughtShape;
}

/** In lower case as far as ASCII goes, so that every character stays where it was. */
function lowerCase(text: string): string {
  return text.replaceAll(/[A-Z]+/gu, (upper) => upper.toLowerCase());
}

/** Where a mark stands in a text, in whatever case; -1 where it doesn't. */
export function markAt(text: string, mark: string): number {
  return lowerCase(text).indexOf(lowerCase(mark));
}

const opens: readonly Mark[] = thoughtShapes.map((shape) => ({ text: lowerCase(shape.open), effect: 'open', shape }));
const channelOpens = opens.filter(({ shape }) => shape?.isChannel === true);
const finalMark: Mark = { text: lowerCase(answerMark), effect: 'answer' };
const glue: readonly Mark[] = channelGlue.map((text) => ({ text: lowerCase(text), effect: 'drop' }));
const closes: readonly Mark[] = [...new Set(thoughtShapes.map(({ close }) => lowerCase(close)))].map((text) => ({
  text,
  effect: 'close',
}));
const strayCloses = closes.filter(({ text }) => !channelGlue.includes(text));

interface FoundMark {
  readonly at: number;
  readonly mark: Mark;
}

function longestOf(marks: readonly Mark[]): number {
  return Math.max(0, ...marks.map(({ text }) => text.length));
}

const firstReach = 256;

/**
 * The first mark in a text; of several at one place, the longest. Looks no further than about twice as far as the mark
 * stands, so that a text full of marks takes no longer than one without.
 */
function firstMark(text: string, marks: readonly Mark[]): FoundMark | undefined {
  const longest = longestOf(marks);
  for (let reach = firstReach; reach < text.length; reach *= 2) {
    const found = firstMarkWithin(text.slice(0, reach), marks);
    if (found !== undefined && found.at + longest <= reach) return found;
  }
  return firstMarkWithin(text, marks);
}

function firstMarkWithin(written: string, marks: readonly Mark[]): FoundMark | undefined {
  const text = lowerCase(written);
  let best: FoundMark | undefined;
  for (const mark of marks) {
    const at = text.indexOf(mark.text);
    if (at === -1) continue;
    if (best === undefined || at < best.at || (at === best.at && mark.text.length > best.mark.text.length)) {
      best = { at, mark };
    }
  }
  return best;
}

/** Length of the part at the end of a text that may become a mark with what follows. */
function heldBack(written: string, marks: readonly Mark[]): number {
  const text = lowerCase(written.slice(-longestOf(marks)));
  let longest = 0;
  for (const { text: mark } of marks) {
    for (let length = Math.min(mark.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(mark.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/**
 * Parts thoughts from the answer while the text comes, in pieces of any size. A tagged block counts only before the
 * answer: `<think>` in the middle of one is a word like others. Channels count wherever they stand.
 */
export class ThoughtSplitter {
  #place: SplitPlace;
  /** Closes the open block; undefined: any close mark does. */
  #shape: ThoughtShape | undefined;
  readonly #isUnsure: boolean;
  #pending = '';
  #thoughts: string[] = [''];
  #answer = '';
  #hasBlock = false;
  #hasChannels = false;
  /** A mark said that the answer begins. */
  #isAnnounced = false;

  constructor({ startsInside = false }: SplitStart = {}) {
    const isInside = startsInside !== false && startsInside !== 'unknown';
    this.#place = isInside ? 'inside' : 'start';
    this.#shape = typeof startsInside === 'object' ? startsInside : undefined;
    this.#hasBlock = isInside;
    this.#isUnsure = startsInside === 'unknown';
  }

  /** Of what was pushed so far; a mark that isn't complete yet belongs to the place before it. */
  get place(): SplitPlace {
    return this.#place;
  }

  /** A block was opened, by the text or the prompt. */
  get hasBlock(): boolean {
    return this.#hasBlock;
  }

  /** The shape of the open block, or of the last one; undefined where none was seen. */
  get shape(): ThoughtShape | undefined {
    return this.#shape;
  }

  /** Text at the end that may be the beginning of a mark. */
  get pending(): string {
    return this.#pending;
  }

  /** What is surely answer so far. */
  get answer(): string {
    return this.#answer;
  }

  /** Whether the answer begins, or goes on, with this text: neither thoughts nor a mark, as far as it can be told. */
  answersWith(text: string): boolean {
    if (this.#place !== 'start') return this.#place === 'answer';
    if (this.#hasBlock) return this.#shape?.isChannel !== true || this.#isAnnounced;
    const begun = lowerCase((this.#pending + text).trimStart());
    if (begun === '') return false;
    // A bracket may begin a mark as well as a list: only the whole mark is taken for one.
    return ![...opens, finalMark].some(
      (mark) => begun.startsWith(mark.text) || (begun.startsWith('<') && mark.text.startsWith(begun)),
    );
  }

  /** Adds text; gives what it adds to the answer. Where earlier text turns out to be thoughts, `answer` begins anew. */
  push(text: string): string {
    const before = this.#answer.length;
    this.#pending += text;
    while (this.#step());
    return this.#answer.slice(Math.min(before, this.#answer.length));
  }

  /** The text is over: what could have become a mark is text. */
  finish(): SplitText {
    const rest = this.#pending;
    this.#pending = '';
    if (this.#place === 'inside') this.#think(rest);
    else if (this.#place === 'answer' || rest.trim() !== '' || !this.#hasBlock) this.#say(rest);
    const thoughts = this.#thoughts
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .join('\n\n');
    return {
      thoughts: thoughts === '' ? undefined : thoughts,
      answer: this.#answer,
      isOpen: this.#place === 'inside',
    };
  }

  #think(text: string): void {
    this.#thoughts.push((this.#thoughts.pop() ?? '') + text);
  }

  #say(text: string): void {
    this.#answer += this.#hasBlock && this.#answer === '' ? text.trimStart() : text;
  }

  /** One move on; false where more text is needed. */
  #step(): boolean {
    if (this.#place === 'start') return this.#begin();
    const marks = this.#place === 'inside' ? this.#closing() : this.#within();
    const found = firstMark(this.#pending, marks);
    const kept = found?.at ?? this.#pending.length - heldBack(this.#pending, marks);
    const text = this.#pending.slice(0, kept);
    if (this.#place === 'inside') this.#think(text);
    else this.#say(text);
    this.#pending = this.#pending.slice(kept + (found?.mark.text.length ?? 0));
    if (found === undefined) return false;
    this.#apply(found.mark);
    return true;
  }

  #begin(): boolean {
    const rest = this.#pending.trimStart();
    const marks = [...opens, finalMark, ...(this.#hasChannels ? glue : []), ...(this.#isUnsure ? strayCloses : [])];
    const text = lowerCase(rest.slice(0, longestOf(marks)));
    const mark = marks.find((each) => text.startsWith(each.text));
    if (mark !== undefined) {
      this.#pending = rest.slice(mark.text.length);
      this.#apply(mark);
      return true;
    }
    if (text === '' || marks.some((each) => each.text.startsWith(text))) return false;
    this.#place = 'answer';
    return true;
  }

  #closing(): readonly Mark[] {
    const { close } = this.#shape ?? {};
    return close === undefined ? closes : closes.filter(({ text }) => text === lowerCase(close));
  }

  #within(): readonly Mark[] {
    return [
      ...channelOpens,
      finalMark,
      ...(this.#hasChannels ? glue : []),
      ...(this.#isUnsure && !this.#hasBlock ? strayCloses : []),
    ];
  }

  #apply({ effect, shape, text }: Mark): void {
    if (effect === 'drop') return;
    if (effect === 'open' && shape !== undefined) {
      if (this.#hasBlock) this.#thoughts.push('');
      this.#open(shape);
    } else if (effect === 'answer') {
      this.#hasChannels = true;
      this.#hasBlock = true;
      this.#isAnnounced = true;
      this.#place = 'start';
    } else this.#close(text);
  }

  #open(shape: ThoughtShape): void {
    this.#place = 'inside';
    this.#shape = shape;
    this.#hasBlock = true;
    this.#hasChannels ||= shape.isChannel;
  }

  #close(text: string): void {
    const shape = this.#shape ?? thoughtShapes.find(({ close }) => lowerCase(close) === text);
    this.#shape = shape;
    if (!this.#hasBlock) {
      // The prompt had opened the block, and nobody knew, unless a line of the answer did.
      const opening = `\n${lowerCase(shape?.open ?? '')}`;
      const at = lowerCase(this.#answer).lastIndexOf(opening);
      this.#think(at === -1 ? this.#answer : this.#answer.slice(at + opening.length));
      this.#answer = at === -1 ? '' : this.#answer.slice(0, at);
      this.#hasBlock = true;
    }
    this.#place = 'start';
  }
}

/** Parts a whole text; the same as `ThoughtSplitter` with it in any pieces. */
export function splitThoughts(text: string, start: SplitStart = {}): SplitText {
  const splitter = new ThoughtSplitter(start);
  splitter.push(text);
  return splitter.finish();
}
