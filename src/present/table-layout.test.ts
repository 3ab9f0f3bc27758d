import { describe, expect, it } from 'vitest';
import { anchors, fast, four, model, number, small, terminalReport } from '../../test/setup/printed-scoreboard.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { judgeScoreboard, type JudgeOptions } from '../scoring/judge-scoreboard.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';
import { type Table, tableBlock } from './document.ts';
import type { Report } from './report.ts';
import { reportDocument } from './report-document.ts';
import { terminalText } from './terminal.ts';
import { textWidth } from './text-width.ts';

function measured(value: number, unit: Unit, low?: number, high?: number): Measurement {
  const interval = { low: low ?? 0, high: high ?? 0, level: 0.95, method: 'test' };
  return { status: 'measured', value, unit, n: 300, warnings: [], ...(low !== undefined && { interval }) };
}

/** As on two cores: what the quick start's models measured on ARC-Easy. */
function real(name: string, accuracy: number, rate: number, half: number, latency: number): ScoreboardCell {
  return model(name, {
    accuracy: measured(accuracy, 'ratio', accuracy - 0.057, accuracy + 0.055),
    throughput: measured(rate, 'items/s', rate - half, rate + half),
    latency: measured(latency, 'ms', latency - 60, latency + 60),
    memory: measured(520 * 2 ** 20, 'bytes', 515 * 2 ** 20, 525 * 2 ** 20),
    latencyP95: measured(2 * latency, 'ms'),
    timeToFirstTokenP50: measured(latency / 2, 'ms'),
  });
}

const usual = [
  real('gemma-3-270m', 0.58, 10.9, 2.9, 111),
  real('smollm2-135m-instruct', 0.507, 8.68, 0.8, 116),
  real('qwen2.5-coder-0.5b-instruct', 0.503, 4.71, 0.65, 231),
];

function reportOf(cells: readonly ScoreboardCell[], score: JudgeOptions['score'] = 'PER-A'): Report {
  const tasks = { 'toy/per@1': { title: 'ARC-Easy', metric: 'acc', trivialAccuracy: 0.25 } };
  const boards = createScoreboards(cells, { anchors, tasks });
  return { scoreboards: boards.map((board) => judgeScoreboard(board, { resamples: 200, score })) };
}

const usualReport = reportOf(usual);

function linesOf(report: Report, width: number, isWhole = false): readonly string[] {
  return terminalReport(report, { width, isWhole }).split('\n');
}

/** The table of a report, without what stands around it. */
function tableOf(report: Report): Table {
  const [first] = reportDocument(report).screen.flatMap((block) => (block.kind === 'table' ? [block.table] : []));
  if (first === undefined) throw new Error('no table');
  return { ...first, caption: '', shortCaption: '', verdict: undefined };
}

function tableLines(shown: Table, width: number, isWhole = false): readonly string[] {
  return terminalText([tableBlock(shown)], { width, isWhole }).split('\n');
}

const busy = { reason: 'host_busy', detail: `other processes took ${'9 % of the CPU, '.repeat(20)}` } as const;
const failed = { state: 'failed', error: { code: 'PB_ENGINE', message: 'killed '.repeat(40) } } as const;
const sixteen = Array.from({ length: 16 }, (_, index) =>
  real(`model-${'x'.repeat(index * 3)}-${index}`, 0.3 + index / 40, 1 + index ** 3, 0.1, 100_000 / (1 + index)),
);

const sets: Readonly<Record<string, readonly ScoreboardCell[]>> = {
  'the usual three': usual,
  'one model': usual.slice(0, 1),
  'four without intervals': four,
  sixteen,
  'names as long as paths': ['a', 'b'].map((end) =>
    real(`hf:owner/${'repository-'.repeat(9)}${end}.gguf`, 0.5, 1, 0.1, 9),
  ),
  'names that differ in the middle': ['a', 'b'].map((own) =>
    real(`${'x'.repeat(60)}${own}${'y'.repeat(60)}`, 0.5, 1, 0.1, 9),
  ),
  'wide characters': ['模型', '千问二点五', '一个名字非常长的模型'.repeat(6)].map((name) => real(name, 0.5, 1, 0.1, 9)),
  'doubtful numbers': [
    ...usual,
    model('busy', { throughput: number(1, 'items/s', [busy]), latency: number(1, 'ms', [busy]) }),
    model('also-busy', { ...fast, memory: number(2 ** 40, 'bytes', [busy]) }),
  ],
  'failed cells': [...usual, model('broken', failed), model('waiting', { state: 'pending' })],
  'nothing but failed cells': [model('broken', failed)],
  'numbers of all sizes': [
    model('tiny', { throughput: measured(1e-5, 'items/s', 0, 1e-4), latency: measured(1e-3, 'ms', 0, 1) }),
    model('huge', { throughput: measured(1e9, 'items/s', 1, 1e10), latency: measured(1e9, 'ms', 1, 1e10), ...small }),
  ],
};

describe.each(Object.entries(sets))('a table of %s', (_, cells) => {
  const report = reportOf(cells);
  const own = tableOf(report);
  const widths = [...Array.from({ length: 12 }, (__, index) => 20 + 5 * index), 79, 80, 81, 100, 120, 160, 200];

  it('is never wider than the terminal', () => {
    for (const width of widths) {
      for (const isWhole of [false, true]) {
        expect(linesOf(report, width, isWhole).filter((line) => textWidth(line) > width)).toEqual([]);
      }
    }
  });

  it('has one line per model, and a second one only below 80 columns', () => {
    for (const width of widths) {
      const [, second = '', ...others] = tableLines({ ...own, notes: [] }, width);
      const end = others.indexOf('');
      const rows = others.slice(0, end === -1 ? undefined : end);
      if (!/items\/s|\[95 %\]|MiB/u.test(second)) rows.unshift(second);
      const counts = width < 80 ? [cells.length, 2 * cells.length] : [cells.length];
      expect(counts).toContain(rows.length);
    }
  });

  it('tells its models apart', () => {
    for (const width of widths) {
      const rows = tableLines({ ...own, notes: [] }, width).filter((line) => !line.startsWith('More '));
      const lines = rows.filter((line) => line !== '' && !line.startsWith(' '));
      expect(new Set(lines).size).toBe(lines.length);
    }
  });

  it('has two notes at most, in two lines each, and all of them where it is whole', () => {
    for (const width of [40, 80]) {
      const rows = tableLines({ ...own, notes: [] }, width);
      const text = tableLines(own, width).join('\n');
      const notes =
        text.split('\n\nMore ')[0]?.split('\n').slice(rows.join('\n').split('\n\nMore ')[0]?.split('\n').length) ?? [];
      expect(notes.filter((line) => /^[ !~] \S/u.test(line)).length).toBeLessThanOrEqual(2);
      expect(notes.length).toBeLessThanOrEqual(4);
      const whole = tableLines(own, width, true).join('\n').replaceAll(/\s+/gu, ' ');
      expect(whole).not.toContain('More ');
      const told = own.notes.filter(({ isAboutIntervals }) => !isAboutIntervals);
      for (const { text: note } of told.filter(({ text: long }) => !/\S{40}/u.test(long)))
        expect(whole).toContain(note.replaceAll(/\s+/gu, ' ').trim());
    }
  });
});

describe('the usual table', () => {
  it('at 80 columns: accuracy, speed and score with intervals, names in full', () => {
    expect(linesOf(usualReport, 80).join('\n')).toMatchInlineSnapshot(`
      "ARC-Easy · toy/per@1 · 300 items
      Model                        PER-A           Accuracy  Throughput  Latency  MEM
                                                     [95 %]     items/s       ms  MiB
      gemma-3-270m                 0.518  0.58 [0.52, 0.64]   10.9 ±2.9  111 ±60  520
      smollm2-135m-instruct        0.470  0.51 [0.45, 0.56]  8.68 ±0.80  116 ±60  520
      qwen2.5-coder-0.5b-instruct  0.384  0.50 [0.45, 0.56]  4.71 ±0.65  231 ±60  520
      No clear difference between gemma-3-270m and smollm2-135m-instruct: more items
        would tell.

      More columns, intervals and notes: -v.
      "
    `);
  });

  it('at 120 columns: more columns', () => {
    expect(linesOf(usualReport, 120).join('\n')).toMatchInlineSnapshot(`
      "ARC-Easy · toy/per@1 · 300 items
       #  Model                                    PER-A  Ranks           Accuracy  Throughput  Latency  Memory  Latency p95
                                                  [95 %]                    [95 %]     items/s       ms     MiB           ms
      1=  gemma-3-270m                 0.52 [0.48, 0.57]    1–2  0.58 [0.52, 0.64]   10.9 ±2.9  111 ±60  520 ±5          222
      2=  smollm2-135m-instruct        0.47 [0.43, 0.52]    1–2  0.51 [0.45, 0.56]  8.68 ±0.80  116 ±60  520 ±5          232
       3  qwen2.5-coder-0.5b-instruct  0.38 [0.35, 0.42]      3  0.50 [0.45, 0.56]  4.71 ±0.65  231 ±60  520 ±5          462
      No clear difference between gemma-3-270m and smollm2-135m-instruct: more items would tell.
        =: not distinguishable from the best

      More columns and notes: -v.
      "
    `);
  });

  it('at 40 columns: names on lines of their own', () => {
    expect(linesOf(usualReport, 40).join('\n')).toMatchInlineSnapshot(`
      "ARC-Easy · toy/per@1 · 300 items
        PER-A           Accuracy      THR  LAT
                          [95 %]  items/s   ms
      gemma-3-270m
        0.518  0.58 [0.52, 0.64]     10.9  111
      smollm2-135m-instruct
        0.470  0.51 [0.45, 0.56]     8.68  116
      qwen2.5-coder-0.5b-instruct
        0.384  0.50 [0.45, 0.56]     4.71  231
      No clear difference between gemma-3-270m
        and smollm2-135m-instruct: more items
        would tell.

      More columns, intervals and notes: -v.
      "
    `);
  });

  it('whole: every column and note, in parts', () => {
    expect(linesOf(usualReport, 80, true).join('\n')).toMatchInlineSnapshot(`
      "ARC-Easy · toy/per@1 · serving protocol · accuracy metric: acc · PER-paper/1,
        PER-A/test/1
       #  Model                                       PER-A    PER  Ranks  P(1st)
                                                     [95 %]
      1=  gemma-3-270m                 0.518 [0.476, 0.569]  1.000    1–2    0.93
      2=  smollm2-135m-instruct        0.470 [0.433, 0.517]  0.423    1–2    0.07
       3  qwen2.5-coder-0.5b-instruct  0.384 [0.354, 0.419]  0.000      3    0.00

      Model                                    Accuracy  Throughput  Latency  Memory
                                                 [95 %]     items/s       ms     MiB
      gemma-3-270m                 0.580 [0.523, 0.635]   10.9 ±2.9  111 ±60  520 ±5
      smollm2-135m-instruct        0.507 [0.450, 0.562]  8.68 ±0.80  116 ±60  520 ±5
      qwen2.5-coder-0.5b-instruct  0.503 [0.446, 0.558]  4.71 ±0.65  231 ±60  520 ±5

      Model                         ACC   THR   LAT   MEM  TTFT  Latency p95
                                                             ms           ms
      gemma-3-270m                 1.00  1.00  1.00  1.00  55.5          222
      smollm2-135m-instruct        0.05  0.64  0.96  1.00  58.0          232
      qwen2.5-coder-0.5b-instruct  0.00  0.00  0.00  1.00   116          462
      No clear difference between gemma-3-270m and smollm2-135m-instruct: more items
        would tell.
        PER (set-relative) means little with 3 models
        ACC differences are within noise
        MEM equal: ignored in the ranking
        PER is 0 for the worst model in any factor: qwen2.5-coder-0.5b-instruct (ACC,
          THR, LAT)
        =: not distinguishable from the best
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB
          score 0.5 each
        ranks and P(1st): from 200 draws from the intervals, independent between
          models
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('shows PER-paper from four models on, or where it is whole', () => {
    const more = reportOf([...usual, real('other', 0.9, 3, 0.1, 300)]);
    expect(linesOf(usualReport, 160).join('\n')).not.toMatch(/\bPER\b(?!-A)/u);
    expect(linesOf(usualReport, 160, true).join('\n')).toMatch(/\bPER\b(?!-A)/u);
    expect(linesOf(more, 160).join('\n')).toMatch(/\bPER\b(?!-A)/u);
    const asked = reportOf(usual, 'PER-paper');
    expect(linesOf(asked, 80).join('\n')).toMatch(/\bPER\b(?!-A)/u);
  });
});

describe('a note beside a table', () => {
  const doubt = { reason: 'host_busy', detail: 'other processes took 9 % of the CPU' } as const;
  const doubtful = {
    throughput: number(1, 'items/s', [doubt]),
    latency: number(1, 'ms', [doubt]),
    timeToFirstTokenP50: number(1, 'ms', [doubt]),
  };
  const noteOf = (cells: readonly ScoreboardCell[], isWhole = false): string | undefined =>
    linesOf(reportOf(cells), 160, isWhole).find((line) => line.startsWith('! '));

  it('counts models and names factors alone, where a whole one names everything', () => {
    const names = ['a', 'b', 'c', 'd'];
    const all = names.map((name) => model(name, doubtful));
    expect(noteOf(all)).toBe(`! host_busy: throughput and latency of all 4 models (${doubt.detail})`);
    expect(noteOf(all, true)).toBe(
      `! host_busy: a, b, c and d throughput, latency, time to first token p50 (${doubt.detail})`,
    );
    expect(noteOf([...all, model('e')])).toContain('of a and 3 more (');
    expect(noteOf([model('a', doubtful), model('e')])).toContain('of a (');
  });

  it('says once of which model it is', () => {
    const error = { code: 'PB_ENGINE', message: 'broken: the engine was killed' };
    const text = linesOf(reportOf([...usual, model('broken', { state: 'failed', error })]), 160).join('\n');
    expect(text).toContain('  broken has no score: the engine was killed (PB_ENGINE)');
    const alone = linesOf(reportOf([model('broken', { state: 'failed', error })]), 160).join('\n');
    expect(alone).toContain('no valid model: broken: the engine was killed\n');
  });
});
