import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../core/clock.ts';
import { createRandom } from '../stats/random.ts';

/** An item, and when it is due. */
export interface DuePosition {
  readonly position: number;
  /** On the clock of `RequestTimes`. */
  readonly scheduledMs: number;
}

export interface OpenLoopOptions {
  /** Order of the items; asked round and round until the time is up. */
  readonly positions: readonly number[];
  readonly requestsPerSecond: number;
  readonly windowMs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Times from one arrival to the next of a Poisson process, in milliseconds: the same for the same seed. */
export function* arrivalGaps(requestsPerSecond: number, seed: number): Generator<number, never, void> {
  const random = createRandom(seed);
  for (;;) yield (-Math.log(1 - random.nextFloat()) * 1000) / requestsPerSecond;
}

/**
 * Requests that come when they come, whether or not earlier ones are answered. One that is handed out late, because the
 * client was busy or no place was free, is still due when it was due.
 */
export async function* openLoop({
  positions,
  requestsPerSecond,
  windowMs,
  seed,
  signal,
}: OpenLoopOptions): AsyncGenerator<DuePosition, void, void> {
  let scheduledMs = nowMs();
  const endMs = scheduledMs + windowMs;
  let count = 0;
  for (const gapMs of arrivalGaps(requestsPerSecond, seed)) {
    scheduledMs += gapMs;
    if (scheduledMs > endMs || signal.aborted) return;
    const waitMs = scheduledMs - nowMs();
    if (waitMs > 0) {
      try {
        await sleep(waitMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
    }
    yield { position: positions[count % positions.length] ?? 0, scheduledMs };
    count += 1;
  }
}
