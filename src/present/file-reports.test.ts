import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { Measurement, Unit, Warning } from '../core/measurement.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';
import { documentFormats, formatOfFile } from './formats.ts';
import { escapeLatex } from './latex-cell.ts';
import { type Report, reportSchema } from './report.ts';
import { reportDocument } from './report-document.ts';
import { sampleFormats } from './samples.ts';

const formats = documentFormats.report;

function measured(value: number, unit: Unit, half?: number, warnings: readonly Warning[] = []): Measurement {
  const interval = { low: value - (half ?? 0), high: value + (half ?? 0), level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n: 3, ...(half !== undefined && { interval }), warnings };
}

const busy: Warning = { reason: 'host_busy', detail: 'other processes took 9 % of the CPU' };

function cell(model: string, accuracy: number, throughput: number, latency: number, mebibytes: number): ScoreboardCell {
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

const hostile = '\\input{/etc/passwd}_50%&"x"\n\u001B[31m\u202E^~#$--';
const failed: ScoreboardCell = {
  ...cell(hostile, 0.9, 9, 1, 1),
  state: 'failed',
  error: { code: 'PB_ENGINE', message: 'out of memory' },
  measurements: {
    memory: { status: 'unavailable', reason: 'unsupported', detail: 'mmap' },
    accuracy: measured(0.9, 'ratio'),
  },
};
const cells = [
  cell('small', 0.3104, 4.321, 812.3, 300),
  cell('fast', 0.31, 8, 400, 300),
  cell('large', 0.25, 1, 900, 1200),
  failed,
];
const report: Report = {
  run: { id: '20261124-163012-k3f9', perbenchVersion: '0.1.0', host: 'Test CPU' },
  scoreboards: createScoreboards(cells, { tasks: { 'gsm8k/per@1': { title: 'GSM8K', metric: 'exact_match' } } }),
  notes: ['10 of 1,319 items: a mini run'],
};
const nothing: Report = { scoreboards: [] };

describe('latexReport', () => {
  it('writes booktabs tables: best values bold, ties as well, intervals, marks, foreign text escaped', () => {
    expect(formats.latex.write(reportDocument(report))).toMatchInlineSnapshot(`
      "% perbench 0.1.0, run 20261124-163012-k3f9, Test CPU
      % Needs \\usepackage{booktabs,textcomp} and an engine that reads UTF-8.
      % 10 of 1,319 items: a mini run

      \\begin{table}
      \\centering
      \\caption{GSM8K \\ensuremath{\\cdot} gsm8k/per@1 \\ensuremath{\\cdot} serving protocol \\ensuremath{\\cdot} accuracy metric: exact\\_match \\ensuremath{\\cdot} PER-paper/1}
      \\label{tab:gsm8k-per-1-serving}
      \\begin{tabular}{rlrrrrr}
      \\toprule
      \\# & Model & PER & Accuracy & Throughput (items/s) & Latency (ms) & Memory (GiB) \\\\
      \\midrule
      $1$ & fast & $\\mathbf{0.998}$$^{!}$ & $\\mathbf{0.310} \\pm 0.020$ & $\\mathbf{8.00} \\pm 0.12$ & $\\mathbf{400} \\pm 10$$^{!}$ & $\\mathbf{0.2930} \\pm 0.0010$ \\\\
      $2$ & small & $0.537$ & $\\mathbf{0.310} \\pm 0.020$ & $4.32 \\pm 0.12$ & $812 \\pm 10$ & $\\mathbf{0.2930} \\pm 0.0010$ \\\\
      $3$ & large & $0.000$ & $0.250 \\pm 0.020$ & $1.00 \\pm 0.12$ & $900 \\pm 10$ & $1.1719 \\pm 0.0010$ \\\\
      -- & \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- & -- & $0.900$ &  &  & -- \\\\
      \\bottomrule
      \\end{tabular}
      \\par{\\footnotesize PER (set-relative) means little with 3 models}
      \\par{\\footnotesize \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- has no score: out of memory (PB\\_ENGINE)}
      \\par{\\footnotesize PER is 0 for the worst model in any factor: large (ACC, THR, LAT, MEM)}
      \\par{\\footnotesize $^{!}$ host\\_busy: fast latency (other processes took 9 \\% of the CPU)}
      \\par{\\footnotesize \\ensuremath{\\pm}: half-width of the 95 \\% confidence interval}
      \\end{table}
      "
    `);
  });

  it('writes several tasks as one table, models by tasks, its notes after it', () => {
    const others = [cell('small', 0.61, 4, 800, 300), cell('fast', 0.5, 8, 400, 300)].map((own) => ({
      ...own,
      taskId: 'imdb/per@1',
    }));
    const tasks = { 'gsm8k/per@1': { title: 'GSM8K' }, 'imdb/per@1': { title: 'IMDB_50%' } };
    const anchors = {
      version: 'test',
      summary: '',
      tasks: {
        'gsm8k/per@1': {
          trivialAccuracy: 0,
          throughput: 4,
          latency: 800,
          memory: 2 ** 28,
          throughputUnit: 'items/s',
          latencyUnit: 'ms',
        },
      },
    } as const;
    const scoreboards = createScoreboards([...cells, ...others], { tasks, anchors });
    const text = formats.latex.write(reportDocument({ ...report, scoreboards }));
    expect(text).toMatchInlineSnapshot(`
      "% perbench 0.1.0, run 20261124-163012-k3f9, Test CPU
      % Needs \\usepackage{booktabs,textcomp} and an engine that reads UTF-8.
      % Throughput, latency and memory of one task: the same with -t and the name of the task.
      % 10 of 1,319 items: a mini run

      \\begin{table}
      \\centering
      \\caption{Accuracy and PER-A of 4 models on 2 tasks. Bold: the best of a column, and every value that prints the same.}
      \\label{tab:results}
      \\begin{tabular}{lrr}
      \\toprule
      Model & GSM8K\\textsuperscript{d} & IMDB\\_50\\%\\textsuperscript{c,d} \\\\
       & $n = 3$ & $n = 3$ \\\\
      \\midrule
      \\multicolumn{3}{l}{\\emph{Accuracy}} \\\\
      fast & $\\mathbf{0.310} \\pm 0.020$ & $0.500 \\pm 0.020$ \\\\
      small & $\\mathbf{0.310} \\pm 0.020$ & $\\mathbf{0.610} \\pm 0.020$ \\\\
      large & $0.250 \\pm 0.020$ & -- \\\\
      \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- & $0.900$ & -- \\\\
      \\midrule
      \\multicolumn{3}{l}{\\emph{PER-A}} \\\\
      fast & $\\mathbf{0.502}$\\textsuperscript{a} & --\\textsuperscript{a} \\\\
      small & $0.438$ & -- \\\\
      large & $0.254$ & -- \\\\
      \\textbackslash{}input\\{/etc/passwd\\}\\_50\\%\\&\\symbol{34}x\\symbol{34} \\textasciicircum{}\\textasciitilde{}\\#\\$-{}- & --\\textsuperscript{b} & -- \\\\
      \\bottomrule
      \\end{tabular}
      \\par\\smallskip
      \\begin{minipage}{\\linewidth}\\footnotesize
      \\textsuperscript{a}~doubtful: The score depends on a number that is marked as doubtful.\\par
      \\textsuperscript{b}~failed: The cell did not finish, so it has no score and affects no other.\\par
      \\textsuperscript{c}~unit: Measured in a different unit than the others.\\par
      \\textsuperscript{d}~\\ensuremath{\\pm}: half-width of the 95 \\% confidence interval.\\par
      \\end{minipage}
      \\end{table}
      "
    `);
    expect(text.match(/begin\{table\}/gu)).toHaveLength(1);
    // What is referred to is there, and what is there is referred to.
    const [table = '', notes = ''] = text.split(String.raw`\end{tabular}`);
    const used = new Set(
      [...table.matchAll(/textsuperscript\{([a-z,]+)\}/gu)].flatMap(([, codes = '']) => codes.split(',')),
    );
    const given = [...notes.matchAll(/^\\textsuperscript\{([a-z]+)\}/gmu)].map(([, code = '']) => code);
    expect([...used].toSorted()).toEqual(given.toSorted());
  });

  it('leaves no foreign character that LaTeX would obey', () => {
    const escaped = escapeLatex(hostile);
    expect(escaped).toBe(
      String.raw`\textbackslash{}input\{/etc/passwd\}\_50\%\&\symbol{34}x\symbol{34} \textasciicircum{}\textasciitilde{}\#\$-{}-`,
    );
  });

  it('copes with nothing, and with one model', () => {
    expect(formats.latex.write(reportDocument(nothing))).not.toContain('tabular');
    const alone = formats.latex.write(reportDocument({ scoreboards: createScoreboards(cells.slice(0, 1)) }));
    expect(alone).toContain('small');
    expect(alone).not.toContain('mathbf');
  });
});

describe('openMetricsReport', () => {
  it('writes gauges in base units, with their intervals', () => {
    const one = { scoreboards: createScoreboards(cells.slice(0, 1)) };
    expect(formats.openmetrics.write(reportDocument(one))).toMatchInlineSnapshot(`
      "# TYPE perbench_accuracy_ratio gauge
      # UNIT perbench_accuracy_ratio ratio
      # HELP perbench_accuracy_ratio accuracy
      perbench_accuracy_ratio{model="small",task="gsm8k/per@1",protocol="serving"} 0.3104
      # TYPE perbench_accuracy_bound_ratio gauge
      # UNIT perbench_accuracy_bound_ratio ratio
      # HELP perbench_accuracy_bound_ratio accuracy, ends of its interval
      perbench_accuracy_bound_ratio{model="small",task="gsm8k/per@1",protocol="serving",bound="low"} 0.2904
      perbench_accuracy_bound_ratio{model="small",task="gsm8k/per@1",protocol="serving",bound="high"} 0.3304
      # TYPE perbench_throughput_items_per_second gauge
      # UNIT perbench_throughput_items_per_second items_per_second
      # HELP perbench_throughput_items_per_second throughput
      perbench_throughput_items_per_second{model="small",task="gsm8k/per@1",protocol="serving"} 4.321
      # TYPE perbench_throughput_bound_items_per_second gauge
      # UNIT perbench_throughput_bound_items_per_second items_per_second
      # HELP perbench_throughput_bound_items_per_second throughput, ends of its interval
      perbench_throughput_bound_items_per_second{model="small",task="gsm8k/per@1",protocol="serving",bound="low"} 4.1976
      perbench_throughput_bound_items_per_second{model="small",task="gsm8k/per@1",protocol="serving",bound="high"} 4.4444
      # TYPE perbench_latency_seconds gauge
      # UNIT perbench_latency_seconds seconds
      # HELP perbench_latency_seconds latency
      perbench_latency_seconds{model="small",task="gsm8k/per@1",protocol="serving"} 0.8123
      # TYPE perbench_latency_bound_seconds gauge
      # UNIT perbench_latency_bound_seconds seconds
      # HELP perbench_latency_bound_seconds latency, ends of its interval
      perbench_latency_bound_seconds{model="small",task="gsm8k/per@1",protocol="serving",bound="low"} 0.80243
      perbench_latency_bound_seconds{model="small",task="gsm8k/per@1",protocol="serving",bound="high"} 0.82217
      # TYPE perbench_memory_bytes gauge
      # UNIT perbench_memory_bytes bytes
      # HELP perbench_memory_bytes memory
      perbench_memory_bytes{model="small",task="gsm8k/per@1",protocol="serving"} 314573000
      # TYPE perbench_memory_bound_bytes gauge
      # UNIT perbench_memory_bound_bytes bytes
      # HELP perbench_memory_bound_bytes memory, ends of its interval
      perbench_memory_bound_bytes{model="small",task="gsm8k/per@1",protocol="serving",bound="low"} 313524000
      perbench_memory_bound_bytes{model="small",task="gsm8k/per@1",protocol="serving",bound="high"} 315621000
      # TYPE perbench_latency_p95_seconds gauge
      # UNIT perbench_latency_p95_seconds seconds
      # HELP perbench_latency_p95_seconds latency p95
      perbench_latency_p95_seconds{model="small",task="gsm8k/per@1",protocol="serving"} 1.6246
      # TYPE perbench_strict_ratio gauge
      # UNIT perbench_strict_ratio ratio
      # HELP perbench_strict_ratio strict
      perbench_strict_ratio{model="small",task="gsm8k/per@1",protocol="serving"} 0.3104
      # EOF
      "
    `);
  });

  it('keeps to the grammar, whatever models are called', () => {
    const lines = formats.openmetrics.write(reportDocument(report)).split('\n');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    const label = String.raw`[a-z]+="(?:[^"\\\n]|\\["\\n])*"`;
    const grammar = new RegExp(
      String.raw`^(?:# (?:TYPE|UNIT|HELP) perbench_\w+ .+|perbench_\w+\{${label}(?:,${label})*\} -?\d+(?:\.\d+)?(?:e[+-]?\d+)?|# EOF|)$`,
      'u',
    );
    expect(lines.filter((line) => !grammar.test(line))).toEqual([]);
    const families = lines.filter((line) => line.startsWith('# TYPE'));
    expect(new Set(families).size).toBe(families.length);
    expect(formats.openmetrics.write(reportDocument(nothing))).toBe('# EOF\n');
  });
});

describe('bencherReport', () => {
  it('writes a benchmark for each model and task, with bounds', () => {
    const benchmarks = JSON.parse(formats.bencher.write(reportDocument(report))) as Record<
      string,
      Record<string, object>
    >;
    expect(Object.keys(benchmarks)[0]).toMatch(/^gsm8k\/per@1 serving /);
    expect(benchmarks['gsm8k/per@1 serving small']).toMatchInlineSnapshot(`
      {
        "accuracy": {
          "lower_value": 0.2904,
          "upper_value": 0.3304,
          "value": 0.3104,
        },
        "latency-ms": {
          "lower_value": 802.43,
          "upper_value": 822.17,
          "value": 812.3,
        },
        "latency-p95-ms": {
          "value": 1624.6,
        },
        "memory-bytes": {
          "lower_value": 313524224,
          "upper_value": 315621376,
          "value": 314572800,
        },
        "per": {
          "value": 0.5370937592804358,
        },
        "strict": {
          "value": 0.3104,
        },
        "throughput-items-per-s": {
          "lower_value": 4.1975999999999996,
          "upper_value": 4.4444,
          "value": 4.321,
        },
      }
    `);
    expect(JSON.parse(formats.bencher.write(reportDocument(nothing)))).toEqual({});
  });

  it('fits the schema of the format', () => {
    const benchmarks = JSON.parse(formats.bencher.write(reportDocument(report))) as Record<
      string,
      Record<string, { value: unknown }>
    >;
    const values = Object.values(benchmarks).flatMap((measures) => Object.values(measures));
    expect(values.length).toBeGreaterThan(10);
    for (const measure of values) for (const value of Object.values(measure)) expect(value).toBeTypeOf('number');
    for (const name of Object.values(benchmarks).flatMap((measures) => Object.keys(measures)))
      expect(name).toMatch(/^[a-z][a-z0-9-]{0,63}$/);
  });
});

describe('Parquet', () => {
  it('has the columns of CSV, numbers as numbers, null for what is not known', async () => {
    const file = new Uint8Array(await formats.parquet.write(reportDocument(report))).buffer;
    const rows = await parquetReadObjects({ file });
    expect(rows.find(({ model }) => model === 'small')).toMatchObject({
      task: 'gsm8k/per@1',
      accuracy: 0.3104,
      memory_bytes: 300 * 2 ** 20,
      throughput_unit: 'items/s',
      error: null,
    });
    expect(rows.find(({ model }) => model === hostile)).toMatchObject({
      state: 'failed',
      throughput: null,
      error: 'PB_ENGINE: out of memory',
    });
    expect(parquetMetadata(file).key_value_metadata).toContainEqual({
      key: 'perbench_run',
      value: '20261124-163012-k3f9',
    });
  });

  it('is a table also where there are no rows', async () => {
    const file = new Uint8Array(await formats.parquet.write(reportDocument(nothing))).buffer;
    expect(Number(parquetMetadata(file).num_rows)).toBe(0);
  });
});

describe('results files', () => {
  it('fit their schema, and name it', () => {
    for (const written of [report, nothing]) {
      const parsed = reportSchema.safeParse(JSON.parse(formats.json.write(reportDocument(written))));
      expect(parsed.error).toBeUndefined();
      expect(parsed.data?.$schema).toMatch(/results\.schema\.json$/);
    }
  });

  it('are refused by it where a number is a text', () => {
    const text = formats.json.write(reportDocument(report)).replace('"value": 0.3104', '"value": "0.3104"');
    expect(reportSchema.safeParse(JSON.parse(text)).success).toBe(false);
  });
});

describe('formatOfFile', () => {
  it.each([
    ['a.csv', 'csv'],
    ['a.JSON', 'json'],
    ['a.bmf.json', 'bencher'],
    ['a.openmetrics.txt', 'openmetrics'],
    ['bmf.json', 'json'],
    ['csv', undefined],
    ['a.txt', undefined],
  ])('%s is %s', (name, expected) => {
    const found = formatOfFile(formats, name);
    expect(found).toBe(expected === undefined ? undefined : formats[expected as keyof typeof formats]);
  });

  it('knows no ending twice', () => {
    for (const family of [...Object.values(documentFormats), sampleFormats]) {
      const endings = Object.values(family).flatMap(({ extensions }) => [...extensions]);
      expect(new Set(endings).size).toBe(endings.length);
    }
  });
});
