import * as z from 'zod';
import { jsonInside } from '../../core/json-inside.ts';
import type { CellMeasurements } from '../../core/cell.ts';
import { ImportError } from '../../core/errors.ts';
import { isTaskId } from '../../core/task.ts';
import type { Measurement } from '../../core/measurement.ts';
import { fileHead, fileJson, firstJsonLine, foreignTaskId, jsonLines, parseForeign } from '../foreign-text.ts';
import type { ForeignFile, ImportedCell, ImportOptions, Imported } from '../format.ts';
import { publishedMeasurements, publishedRatio } from '../published.ts';
import { type Instance, instance, sampleOfInstance } from './instance.ts';

const interval = z.looseObject({
  lower: z.number(),
  upper: z.number(),
  confidence_level: z.number().optional(),
  method: z.string().optional(),
});
const result = z.looseObject({
  evaluation_name: z.string().min(1),
  evaluation_result_id: z.string().nullish(),
  metric_config: z.looseObject({
    metric_id: z.string().nullish(),
    metric_name: z.string().nullish(),
    metric_kind: z.string().nullish(),
    lower_is_better: z.boolean(),
    score_type: z.string().optional(),
    // Newer records write an open end as a text, and one that isn't known as null.
    min_score: z.union([z.number(), z.string()]).nullish(),
    max_score: z.union([z.number(), z.string()]).nullish(),
  }),
  score_details: z.looseObject({
    score: z.number(),
    details: z.record(z.string(), z.string()).optional(),
    uncertainty: z
      .looseObject({
        standard_error: z.looseObject({ value: z.number() }).optional(),
        confidence_interval: interval.optional(),
        num_samples: z.number().optional(),
      })
      .optional(),
  }),
});
type Result = z.output<typeof result>;
const aggregate = z.looseObject({
  schema_version: z.string(),
  evaluation_id: z.string(),
  retrieved_timestamp: z.string().optional(),
  evaluation_timestamp: z.string().optional(),
  model_info: z.looseObject({ name: z.string().min(1), id: z.string() }),
  eval_library: z.looseObject({ name: z.string(), version: z.string() }).optional(),
  evaluation_results: z.array(result).min(1),
});

function isInstances(file: ForeignFile): boolean {
  const line = file.name.endsWith('.jsonl') ? firstJsonLine(file) : undefined;
  return line !== undefined && 'evaluation_id' in line && 'interaction_type' in line;
}

export function acceptsEveryEvalEver(file: ForeignFile): boolean {
  if (isInstances(file)) return true;
  const head = file.name.endsWith('.json') ? fileHead(file) : '';
  return /^\s*\{/u.test(head) && ['"schema_version"', '"evaluation_id"'].every((word) => head.includes(word));
}

/** Ends of a metric; a proportion where a record doesn't say. */
function rangeOf({ metric_config: { min_score: low, max_score: high } }: Result): {
  readonly low: number;
  readonly high: number;
} {
  return { low: Number(low ?? 0), high: Number(high ?? 1) };
}

/** A score in the range that its metric states, as a share of it; undefined where no share can be made of it. */
function shareOf(value: number, read: Result): number | undefined {
  const { low, high } = rangeOf(read);
  if (read.metric_config.lower_is_better || !(high - low > 0) || !Number.isFinite(high - low)) return undefined;
  const share = (value - low) / (high - low);
  return share >= 0 && share <= 1 ? share : undefined;
}

/** Measurements of perbench's own export, which are texts in `details`. */
function ownMeasurements(details: Readonly<Record<string, string>> | undefined): CellMeasurements {
  const texts = Object.entries(details ?? {}).filter(([, text]) => text.startsWith('{'));
  const { extra, ...rest } = Object.fromEntries(texts.map(([name, text]) => [name, jsonInside(text)]));
  const others = typeof extra === 'object' && extra !== null ? publishedMeasurements({ ...extra }) : {};
  return { ...publishedMeasurements(rest), ...(Object.keys(others).length > 0 && { extra: others }) };
}

function accuracyOf({ read, share }: ReadShare, samples: number): Measurement {
  const { uncertainty } = read.score_details;
  const { low, high } = rangeOf(read);
  const given = uncertainty?.confidence_interval;
  const error = uncertainty?.standard_error?.value;
  return publishedRatio({
    value: share,
    items: uncertainty?.num_samples ?? (samples || undefined),
    isShare: read.metric_config.metric_kind === 'accuracy',
    standardError: error === undefined ? undefined : error / (high - low),
    interval: given && {
      low: (given.lower - low) / (high - low),
      high: (given.upper - low) / (high - low),
      level: given.confidence_level,
      method: given.method,
    },
  });
}

function measurementsOf(read: ReadShare, samples: number): CellMeasurements {
  return { ...ownMeasurements(read.read.score_details.details), accuracy: accuracyOf(read, samples) };
}

/** Metrics that say how large a share was right, the likeliest first. */
const usualMetrics = ['accuracy', 'acc', 'exact_match', 'exact', 'em', 'mean', 'acc_norm', 'pass@1', 'f1'];

function metricOf({ evaluation_result_id: id, metric_config: metric }: Result): string {
  return metric.metric_name ?? metric.metric_id ?? id ?? 'score';
}

function isNamed(read: Result, name: string): boolean {
  const { metric_name: shown, metric_id: id } = read.metric_config;
  return [shown, id, read.evaluation_result_id].includes(name);
}

interface ReadShare {
  readonly read: Result;
  readonly share: number;
}

/** Of several metrics of one evaluation, the one that is its accuracy; the only one where there is one. */
function headlineOf(shares: readonly ReadShare[], wanted: string | undefined, isOurs: boolean): ReadShare | undefined {
  if (wanted !== undefined) return shares.find(({ read }) => isNamed(read, wanted));
  // Our own export begins with it, whatever it is called.
  if (isOurs) return shares[0];
  const usual = usualMetrics.flatMap((name) => shares.filter(({ read }) => isNamed(read, name)));
  return usual[0] ?? shares[0];
}

type EvaluationRecord = z.output<typeof aggregate>;
type Rows = readonly Instance[];

function rowsOf(rows: Rows, { read }: ReadShare): Rows {
  const id = read.evaluation_result_id ?? undefined;
  // Rows of older records have no such id: they are of all metrics.
  return rows.filter((row) => (row.evaluation_result_id ?? undefined) === undefined || row.evaluation_result_id === id);
}

function cellOf(
  record: EvaluationRecord,
  name: string,
  results: readonly Result[],
  instances: Rows,
  { file, metric, notes }: { readonly file: string; readonly metric: string | undefined; readonly notes: string[] },
): ImportedCell | undefined {
  const shares = results.flatMap((read): ReadShare[] => {
    const share = shareOf(read.score_details.score, read);
    return share === undefined ? [] : [{ read, share }];
  });
  const headline = headlineOf(shares, metric, record.eval_library?.name === 'perbench');
  if (headline === undefined) {
    const there = results.map((read) => `${metricOf(read)} ${read.score_details.score}`).join(', ');
    notes.push(`${file}: ${name} has no ${metric ?? 'metric'} that is a share of correct answers (${there}); left out`);
    return undefined;
  }
  const rows = rowsOf(instances, headline);
  const samples = rows.map(sampleOfInstance);
  const measurements = measurementsOf(headline, samples.length);
  const others = shares.filter((share) => share !== headline);
  const extra = {
    ...Object.fromEntries(others.map((share) => [metricOf(share.read), accuracyOf(share, 0)])),
    // What an export of ours has whole is known better.
    ...measurements.extra,
  };
  return {
    model: record.model_info.name,
    taskId: isTaskId(name) ? name : foreignTaskId(name, 'eee@0'),
    items: headline.read.score_details.uncertainty?.num_samples ?? (samples.length || undefined),
    measurements: { ...measurements, ...(Object.keys(extra).length > 0 && { extra }) },
    samples,
    from: file,
  };
}

function instancesOf(files: readonly ForeignFile[]): ReadonlyMap<string, readonly Instance[]> {
  const rows = files.flatMap((file) =>
    Array.from(jsonLines(file), ({ line, value }) =>
      parseForeign(instance, value, { file: file.name, line }, 'a sample of Every Eval Ever'),
    ),
  );
  return Map.groupBy(rows, ({ evaluation_id: id, evaluation_name: name }) => JSON.stringify([id, name]));
}

/**
 * Records of Every Eval Ever: aggregates, with the samples whose `evaluation_id` is theirs.
 *
 * @throws {ImportError} if a file doesn't fit the schema, or there are samples without an aggregate
 */
export function readEveryEvalEver(files: readonly ForeignFile[], options: ImportOptions): Imported {
  const aggregates = files.filter((file) => !isInstances(file));
  const instances = instancesOf(files.filter(isInstances));
  const [firstFile] = files;
  if (aggregates.length === 0 && firstFile !== undefined) {
    throw new ImportError({ file: firstFile.name }, 'expected the aggregate record of these samples', {
      hint: 'Pass the .json file of the same evaluation as well, or the folder that holds both.',
    });
  }
  const notes: string[] = [];
  const cells: ImportedCell[] = [];
  let createdAtMs: number | undefined;
  let tool = 'Every Eval Ever';
  for (const file of aggregates) {
    const record = parseForeign(aggregate, fileJson(file), { file: file.name }, 'a record of Every Eval Ever');
    const library = record.eval_library;
    if (library !== undefined) tool = `${library.name} ${library.version}`;
    const time = record.evaluation_timestamp ?? record.retrieved_timestamp ?? '';
    const parsed = /^\d+(\.\d+)?$/u.test(time) ? Number(time) * 1000 : Date.parse(time);
    if (Number.isFinite(parsed)) createdAtMs = Math.round(parsed);
    const byName = Map.groupBy(record.evaluation_results, ({ evaluation_name: name }) => name);
    for (const [name, results] of byName) {
      const rows = instances.get(JSON.stringify([record.evaluation_id, name])) ?? [];
      const cell = cellOf(record, name, results, rows, { file: file.name, metric: options.metric, notes });
      if (cell !== undefined) cells.push(cell);
    }
  }
  return { tool, createdAtMs, cells, notes };
}
