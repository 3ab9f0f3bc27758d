import type { Measurement } from '../../src/core/measurement.ts';
import type { Report } from '../../src/present/report.ts';
import type { Scoreboard } from '../../src/scoring/scoreboard.ts';

/** Reports of which there is little to say, and the headline that says it. */
export function degenerateReports(): readonly {
  readonly what: string;
  readonly report: Report;
  readonly headline: string;
}[] {
  // As JSON has them: what is undefined isn't there.
  const board = (rows: Scoreboard['rows']): Scoreboard =>
    ({
      taskId: 'gsm8k/per@1',
      title: 'GSM8K',
      metric: 'exact_match',
      protocol: 'serving',
      units: { accuracy: 'ratio', throughput: 'items/s', latency: 'ms', memory: 'bytes' },
      versions: ['PER-paper/1'],
      rows,
      flags: [],
    }) as Partial<Scoreboard> as Scoreboard;
  const number = (value: number): Measurement => ({
    status: 'measured',
    value,
    unit: 'ratio',
    n: 0,
    warnings: [],
  });
  const row = (model: string, changes: Partial<Scoreboard['rows'][number]> = {}): Scoreboard['rows'][number] =>
    ({
      model,
      state: 'done',
      error: undefined,
      measurements: {},
      factors: undefined,
      score: undefined,
      rank: undefined,
      anchored: undefined,
      flags: [],
      warnings: [],
      ...changes,
    }) as Partial<Scoreboard['rows'][number]> as Scoreboard['rows'][number];
  const failed = { state: 'failed', error: { code: 'PB_ENGINE', message: 'the engine died' } } as const;
  const strange = { accuracy: number(Number.NaN), throughput: number(Number.POSITIVE_INFINITY), memory: number(0) };
  return [
    { what: 'no cells', report: { scoreboards: [] }, headline: 'Nothing was measured' },
    { what: 'a table without rows', report: { scoreboards: [board([])] }, headline: 'No model can be recommended' },
    {
      what: 'cells that all failed',
      report: { scoreboards: [board([row('a', failed), row('b', failed)])] },
      headline: 'No model can be recommended',
    },
    {
      what: 'one model',
      report: { scoreboards: [board([row('alone', { measurements: { accuracy: number(0.5) } })])] },
      headline: 'No model can be recommended',
    },
    {
      what: 'numbers that are none',
      report: { scoreboards: [board([row('odd', { measurements: strange }), row('b')])] },
      headline: 'No model can be recommended',
    },
  ];
}
