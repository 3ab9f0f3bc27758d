import type { Measurement, Unit, Warning } from '../../src/core/measurement.ts';
import type { Report } from '../../src/present/report.ts';
import { createScoreboards } from '../../src/scoring/create-scoreboards.ts';
import type { ScoreboardCell } from '../../src/scoring/scoreboard.ts';

function measured(value: number, unit: Unit, half?: number, warnings: readonly Warning[] = []): Measurement {
  const interval = { low: value - (half ?? 0), high: value + (half ?? 0), level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n: 3, ...(half !== undefined && { interval }), warnings };
}

const busy: Warning = { reason: 'host_busy', detail: 'other processes took 9 % of the CPU' };

/** One model, measured. */
export function cell(
  model: string,
  accuracy: number,
  throughput: number,
  latency: number,
  mebibytes: number,
): ScoreboardCell {
  return {
    model,
    taskId: 'gsm8k/per@1',
    protocol: 'serving',
    state: 'done',
    measurements: {
      accuracy: measured(accuracy, 'ratio', 0.02),
      throughput: measured(throughput, 'items/s', 0.1234),
      latency: measured(latency, 'ms', 9.87, model === 'fast' ? [busy] : []),
      memory: measured(mebibytes * 2 ** 20, 'bytes', 2 ** 20),
      latencyP95: measured(2 * latency, 'ms'),
      extra: { strict: measured(accuracy, 'ratio') },
    },
  };
}

/** A name that would act in every format. */
export const hostile = '\\input{/etc/passwd}_50%&"x"\n\u001B[31m\u202E^~#$--';
const failed: ScoreboardCell = {
  ...cell(hostile, 0.9, 9, 1, 1),
  state: 'failed',
  error: { code: 'PB_ENGINE', message: 'out of memory' },
  measurements: {
    memory: { status: 'unavailable', reason: 'unsupported', detail: 'mmap' },
    accuracy: measured(0.9, 'ratio'),
  },
};
/** Three models, and one that failed. */
export const cells = [
  cell('small', 0.3104, 4.321, 812.3, 300),
  cell('fast', 0.31, 8, 400, 300),
  cell('large', 0.25, 1, 900, 1200),
  failed,
];
/** A report of one task with every kind of mark. */
export const smallReport: Report = {
  run: { id: '20261124-163012-k3f9', perbenchVersion: '0.1.0', host: 'Test CPU' },
  scoreboards: createScoreboards(cells, { tasks: { 'gsm8k/per@1': { title: 'GSM8K', metric: 'exact_match' } } }),
  notes: ['10 of 1,319 items: a mini run'],
};
