import { standardDeviation } from '../stats/standard-deviation.ts';

/** How fast a model answers the items of a task, and how well that is known. */
export interface CellSpeed {
  readonly model: string;
  readonly taskId: string;
  /** Wall time per item with several at once. */
  readonly itemMs: number;
  /** From start to end of one request among several. */
  readonly requestMs: number;
  /** Half-width of the interval on the logarithm. */
  readonly logError: number;
  readonly basis: 'probe' | 'earlier run';
}

/** Speeds drift between a probe and a run whatever the items are: caches, clocks, longer answers. */
const leastLogError = 0.15;
const largestLogError = Math.log(2);

/**
 * Speed from a few items.
 *
 * @param requestMs one per answered request
 */
export function speedFromRequests(
  model: string,
  taskId: string,
  itemMs: number,
  requestMs: readonly number[],
  basis: CellSpeed['basis'],
): CellSpeed {
  const times = requestMs.filter((value) => value > 0);
  const mean = times.length === 0 ? itemMs : times.reduce((sum, value) => sum + value, 0) / times.length;
  const error =
    times.length < 2 ? largestLogError : (2 * standardDeviation(times.map(Math.log))) / Math.sqrt(times.length);
  const logError = Math.min(largestLogError, Math.max(leastLogError, error));
  return { model, taskId, itemMs, requestMs: mean, logError, basis };
}
