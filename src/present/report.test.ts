import { describe, expect, it } from 'vitest';
import type { Measurement, Unit, Warning } from '../core/measurement.ts';
import { terminalReport } from '../../test/setup/printed-scoreboard.ts';
import { joinAnswers } from '../scoring/answer.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { judgeScoreboard } from '../scoring/judge-scoreboard.ts';
import { scoreTable } from '../formats/score-table.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';
import type { Report } from './report.ts';
import { documentFormats } from './formats.ts';
import { reportDocument } from './report-document.ts';
import { textWidth } from './text-width.ts';

const csvReport = (made: Report): string => documentFormats.report.csv.write(reportDocument(made));
const jsonReport = (made: Report): string => documentFormats.report.json.write(reportDocument(made));
const markdownReport = (made: Report): string => documentFormats.report.markdown.write(reportDocument(made));

function measured(value: number, unit: Unit, half?: number, warnings: readonly Warning[] = []): Measurement {
  const interval = { low: value - (half ?? 0), high: value + (half ?? 0), level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n: 3, ...(half !== undefined && { interval }), warnings };
}

const busy: Warning = { reason: 'host_busy', detail: 'other processes took 9 % of the CPU' };
const cells: readonly ScoreboardCell[] = [
  {
    model: 'smollm2-135m-instruct',
    taskId: 'gsm8k/per@1',
    protocol: 'serving',
    state: 'done',
    measurements: {
      accuracy: measured(0.05, 'ratio', 0.02, [{ reason: 'near_chance', detail: 'not above 0' }]),
      throughput: measured(4.321, 'items/s', 0.1234),
      latency: measured(812.3, 'ms', 9.87),
      memory: measured(300 * 2 ** 20, 'bytes', 2 ** 20),
      outputTokensPerSecond: measured(410, 'tokens/s', 12),
      extra: { strict: measured(0.04, 'ratio') },
    },
  },
  {
    model: 'qwen2.5-coder-0.5b-instruct',
    taskId: 'gsm8k/per@1',
    protocol: 'serving',
    state: 'done',
    measurements: {
      accuracy: measured(0.31, 'ratio', 0.06),
      throughput: measured(1.05, 'items/s', 0.03, [busy]),
      latency: measured(3100, 'ms', 45, [busy]),
      memory: measured(1.2 * 2 ** 30, 'bytes', 2 ** 20),
      outputTokensPerSecond: measured(99, 'tokens/s', 3),
      extra: { strict: measured(0.3, 'ratio') },
    },
  },
  {
    model: '=cmd|"x"\u001B[31m',
    taskId: 'gsm8k/per@1',
    protocol: 'serving',
    state: 'failed',
    error: { code: 'PB_ENGINE', message: 'the engine was killed,\nmaybe out of memory' },
    measurements: {
      accuracy: measured(0.2, 'ratio', 0.06),
      memory: { status: 'unavailable', reason: 'unsupported', detail: 'mmap' },
    },
  },
];
const tasks = { 'gsm8k/per@1': { title: 'GSM8K', metric: 'exact_match' } };
const report: Report = {
  run: { id: '20261124-163012-k3f9', name: 'demo', seed: 1 },
  scoreboards: createScoreboards(cells, { tasks }),
  notes: ['10 of 1,319 items: a mini run'],
};

describe('terminalReport', () => {
  it('at 140 columns', () => {
    expect(terminalReport(report, { width: 140 })).toMatchInlineSnapshot(`
      "GSM8K · gsm8k/per@1 · 3 items
      #  Model                        PER-A           Accuracy  Throughput   Latency        Memory  strict     Output
                                                        [95 %]     items/s        ms           GiB           tokens/s
      1  smollm2-135m-instruct        0.281  0.05 [0.03, 0.07]  4.32 ±0.12   812 ±10  0.293 ±0.001   0.040    410 ±12
      2  qwen2.5-coder-0.5b-instruct  0.223! 0.31 [0.25, 0.37]  1.05 ±0.03! 3100 ±45!   1.20 ±0.01   0.300  99.0 ±3.0
      –  =cmd|"x"                         –  0.20 [0.14, 0.26]                                   –
        =cmd|"x" has no score: the engine was killed, maybe out of memory (PB_ENGINE)
      ! host_busy: throughput and latency of qwen2.5-coder-0.5b-instruct (other processes took 9 % of the CPU)

      10 of 1,319 items: a mini run

      More columns and notes: -v.
      "
    `);
  });

  it('at 80 columns', () => {
    expect(terminalReport(report, { width: 80 })).toMatchInlineSnapshot(`
      "GSM8K · gsm8k/per@1 · 3 items
      Model                        PER-A           Accuracy  Throughput   LAT  Memory
                                                     [95 %]     items/s    ms     GiB
      smollm2-135m-instruct        0.281  0.05 [0.03, 0.07]  4.32 ±0.12   812   0.293
      qwen2.5-coder-0.5b-instruct  0.223! 0.31 [0.25, 0.37]  1.05 ±0.03! 3100!   1.20
      =cmd|"x"                         –  0.20 [0.14, 0.26]                         –
        =cmd|"x" has no score: the engine was killed, maybe out of memory (PB_ENGINE)
      ! host_busy: throughput and latency of qwen2.5-coder-0.5b-instruct (other
          processes took 9 % of the CPU)

      10 of 1,319 items: a mini run

      More columns, intervals and notes: -v.
      "
    `);
  });

  it('at 40 columns', () => {
    expect(terminalReport(report, { width: 40 })).toMatchInlineSnapshot(`
      "GSM8K · gsm8k/per@1 · 3 items
        PER-A           Accuracy  Throughput
                          [95 %]     items/s
      smollm2-135m-instruct
        0.281  0.05 [0.03, 0.07]  4.32 ±0.12
      qwen2.5-coder-0.5b-instruct
        0.223! 0.31 [0.25, 0.37]  1.05 ±0.03!
      =cmd|"x"
            –  0.20 [0.14, 0.26]
        =cmd|"x" has no score: the engine was
          killed, maybe out of memory (PB_ENG…
      ! host_busy: throughput and latency of
          qwen2.5-coder-0.5b-instruct (other …

      10 of 1,319 items: a mini run

      More columns and notes: -v.
      "
    `);
  });

  it('is never wider than asked, and has no escape sequence of its own', () => {
    for (let width = 20; width <= 200; width += 1) {
      const text = terminalReport(report, { width });
      expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F]/u);
      for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it('colours only through the style function, without moving anything', () => {
    const roles = new Set<string>();
    const plain = terminalReport(report, { width: 100, isWhole: true });
    const styled = terminalReport(report, {
      width: 100,
      isWhole: true,
      style: (text, ...tones) => {
        for (const tone of tones) roles.add(tone);
        return `\u001B[1m${text}\u001B[0m`;
      },
    });
    const visible = styled.replaceAll('\u001B[1m', '').replaceAll('\u001B[0m', '');
    expect(visible.replaceAll(/ +\n/gu, '\n')).toBe(plain.replaceAll(/ +\n/gu, '\n'));
    expect([...roles].toSorted()).toEqual(['best', 'doubtful', 'heading', 'muted', 'plain', 'title']);
  });

  it('shows that there is nothing', () => {
    expect(terminalReport({ scoreboards: [] }, { width: 80 })).toBe('');
  });

  it('copes with 200 models with long and wide names', () => {
    const many = Array.from({ length: 200 }, (_, index) => ({
      ...(cells[0] as ScoreboardCell),
      model: `模型-${'x'.repeat(60)}-${index}`,
    }));
    const text = terminalReport({ scoreboards: createScoreboards(many) }, { width: 40 });
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(40);
  });
});

describe('markdownReport', () => {
  it('writes tables that foreign text cannot break', () => {
    expect(markdownReport(report)).toMatchInlineSnapshot(`
      "### GSM8K · gsm8k/per@1 · serving protocol · accuracy metric: exact\\_match · PER-paper/1, PER-A/provisional

      | \\# | Model | PER-A | PER | Accuracy | Throughput, items/s | Latency, ms | Memory, GiB | ACC | THR | LAT | MEM | strict | Output, tokens/s |
      | --: | :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
      | 1 | smollm2-135m-instruct | 0.281 | 0.000 | 0.050 \\[0.030, 0.070\\]~ | 4.32 ± 0.12 | 812 ± 10 | 0.2930 ± 0.0010 | 0.00 | 1.00 | 1.00 | 1.00 | 0.040 | 410 ± 12 |
      | 2 | qwen2.5-coder-0.5b-instruct | 0.223! | 0.000! | 0.310 \\[0.250, 0.370\\] | 1.05 ± 0.03! | 3100 ± 45! | 1.2000 ± 0.0010 | 1.00 | 0.00 | 0.00 | 0.00 | 0.300 | 99.0 ± 3.0 |
      | – | =cmd\\|"x" | – | – | 0.200 \\[0.140, 0.260\\] |  |  | – | – | – | – | – |  |  |

      - =cmd\\|"x" has no score: the engine was killed, maybe out of memory (PB\\_ENGINE)
      - ! host\\_busy: qwen2.5-coder-0.5b-instruct throughput, latency (other processes took 9 % of the CPU)
      - PER (set-relative) is meaningless with 2 models
      - PER is 0 for the worst model in any factor: smollm2-135m-instruct (ACC), qwen2.5-coder-0.5b-instruct (THR, LAT, MEM)
      - ~ near\\_chance: smollm2-135m-instruct accuracy (not above 0)
      - anchors of PER-A: accuracy 0.000 scores 0; 4.30 items/s, 810 ms and 300 MiB score 0.5 each; provisional, the medians of these models
      - 95 % confidence intervals: \\[low, high\\], or ± half the width

      10 of 1,319 items: a mini run
      "
    `);
  });
});

it('an answer in Markdown ends once', () => {
  const boards = ['a/x@1', 'b/x@1'].map((taskId) => ({ ...cells[0], taskId }) as ScoreboardCell);
  const judged = createScoreboards(boards).map((board) => judgeScoreboard(board));
  const answers = joinAnswers(judged.flatMap(({ answer }) => answer ?? []));
  const text = markdownReport({ scoreboards: judged, answers });
  expect(text.match(/only model that was measured\.\n|Not measured well enough.*\.\n/gu)?.length).toBeGreaterThan(1);
  expect(text).not.toContain('..');
});

it('half an interval that exceeds its value is left out, and stays in files', () => {
  const twice = { ...cells[0], measurements: { ...cells[0]?.measurements, throughput: measured(89, 'items/s', 1e6) } };
  const made = { scoreboards: createScoreboards([twice as ScoreboardCell]) };
  expect(markdownReport(made)).toContain('| 89.0 |');
  expect(terminalReport(made, { width: 120 })).toMatch(/ 89\.0 /u);
  expect(csvReport(made)).toContain(',89,items/s,-999911,1000089,');
});

describe('csvReport', () => {
  it('writes base units, everything quoted that must be, no formula', () => {
    expect(csvReport(report).replaceAll('\r\n', '\n')).toMatchInlineSnapshot(`
      "task,protocol,rank,rank_a,is_tied,model,state,per_a,per_a_low,per_a_high,per,per_low,per_high,score_versions,rank_low,rank_high,rank_set_low,rank_set_high,p_first,required_accuracy,required_accuracy_low,required_accuracy_high,accuracy,accuracy_low,accuracy_high,accuracy_n,throughput,throughput_unit,throughput_low,throughput_high,latency,latency_unit,latency_low,latency_high,memory_bytes,memory_low,memory_high,factor_accuracy,factor_throughput,factor_latency,factor_memory,strict,correct_per_money,correct_per_second,correct_per_second_per_gib,correct_per_joule,tokens_per_answer,output_tokens_per_second,time_to_first_token_p50_ms,time_per_output_token_p50_ms,thinking_tokens,budget_cut,content_filtered,latency_p50_ms,latency_p90_ms,latency_p95_ms,latency_p99_ms,memory_weights_bytes,memory_kv_bytes,memory_compute_bytes,memory_overhead_bytes,memory_reserved_bytes,memory_host_bytes,energy_per_item_joules,energy_per_correct_joules,price_per_thousand,goodput,offered_rate,load_latency_p50_ms,load_latency_p95_ms,load_latency_p99_ms,concurrency,draft_acceptance,file_bytes,bits_per_weight,rounds,flags,warnings,error
      gsm8k/per@1,serving,1,1,,smollm2-135m-instruct,done,0.281241962743046,,,0,,,PER-paper/1 PER-A/provisional,,,,,,,,,0.05,0.030000000000000002,0.07,3,4.321,items/s,4.1975999999999996,4.4444,812.3,ms,802.43,822.17,314572800,313524224,315621376,0,1,1,1,0.04,,,,,,410,,,,,,,,,,,,,,,,,,,,,,,,,,,,,worst:ACC degenerate_set,accuracy: near_chance: not above 0,
      gsm8k/per@1,serving,1,2,,qwen2.5-coder-0.5b-instruct,done,0.2230072659190787,,,0,,,PER-paper/1 PER-A/provisional,,,,,,,,,0.31,0.25,0.37,3,1.05,items/s,1.02,1.08,3100,ms,3055,3145,1288490188.8,1287441612.8,1289538764.8,1,0,0,0,0.3,,,,,,99,,,,,,,,,,,,,,,,,,,,,,,,,,,,,doubtful:THR doubtful:LAT worst:THR worst:LAT worst:MEM degenerate_set,throughput: host_busy: other processes took 9 % of the CPU; latency: host_busy: other processes took 9 % of the CPU,
      gsm8k/per@1,serving,,,,"'=cmd|""x""",failed,,,,,,,PER-paper/1 PER-A/provisional,,,,,,,,,0.2,0.14,0.26,3,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,failed degenerate_set,,"PB_ENGINE: the engine was killed,
      maybe out of memory"
      "
    `);
  });

  it('is read back with the same scores', () => {
    const four: readonly ScoreboardCell[] = [0, 1, 2, 3].map((index) => ({
      model: `m${index}`,
      taskId: 'imdb/per@2',
      protocol: 'serving',
      state: 'done',
      measurements: {
        accuracy: measured(0.5 + index / 10, 'ratio', 0.01),
        throughput: measured(100 / (1 + index), 'items/s', 1),
        latency: measured(10 * (1 + index ** 2), 'ms', 1),
        memory: measured(1e9 * (1 + index), 'bytes', 1e6),
      },
    }));
    const scoreboards = createScoreboards(four);
    const again = scoreTable(csvReport({ scoreboards }));
    expect(again.notes).toEqual([]);
    const summary = (boards: typeof scoreboards): unknown =>
      boards.map(({ rows, taskId, protocol }) => [
        taskId,
        protocol,
        rows.map(({ model, rank, score, flags }) => [model, rank, score, flags]),
      ]);
    expect(summary(again.scoreboards)).toEqual(summary(scoreboards));
  });

  it('is empty for nothing', () => {
    expect(csvReport({ scoreboards: [] })).toBe('');
  });
});

describe('jsonReport', () => {
  it('has a versioned schema, whole measurements, and nothing for what is not known', () => {
    const parsed = JSON.parse(jsonReport(report)) as {
      schema: string;
      scoreboards: { rows: Record<string, unknown>[] }[];
    };
    expect(parsed.schema).toBe('perbench-report/1');
    const rowOf = (model: string) => parsed.scoreboards[0]?.rows.find((row) => row['model'] === model);
    expect(rowOf('qwen2.5-coder-0.5b-instruct')).toMatchObject({
      model: 'qwen2.5-coder-0.5b-instruct',
      per: 0,
      rank: 1,
      throughput: { ...cells[1]?.measurements.throughput },
      factors: { accuracy: 1, throughput: 0, latency: 0, memory: 0 },
      extra: { strict: { value: 0.3 } },
      warnings: [
        { metric: 'throughput', ...busy },
        { metric: 'latency', ...busy },
      ],
    });
    expect(parsed.scoreboards[0]?.rows[2]).toMatchObject({
      model: '=cmd|"x"\u001B[31m',
      state: 'failed',
      memory: { status: 'unavailable', reason: 'unsupported' },
      error: { code: 'PB_ENGINE' },
    });
    expect(parsed.scoreboards[0]?.rows[2]).not.toHaveProperty('per');
    expect(jsonReport(report)).not.toContain('null');
  });
});
