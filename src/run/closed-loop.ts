import { thresholds } from '../core/thresholds.ts';
import { stragglers } from '../metrics/throughput-window.ts';

export interface ClosedLoopOptions {
  /** Order of the items; asked round and round until the time is up. */
  readonly positions: readonly number[];
  readonly windowMs: number;
  /** The window grows until it has answered so many requests for each place, up to ten times its time. */
  readonly rounds: number;
  /** Never fewer requests, however soon the time is up. */
  readonly minRequests: number;
  readonly signal: AbortSignal;
}

/** Items at the edges count in part, so that a window of whole rounds may fall short by a few. */
export const measuredRounds = thresholds.rounds * 1.1;
export const mostGrowth = 10;
/** A closed loop needs about so many rounds more than its window has: one before it, and those in flight at its end. */
export const edgeRounds = 2.5;

/** Requests of a closed loop, in the order in which they are asked. */
interface AskedRequest {
  readonly position: number;
  readonly atMs: number;
}

/**
 * Asks until the window, as `throughputWindow` will find it, is long enough and each place has had its rounds: what is
 * in flight then ends under a load that falls.
 */
export class ClosedLoop {
  readonly #options: ClosedLoopOptions;
  readonly #concurrency: number;
  /** In flight, in the order in which they were asked, with how many were asked before. */
  readonly #open = new Map<number, AskedRequest>();
  #asked = 0;

  constructor(options: ClosedLoopOptions, concurrency: number) {
    this.#options = options;
    this.#concurrency = concurrency;
  }

  async *positions(onExpect: (limitMs: number) => void): AsyncGenerator<number, void, void> {
    const { positions, windowMs, rounds, signal } = this.#options;
    const concurrency = this.#concurrency;
    const beganMs = performance.now();
    let steadyMs = Infinity;
    for (; !signal.aborted; this.#asked += 1) {
      const atMs = performance.now();
      // So many were asked anew as there are places.
      if (this.#asked === 2 * concurrency) steadyMs = atMs;
      if (this.#isOver(atMs, steadyMs)) return;
      if (this.#asked > concurrency) {
        const roundMs = ((atMs - beganMs) * concurrency) / this.#asked;
        const steadyPartMs = Math.max(windowMs, Math.min(rounds * roundMs, mostGrowth * windowMs));
        onExpect(steadyPartMs + edgeRounds * roundMs);
      }
      const position = positions[this.#asked % positions.length] ?? 0;
      this.#open.set(this.#asked, { position, atMs });
      yield position;
    }
  }

  #isOver(atMs: number, steadyMs: number): boolean {
    const { windowMs, rounds, minRequests } = this.#options;
    if (this.#asked < minRequests || atMs < steadyMs) return false;
    if (atMs - steadyMs >= mostGrowth * windowMs) return true;
    const [number, oldest] = this.#open.entries().drop(stragglers(this.#concurrency)).next().value ?? [
      this.#asked,
      { atMs },
    ];
    return oldest.atMs - steadyMs >= windowMs && number >= (2 + rounds) * this.#concurrency;
  }

  answered(position: number): void {
    for (const [number, open] of this.#open) {
      if (open.position !== position) continue;
      this.#open.delete(number);
      return;
    }
  }
}
