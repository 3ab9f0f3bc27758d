import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { cells, hostile, smallReport as report } from '../../test/setup/small-report.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { documentFormats, formatOfFile } from './formats.ts';
import { type Report, reportSchema } from './report.ts';
import { reportDocument } from './report-document.ts';
import { sampleFormats } from './samples.ts';

const formats = documentFormats.report;

const nothing: Report = { scoreboards: [] };

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
      # TYPE perbench_per_a_ratio gauge
      # UNIT perbench_per_a_ratio ratio
      # HELP perbench_per_a_ratio performance-efficiency ratio against fixed anchors
      perbench_per_a_ratio{model="small",task="gsm8k/per@1",protocol="serving"} 0.443934
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
        "per-a": {
          "value": 0.4814092089448949,
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
