import type { Suite } from '../core/suite.ts';
import { launchesOf } from './cell-passes.ts';
import type { CellProbe } from './probe-model.ts';
import { standardDeviation } from '../stats/standard-deviation.ts';

/** A time with the bounds that it will most likely stay in. Estimated, never measured. */
export interface DurationEstimate {
  readonly ms: number;
  readonly lowMs: number;
  readonly highMs: number;
}

/** Speeds drift between a probe and a run whatever the items are: caches, clocks, longer answers. */
const leastLogError = 0.15;
const largestLogError = Math.log(2);
const warmUpItems = 4;

/**
 * How long a cell takes, from what a few of its items took.
 *
 * @param items of the accuracy pass
 */
export function estimateCell(suite: Suite, probe: CellProbe, items: number): DurationEstimate {
  const { itemMs, requestMs } = probe;
  const singleMs = requestMs.length === 0 ? itemMs : requestMs.reduce((sum, ms) => sum + ms, 0) / requestMs.length;
  const accuracyMs = itemMs * items;
  const concurrency = suite.concurrency === 'auto' ? 16 : suite.concurrency;
  const throughputMs = Math.max(suite.windowSeconds * 1000, 2 * concurrency * itemMs) + singleMs;
  const latencyMs = Math.min(suite.latencyRequests * singleMs, suite.latencySeconds * 1000 + singleMs);
  const launchMs = warmUpItems * itemMs + (suite.protocol === 'paper' ? 0 : throughputMs + latencyMs);
  const ms = accuracyMs + launchMs * launchesOf(suite);
  const logs = requestMs.filter((value) => value > 0).map(Math.log);
  const error = logs.length < 2 ? largestLogError : (2 * standardDeviation(logs)) / Math.sqrt(logs.length);
  const logError = Math.min(largestLogError, Math.max(leastLogError, error));
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
