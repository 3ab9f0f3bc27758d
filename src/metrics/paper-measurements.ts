import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { Measurement } from '../core/measurement.ts';
import type { Task } from '../core/task.ts';
import { memoryMeasurements } from './memory.ts';
import { mergeWarnings } from './over-launches.ts';

const nothing: Measurement = { status: 'unavailable', reason: 'no_samples', detail: 'nothing was generated' };

/** One launch is what this protocol has: that is said once with the protocol, not beside every number. */
function withoutLaunchWarning(measurements: CellMeasurements): CellMeasurements {
  const { memory } = measurements;
  if (memory === undefined || memory.status === 'unavailable') return measurements;
  return {
    ...measurements,
    memory: { ...memory, warnings: memory.warnings.filter(({ reason }) => reason !== 'one_launch') },
  };
}

/**
 * Throughput, latency and memory under the paper's protocol: from one pass over the whole data set, tokens for tasks that
 * generate text, items for tasks that classify.
 *
 * Latency is the inverse of throughput, as in the paper's tables (within rounding), and says so.
 */
export function paperMeasurements(task: Task, passes: readonly PassResult[]): CellMeasurements {
  const [pass] = passes.filter((result) => result.pass === 'accuracy');
  if (pass === undefined) return {};
  const isGeneration = task.category === 'generation';
  const count = isGeneration ? pass.outputTokens : pass.requests - pass.failedRequests;
  const { devices = 1 } = pass;
  const perSecond = (1000 * count) / pass.durationMs / devices;
  const warnings = mergeWarnings([pass]);
  const latency: Measurement =
    perSecond > 0
      ? {
          status: 'derived',
          from: 'throughput',
          // Throughput is counted per GPU, time is not: the paper's tables give 1000 / (THR x LAT) = number of GPUs.
          value: 1000 / (perSecond * devices),
          unit: isGeneration ? 'ms/token' : 'ms/item',
          n: 1,
          warnings,
        }
      : nothing;
  return {
    throughput:
      perSecond > 0
        ? { status: 'measured', value: perSecond, unit: isGeneration ? 'tokens/s' : 'items/s', n: 1, warnings }
        : nothing,
    latency,
    ...withoutLaunchWarning(memoryMeasurements([pass])),
    concurrency: { status: 'nominal', value: pass.concurrency, unit: 'count', n: 1, warnings: [] },
  };
}
