import type { TextStream } from './text-stream.ts';

/**
 * Counts sampled tokens of one generation: those of thoughts against their budget, the others against the limit of the
 * answer. What thinks beyond its budget, or without one, counts against the answer's limit.
 */
export class TokenCount {
  readonly #budget: number;
  /** The open block was closed by force: there is nothing of the budget left. */
  isForced = false;
  output = 0;
  thinking = 0;
  answer = 0;
  #covered = 0;
  #unclear = 0;

  /** @param budget tokens of thoughts; 0 where the model isn't to think */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Counts one token, by what it made of the text; false where it isn't one of the answer. */
  add(text: Pick<TextStream, 'isThinking' | 'isUnclear' | 'openShape'>): boolean {
    this.output += 1;
    if (text.isUnclear) {
      this.#unclear += 1;
      return true;
    }
    // Marks and the white space before them may take several tokens.
    const tokens = 1 + this.#unclear;
    this.#unclear = 0;
    // What closes by force ends in the white space that belongs there: more of it is the answer's.
    const isThinking = text.openShape !== undefined || (text.isThinking && !this.isForced);
    if (isThinking) {
      this.thinking += tokens;
      if (this.#budget > 0 && !this.isForced) this.#covered += tokens;
    } else this.answer += tokens;
    return !isThinking;
  }

  /** Thoughts must be closed now. */
  get isBudgetUsed(): boolean {
    return this.#budget > 0 && !this.isForced && this.#covered >= this.#budget;
  }

  /** Against the limit of the answer. */
  get limited(): number {
    return this.output - this.#covered;
  }
}
