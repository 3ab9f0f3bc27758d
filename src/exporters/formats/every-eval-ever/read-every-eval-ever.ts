import * as z from 'zod';
import type { CellMeasurements } from '../../../core/cell.ts';
import { ImportError } from '../../../core/errors.ts';
import { fileHead, fileJson, firstJsonLine, jsonLines } from '../foreign-text.ts';
import type { ForeignFile, ImportedCell, ImportOptions, Imported } from '../format.ts';
import { parseForeign } from '../parse-foreign.ts';
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
  metric_config: z.looseObject({
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
  return (
    file.name.endsWith('.json') && /^\s*\{[^{[]*"schema_version"\s*:[^{[]*"evaluation_id"\s*:/u.test(fileHead(file))
  );
}

function taskIdOf(name: string): string {
  if (/^[a-z0-9_-]+\/[a-z0-9_-]+@\d+$/u.test(name)) return name;
  return `${name.toLowerCase().replaceAll(/[^a-z0-9_-]+/gu, '_')}/eee@0`;
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
  const parsed = Object.entries(details ?? {}).flatMap(([name, text]): [string, unknown][] => {
    if (!text.startsWith('{')) return [];
    try {
      return [[name, JSON.parse(text)]];
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
  const { extra, ...rest } = Object.fromEntries(parsed);
  const others = typeof extra === 'object' && extra !== null ? publishedMeasurements({ ...extra }) : {};
  return { ...publishedMeasurements(rest), ...(Object.keys(others).length > 0 && { extra: others }) };
}

function measurementsOf(read: Result, share: number, samples: number): CellMeasurements {
  const { uncertainty, details } = read.score_details;
  const { low, high } = rangeOf(read);
  const given = uncertainty?.confidence_interval;
  const error = uncertainty?.standard_error?.value;
  const accuracy = publishedRatio({
    value: share,
    items: uncertainty?.num_samples ?? (samples || undefined),
    standardError: error === undefined ? undefined : error / (high - low),
    ...(given !== undefined && {
      interval: {
        low: (given.lower - low) / (high - low),
        high: (given.upper - low) / (high - low),
        ...(given.confidence_level !== undefined && { level: given.confidence_level }),
        ...(given.method !== undefined && { method: given.method }),
      },
    }),
  });
  return { ...ownMeasurements(details), accuracy };
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
    throw new ImportError({ file: firstFile.name }, 'expected the aggregate of these samples beside them', {
      hint: 'Give the .json file of the same evaluation as well, or the folder of both.',
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
    const own = options.metric;
    for (const read of record.evaluation_results) {
      if (own !== undefined && read.evaluation_name !== own) continue;
      const share = shareOf(read.score_details.score, read);
      if (share === undefined) {
        notes.push(
          `${file.name}: ${read.evaluation_name} is no share of right answers (${read.score_details.score}); left out`,
        );
        continue;
      }
      const rows = instances.get(JSON.stringify([record.evaluation_id, read.evaluation_name])) ?? [];
      const samples = rows.map(sampleOfInstance);
      const measurements = measurementsOf(read, share, samples.length);
      const items = measurements.accuracy?.status === 'published' ? measurements.accuracy.n : undefined;
      cells.push({
        model: record.model_info.name,
        taskId: taskIdOf(read.evaluation_name),
        items,
        measurements,
        samples,
        from: file.name,
      });
    }
  }
  return { tool, createdAtMs, cells, notes };
}
