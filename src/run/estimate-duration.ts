import type { Suite } from '../core/suite.ts';
import type { CellSpeed } from './cell-speed.ts';
import { launchesOf, plannedConcurrency } from './protocol.ts';

/** A time with the bounds that it will most likely stay in. Estimated, never measured. */
export interface DurationEstimate {
  readonly ms: number;
  readonly lowMs: number;
  readonly highMs: number;
}

/** Warm-up answers are cut short: together they take about as long as one item. */
const warmUpItems = 1;

/**
 * How long a cell takes, from the speed of some of its items.
 *
 * @param items of the accuracy pass
 */
export function estimateCell(suite: Suite, speed: CellSpeed, items: number): DurationEstimate {
  const { itemMs, requestMs, logError } = speed;
  const accuracyMs = itemMs * items;
  const throughputMs = Math.max(suite.windowSeconds * 1000, 2 * plannedConcurrency(suite) * itemMs) + requestMs;
  const latencyMs = Math.min(suite.latencyRequests * requestMs, suite.latencySeconds * 1000 + requestMs);
  const launchMs = warmUpItems * itemMs + (suite.protocol === 'paper' ? 0 : throughputMs + latencyMs);
  const ms = accuracyMs + launchMs * launchesOf(suite);
  return { ms, lowMs: ms * Math.exp(-logError), highMs: ms * Math.exp(logError) };
}

/** Adds estimates whose errors are independent: bounds add in squares. */
export function addEstimates(estimates: readonly DurationEstimate[]): DurationEstimate {
  let [ms, below, above] = [0, 0, 0];
  for (const estimate of estimates) {
    ms += estimate.ms;
    below += (estimate.ms - estimate.lowMs) ** 2;
    above += (estimate.highMs - estimate.ms) ** 2;
  }
  return { ms, lowMs: ms - Math.sqrt(below), highMs: ms + Math.sqrt(above) };
}
