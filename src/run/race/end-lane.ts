import type { CellMeasurements, PassResult } from '../../core/cell.ts';
import { UnsupportedError } from '../../core/errors.ts';
import type { Measurement } from '../../core/measurement.ts';
import type { RaceVerdict } from '../../core/race.ts';
import { describeError, type JobContext } from '../cell-job.ts';
import { measureCell } from '../measure-cell.ts';
import type { RaceLane } from './race-lane.ts';

/** Latency passes of one launch as one: a race may ask for more requests than a pass has. */
function joinLatencies(passes: readonly PassResult[]): readonly PassResult[] {
  const joined: PassResult[] = [];
  for (const pass of passes) {
    const at = joined.findIndex(
      (other) => pass.pass === 'latency' && other.pass === 'latency' && other.launch === pass.launch,
    );
    const before = joined[at];
    if (before?.latencies === undefined || pass.latencies === undefined) {
      joined.push(pass);
      continue;
    }
    const [a, b] = [before.latencies, pass.latencies];
    joined[at] = {
      ...before,
      requests: before.requests + pass.requests,
      failedRequests: before.failedRequests + pass.failedRequests,
      warnings: [...before.warnings, ...pass.warnings],
      latencies: {
        endToEndMs: [...a.endToEndMs, ...b.endToEndMs],
        timeToFirstTokenMs: [...a.timeToFirstTokenMs, ...b.timeToFirstTokenMs],
        timePerOutputTokenMs: [...a.timePerOutputTokenMs, ...b.timePerOutputTokenMs],
        outputTokens: [...a.outputTokens, ...b.outputTokens],
      },
    };
  }
  return joined;
}

function stopped({ status, reason, accuracy, n }: RaceVerdict): Measurement {
  if (status === 'skipped') return { status: 'unavailable', reason: 'not_launched', detail: reason };
  const range =
    accuracy?.kind === 'interval' ? `; between ${accuracy.low.toFixed(3)} and ${accuracy.high.toFixed(3)}` : '';
  return { status: 'unavailable', reason: 'stopped_early', detail: `${status} after ${n} items: ${reason}${range}` };
}

/** What a cell of a race measured: an accuracy only where every item was answered, since a stopped mean is biased. */
async function laneMeasurements(
  { plan, dependencies: { store } }: JobContext,
  { cell, planned }: RaceLane,
  verdict: RaceVerdict,
): Promise<CellMeasurements> {
  const passes = joinLatencies(await store.passResults(cell.id));
  const reader: Parameters<typeof measureCell>[0] = {
    sampleSummary: (id) => store.sampleSummary(id),
    scores: (id) => store.scores(id),
    passResults: async () => passes,
  };
  const measured = await measureCell(reader, cell.id, planned.task, plan.suite);
  if (verdict.accuracy?.kind === 'exact') return measured;
  const { extra: _, ...rest } = measured;
  const accuracy = stopped(verdict);
  if (verdict.status !== 'skipped') return { ...rest, accuracy };
  return { accuracy, throughput: accuracy, latency: accuracy, memory: accuracy };
}

/** Ends the cell of a model whose verdict is final; with an error where it can't be judged. */
export async function endLane(
  context: JobContext,
  lane: RaceLane,
  verdict: RaceVerdict,
  error?: unknown,
): Promise<void> {
  const { job, cell } = lane;
  if (job === undefined) return;
  const { store } = context.dependencies;
  const measurements = await laneMeasurements(context, lane, verdict);
  const isFailed = error !== undefined || verdict.status === 'failed';
  const state = !isFailed ? 'done' : error instanceof UnsupportedError ? 'unavailable' : 'failed';
  const described = isFailed ? describeError(error ?? new UnsupportedError(verdict.reason)) : undefined;
  await store.endCell(job.claim, { state, measurements, error: described });
  lane.job = undefined;
  context.emit({ type: 'cell-end', cellId: cell.id, state, measurements, error: described });
}
