import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { newRun } from '../../test/conformance/store-records.ts';
import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement, Unit, Warning } from '../core/measurement.ts';
import { type SuiteInput, suiteSchema } from '../core/suite.ts';
import { joinAnswers } from '../scoring/answer.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { decide } from '../scoring/decide.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';
import { briefDocument } from './brief-document.ts';
import { markdownText } from './markdown.ts';
import { suiteText } from './suite-text.ts';

const taskId = 'gsm8k/mini@2';

function measured(value: number, unit: Unit, warnings: readonly Warning[] = []): Measurement {
  const interval = { low: value * 0.9, high: value * 1.1, level: 0.95, method: 't' };
  return { status: 'measured', value, unit, n: 40, interval, warnings: [...warnings] };
}

function cell(model: string, more: Partial<ScoreboardCell> = {}, own: CellMeasurements = {}): ScoreboardCell {
  return {
    model,
    taskId,
    protocol: 'serving',
    state: 'done',
    error: undefined,
    measurements: {
      accuracy: measured(0.5, 'ratio'),
      throughput: measured(2, 'items/s'),
      latency: measured(100, 'ms'),
      memory: measured(2 ** 30, 'bytes'),
      ...own,
    },
    ...more,
  };
}

function briefOf(cells: readonly ScoreboardCell[], suite: Partial<SuiteInput> = {}): string {
  const base = newRun('20261124-170000-srv1');
  const facts = { items: 1319, evaluatedItems: 40 };
  const run = {
    ...base,
    status: 'finished',
    cost: undefined,
    suite: suiteSchema.parse({ models: ['a.gguf'], tasks: ['gsm8k/mini'], ...suite }),
    manifest: { ...base.manifest, tasks: { [taskId]: facts } },
  } as never;
  const scoreboards = createScoreboards(cells);
  const answers = joinAnswers(scoreboards.map((board) => decide([{ board, weight: 1, evidence: undefined }] as never)));
  return markdownText(briefDocument(answers, { scoreboards, sources: { runs: [run], evidence: [] } }));
}

describe('a brief', () => {
  it('keeps the mark with a doubtful number, and says what is the matter', () => {
    const doubt: Warning = { reason: 'short_window', detail: 'the window has 3 answers' };
    const text = briefOf([cell('a', {}, { throughput: measured(2, 'items/s', [doubt]) }), cell('b')]);
    expect(text).toMatch(/\| a \| 0\.\d+! \| 0\.500 [^|]*\] \| 2\.00 [^|]*\]! \|/u);
    expect(text).toMatch(/\| b \| 0\.\d+ \| 0\.500 [^|!]* \| 2\.00 [^|!]* \|/u);
    expect(text).toContain('- ! short\\_window: throughput of a (the window has 3 answers)\n');
  });

  it('has why a model has no numbers', () => {
    const failed = cell('b', {
      state: 'failed',
      error: { code: 'PB_ENGINE', message: 'out of memory' },
      measurements: {},
    });
    const text = briefOf([cell('a'), failed]);
    expect(text).toMatch(/\| b \| – \| – \|/u);
    expect(text).toContain('- b has no score: out of memory (PB\\_ENGINE)\n');
    expect(text).toContain(`${taskId}: 40 of 1319 items were asked, of 1 of 2 models;`);
  });

  it('says how much more there is to know, and where', () => {
    const reasons = ['short_window', 'overloaded', 'throttled', 'host_busy', 'truncated', 'unparsed'] as const;
    const warnings = reasons.map((reason) => ({ reason, detail: `why ${reason}` }));
    const cells = Array.from({ length: 7 }, (_, index) =>
      cell(`m${index}`, {}, index > 0 ? {} : { throughput: measured(2, 'items/s', warnings) }),
    );
    expect(briefOf(cells)).toContain(
      '- 2 more models and 2 more notes: perbench report 20261124-170000-srv1 has all\n',
    );
  });

  it('of an interrupted run asked nothing', () => {
    const text = briefOf([cell('a', { state: 'pending', measurements: {} })]);
    expect(text).toContain(`- ${taskId}: no model has answered its items\n`);
    expect(text).not.toContain('were asked');
  });

  it('says how many requests were sent at once, whoever chose that', () => {
    expect(briefOf([cell('a')], { concurrency: 1 })).toContain('**load**: 1 request at once, ');
    const chosen = (value: number) => ({ concurrency: measured(value, 'count') });
    expect(briefOf([cell('a', {}, chosen(8)), cell('b', {}, chosen(16))], { concurrency: 'auto' })).toContain(
      '**load**: 8 to 16 requests at once, chosen for each model, ',
    );
    expect(briefOf([cell('a')], { concurrency: 'auto' })).toContain(
      '**load**: requests at once as perbench chose them for each model, ',
    );
  });
});

it('writes a suite without its defaults, which reads as the same suite', () => {
  const suite = suiteSchema.parse({
    models: [
      'a.gguf',
      { source: 'b.gguf', name: 'b', engineOptions: { kvCache: 'q8_0' } },
      { source: 'qwen', server: { preset: 'vllm', tensorParallel: 2, arguments: ['--seed', '1'] } },
    ],
    tasks: ['gsm8k/mini', { task: 'imdb/mini', limit: 5 }],
    limit: 12,
    launches: 1,
  });
  expect(suiteSchema.parse(parse(suiteText(suite)))).toEqual(suite);
  expect(suiteText(suite)).toMatchInlineSnapshot(`
    "models:
      - a.gguf
      - source: b.gguf
        name: b
        engineOptions:
          kvCache: q8_0
      - source: qwen
        server:
          preset: vllm
          arguments:
            - --seed
            - "1"
          tensorParallel: 2
    tasks:
      - gsm8k/mini
      - task: imdb/mini
        limit: 5
    limit: 12
    launches: 1"
  `);
});
