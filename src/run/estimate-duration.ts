import { standardDeviation } from '../stats/means.ts';
import type { Suite } from '../core/suite.ts';
import { launchesOf, plannedConcurrency, suiteEngineOptions } from './protocol.ts';
import { nowMs } from '../core/clock.ts';
import type { Engine, LoadedModel } from '../core/engine.ts';
import { askItems } from './ask-items.ts';
import { leastLatencyRequests } from './latency-pass.ts';
import { edgeRounds, measuredRounds, mostGrowth } from './closed-loop.ts';
import type { PlannedModel, PlannedTask } from './plan.ts';

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
const minLogError = 0.15;
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
  const logError = Math.min(largestLogError, Math.max(minLogError, error));
  return { model, taskId, itemMs, requestMs: mean, logError, basis };
}

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
  const windowMs = suite.windowSeconds * 1000;
  const roundMs = plannedConcurrency(suite) * itemMs;
  const steadyMs = Math.max(windowMs, Math.min(measuredRounds * roundMs, mostGrowth * windowMs));
  const throughputMs = requestMs + (suite.requestRate === undefined ? steadyMs + edgeRounds * roundMs : windowMs);
  const timedMs = Math.max(leastLatencyRequests * requestMs, suite.latencySeconds * 1000 + requestMs);
  const latencyMs = Math.min(suite.latencyRequests * requestMs, timedMs);
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

async function probeTask(
  name: string,
  model: LoadedModel,
  planned: PlannedTask,
  items: number,
  signal: AbortSignal,
): Promise<CellSpeed> {
  const positions = planned.order.slice(0, items);
  const requestMs: number[] = [];
  const startedMs = nowMs();
  for await (const { result } of askItems(model, planned, positions, { concurrency: items, reuse: 'none', signal })) {
    if (result.status === 'done') requestMs.push(result.times.lastTokenMs - result.times.startedMs);
  }
  const itemMs = (nowMs() - startedMs) / Math.max(1, positions.length);
  return speedFromRequests(name, planned.task.id, itemMs, requestMs, 'probe');
}

/** Starts a model once and asks it `items` items of each task, to tell how long a run will take. */
export async function probeModel(
  engine: Engine,
  { spec }: PlannedModel,
  tasks: readonly PlannedTask[],
  suite: Suite,
  items: number,
  signal: AbortSignal,
  onTask: (taskId: string) => void = () => {},
): Promise<readonly CellSpeed[]> {
  await using model = await engine.open(spec, suiteEngineOptions(suite), signal);
  const cells: CellSpeed[] = [];
  for (const planned of tasks) {
    signal.throwIfAborted();
    onTask(planned.task.id);
    cells.push(await probeTask(spec.name, model, planned, items, signal));
  }
  return cells;
}
