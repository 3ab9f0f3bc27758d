import type { Measurement } from '../../src/core/measurement.ts';
import type { Report } from '../../src/present/report.ts';
import type { Scoreboard } from '../../src/scoring/scoreboard.ts';

/** Reports of which there is little to say, and how the headline that says it starts. */
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
  const nothing = { accuracy: number(0), throughput: number(0), latency: number(0), memory: number(0) };
  return [
    { what: 'no cells', report: { scoreboards: [] }, headline: 'Nothing was measured.' },
    {
      what: 'a table without rows',
      report: { scoreboards: [board([])] },
      headline: 'Not measured well enough to say',
    },
    {
      what: 'cells that all failed',
      report: { scoreboards: [board([row('a', failed), row('b', failed)])] },
      headline: 'Not measured well enough to say',
    },
    {
      what: 'one model',
      report: { scoreboards: [board([row('alone', { measurements: { accuracy: number(0.5) } })])] },
      headline: 'alone is usable; it is the only model that was measured.',
    },
    {
      what: 'numbers that are nothing',
      report: { scoreboards: [board([row('odd', { measurements: nothing }), row('b')])] },
      headline: 'Not measured well enough to say',
    },
  ];
}
