import { commonPrefix } from './likelihood-tokens.ts';

interface Queued {
  readonly tokens: Int32Array;
}

function compareTokens(left: Int32Array, right: Int32Array): number {
  const shared = commonPrefix(left, right);
  if (shared === left.length || shared === right.length) return left.length - right.length;
  return (left[shared] ?? 0) - (right[shared] ?? 0);
}

/**
 * Requests that wait. In order of arrival, or sorted by tokens, so that those that follow each other share prefixes; a
 * sorted queue is read from where the last one stood and round again, so that none waits for ever.
 */
export class RequestQueue<Request extends Queued> {
  readonly #isSorted: boolean;
  #waiting: Request[] = [];
  #next = 0;
  /** Tokens of the request that was taken last in this round: what sorts before them waits for the next round. */
  #last: Int32Array | undefined;

  constructor(isSorted: boolean) {
    this.#isSorted = isSorted;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** The waiting requests, in no particular order. */
  values(): readonly Request[] {
    return this.#waiting;
  }

  add(request: Request): void {
    if (!this.#isSorted) {
      this.#waiting.push(request);
      return;
    }
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#waiting[middle];
      if (other !== undefined && compareTokens(other.tokens, request.tokens) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, request);
    const isPast = this.#last !== undefined && compareTokens(request.tokens, this.#last) < 0;
    if (low < this.#next || (low === this.#next && isPast)) this.#next += 1;
  }

  peek(): Request | undefined {
    if (this.#next >= this.#waiting.length) {
      this.#next = 0;
      this.#last = undefined;
    }
    return this.#waiting[this.#next];
  }

  take(): Request | undefined {
    const request = this.peek();
    if (request === undefined) return undefined;
    this.#waiting.splice(this.#next, 1);
    this.#last = request.tokens;
    return request;
  }
}
