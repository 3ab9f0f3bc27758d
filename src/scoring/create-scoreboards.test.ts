import { describe, expect, it } from 'vitest';
import type { Measurement, MetricName, Unit, Warning } from '../core/measurement.ts';
import { memoryBudget, paperAnchors } from './anchors.ts';
import { createScoreboards } from './create-scoreboards.ts';
import { flagId } from './factor.ts';
import type { Scoreboard, ScoreboardCell } from './scoreboard.ts';

type Overrides = Partial<Record<MetricName, Partial<Extract<Measurement, { value: number }>>>>;

function measured(value: number, unit: Unit, warnings: readonly Warning[] = []): Measurement {
  return { status: 'measured', value, unit, n: 3, warnings };
}

function cell(
  model: string,
  values: readonly [number, number, number, number],
  overrides: Overrides = {},
): ScoreboardCell {
  const [accuracy, throughput, latency, memory] = values;
  const measurements: Record<string, Measurement> = {
    accuracy: measured(accuracy, 'ratio'),
    throughput: measured(throughput, 'items/s'),
    latency: measured(latency, 'ms'),
    memory: measured(memory, 'bytes'),
  };
  for (const [name, override] of Object.entries(overrides)) {
    measurements[name] = { ...measurements[name], ...override } as Measurement;
  }
  return { model, taskId: 'gsm8k/per@1', protocol: 'serving', state: 'done', measurements };
}

const four = [
  cell('a', [0.5, 100, 10, 1000]),
  cell('b', [0.7, 50, 20, 3000]),
  cell('c', [0.9, 10, 60, 9000]),
  cell('d', [0.6, 80, 15, 2000]),
];

function printed({ rows, flags }: Scoreboard): string {
  const lines = rows.map(({ rank, model, score, flags: own }) =>
    [
      rank ?? '-',
      model,
      score?.toFixed(3) ?? '-',
      ...own.filter(({ code }) => code !== 'worst').map((flag) => `[${flagId(flag)}] ${flag.text}`),
    ].join(' '),
  );
  return [...lines, ...flags.map((flag) => `set: [${flagId(flag)}] ${flag.text}`)].join('\n');
}

function board(cells: readonly ScoreboardCell[], options: Parameters<typeof createScoreboards>[1] = {}): Scoreboard {
  const boards = createScoreboards(cells, options);
  expect(boards).toHaveLength(1);
  return boards[0] as Scoreboard;
}

describe('createScoreboards', () => {
  it('orders rows by PER-A, ties by name', () => {
    expect(printed(board(four))).toMatchInlineSnapshot(`
      "3 a 0.000
      1 d 0.626
      2 b 0.604
      3 c 0.000"
    `);
    expect(board(four)).toMatchObject({
      units: { accuracy: 'ratio', throughput: 'items/s', latency: 'ms', memory: 'bytes' },
      versions: ['PER-paper/1', 'PER-A/provisional'],
    });
  });

  it('makes one scoreboard per task and protocol', () => {
    const others = four.map((one) => ({ ...one, taskId: 'imdb/per@2' }));
    const paper = four.map((one) => ({ ...one, protocol: 'paper' as const }));
    const boards = createScoreboards([...four, ...others, ...paper]);
    expect(boards.map(({ taskId, protocol, rows }) => [taskId, protocol, rows.length])).toEqual([
      ['gsm8k/per@1', 'serving', 4],
      ['imdb/per@2', 'serving', 4],
      ['gsm8k/per@1', 'paper', 4],
    ]);
  });

  it("keeps cells without a score out of the others' numbers", () => {
    const extreme = [0, 1e9, 1e9, 1e15] as const;
    const bad: readonly ScoreboardCell[] = [
      { ...cell('failed', extreme), state: 'failed', error: { code: 'PB_ENGINE', message: 'the engine was killed' } },
      { ...cell('pending', extreme), state: 'pending' },
      { ...cell('running', extreme), state: 'running' },
      { ...cell('unavailable', extreme), state: 'unavailable' },
      cell('errors', extreme, { accuracy: { warnings: [{ reason: 'errors', detail: '20 of 100 items failed' }] } }),
      cell('reused', extreme, { throughput: { warnings: [{ reason: 'cache_hits', detail: 'prefixes were reused' }] } }),
      cell('other unit', extreme, { throughput: { unit: 'tokens/s' } }),
      {
        ...cell('no memory', extreme),
        measurements: {
          ...cell('x', extreme).measurements,
          memory: { status: 'unavailable', reason: 'unsupported', detail: 'mmap' },
        },
      },
    ];
    const mixed = board([...bad, ...four]);
    expect(mixed.rows.slice(0, 4)).toEqual(board(four).rows);
    expect(printed(mixed)).toMatchInlineSnapshot(`
      "3 a 0.000
      1 d 0.626
      2 b 0.604
      3 c 0.000
      - errors - [invalid:ACC] ACC is invalid: 20 of 100 items failed
      - failed - [failed] the engine was killed
      - no memory - [missing:MEM] MEM not measured (mmap)
      - other unit - [unit:THR] THR is in tokens/s, the others are in items/s
      - pending - [failed] not finished
      - reused - [invalid:THR] THR is invalid: prefixes were reused
      - running - [failed] not finished
      - unavailable - [failed] unavailable"
    `);
  });

  it('scores doubtful numbers with a mark, or leaves them out when told to', () => {
    const busy = [{ reason: 'host_busy', detail: 'other processes took 9 % of the CPU' }] as const;
    const cells = [...four, cell('e', [0.8, 60, 18, 2500], { throughput: { warnings: busy } })];
    const lenient = board(cells);
    expect(printed(lenient)).toMatchInlineSnapshot(`
      "4 a 0.000
      2 d 0.626
      1 e 0.730 [doubtful:THR] THR is doubtful: other processes took 9 % of the CPU
      3 b 0.604
      4 c 0.000"
    `);
    expect(lenient.rows.find(({ model }) => model === 'e')?.warnings).toEqual([{ metric: 'throughput', ...busy[0] }]);
    expect(printed(board(cells, { isStrict: true }))).toMatchInlineSnapshot(`
      "3 a 0.000
      1 d 0.626
      2 b 0.604
      3 c 0.000
      - e - [invalid:THR] THR is invalid: other processes took 9 % of the CPU"
    `);
  });

  it('finds differences within noise from the intervals', () => {
    const cells = four.map((one, index) => {
      const value = 1000 + index;
      const interval = { low: value - 20, high: value + 20, level: 0.95, method: 't over 3 launches' };
      return {
        ...one,
        measurements: { ...one.measurements, memory: { ...measured(value, 'bytes'), interval } as Measurement },
      };
    });
    expect(board(cells).flags.map(flagId)).toEqual(['range_below_noise:MEM']);
  });

  it('knows the units of the paper protocol', () => {
    const paper = four.map((one) => ({ ...one, protocol: 'paper' as const }));
    const tasks = { 'gsm8k/per@1': { title: 'GSM8K', metric: 'exact_match', category: 'generation' } } as const;
    const result = board(paper, { tasks });
    expect(result.rows.every(({ score }) => score === undefined)).toBe(true);
    expect(result.rows[0]?.flags[0]?.text).toBe('THR is in items/s, the others are in tokens/s');
    expect(result).toMatchObject({ title: 'GSM8K', metric: 'exact_match', units: { latency: 'ms/token' } });
  });

  it('adds PER-A where there are anchors in these units', () => {
    const tokens = four.map((one) => {
      const { throughput, latency } = one.measurements as Record<string, Measurement>;
      const measurements = {
        ...one.measurements,
        throughput: { ...throughput, unit: 'tokens/s' },
        latency: { ...latency, unit: 'ms/token' },
      };
      return { ...one, protocol: 'paper', measurements } as ScoreboardCell;
    });
    const result = board(tokens, { anchors: paperAnchors });
    expect(result.versions).toEqual(['PER-paper/1', 'PER-A/2026-1/paper-gpu']);
    expect(result.rows.map(({ model, anchored }) => [model, anchored?.rank, anchored?.score.toFixed(4)]))
      .toMatchInlineSnapshot(`
      [
        [
          "a",
          1,
          "0.3509",
        ],
        [
          "d",
          2,
          "0.3212",
        ],
        [
          "b",
          3,
          "0.2831",
        ],
        [
          "c",
          4,
          "0.1594",
        ],
      ]
    `);
  });

  it('takes provisional anchors from its own models where there are none in these units', () => {
    for (const other of [four, four.map((one) => ({ ...one, taskId: 'mine/per@1' }))]) {
      const { anchors, versions } = board(other, { anchors: paperAnchors, deviceMemoryBytes: 24 * 2 ** 30 });
      expect(versions.at(-1)).toBe('PER-A/provisional');
      expect(anchors).toMatchObject({
        throughputUnit: 'items/s',
        memory: memoryBudget(24 * 2 ** 30),
        provisionalFrom: 4,
      });
    }
  });

  it('takes them from doubtful numbers only where there are no others', () => {
    const busy = { reason: 'host_busy', detail: 'others' } as const;
    const doubtful = four.map((one) => {
      const throughput = { ...one.measurements.throughput, warnings: [busy] } as Measurement;
      return { ...one, measurements: { ...one.measurements, throughput } };
    });
    const mixed = board([...doubtful.slice(0, 3), ...four.slice(3)]);
    expect(mixed.anchors).toMatchObject({ provisionalFrom: 1 });
    expect(mixed.rows.find(({ model }) => model === four[3]?.model)?.anchored?.factors.throughput).toBeCloseTo(0.5, 1);
    expect(board(doubtful).anchors).toMatchObject({ provisionalFrom: 0 });
  });

  it('has nothing to show for nothing', () => {
    expect(createScoreboards([])).toEqual([]);
  });
});
