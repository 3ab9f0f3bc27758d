import * as z from 'zod';
import type { CellMeasurements } from '../../core/cell.ts';
import { ImportError } from '../../core/errors.ts';
import type { Measurement } from '../../core/measurement.ts';
import { namesText } from '../../core/row-places.ts';
import { shortText } from '../../core/short-text.ts';
import { fileJson, parseForeign } from '../foreign-text.ts';
import type { ForeignFile, ImportOptions } from '../format.ts';
import { publishedMeasurements, publishedRatio, wholeMeasurement } from '../published.ts';
import { isSharedTask, type LmEvalTask, ownTaskOfResult, tasksOfResult } from './task-names.ts';

const numberLike = z.union([z.number(), z.string()]).nullish();
const counts = z.looseObject({ original: z.number().nullish(), effective: z.number().nullish() });

const resultsFile = z.looseObject({
  results: z.record(z.string(), z.record(z.string(), z.unknown())),
  versions: z.record(z.string(), numberLike).default({}),
  'n-shot': z.record(z.string(), numberLike).default({}),
  'n-samples': z.record(z.string(), counts).default({}),
  config: z.looseObject({ model: z.string().nullish(), model_args: z.unknown().optional() }).nullish(),
  date: z.number().nullish(),
  lm_eval_version: z.string().nullish(),
  model_name: z.string().nullish(),
  task_hashes: z.record(z.string(), z.string()).nullish(),
  perbench: z
    .object({
      cells: z.array(
        z.looseObject({
          name: z.string(),
          taskId: z.string(),
          metric: z.string().optional(),
          measurements: z.record(z.string(), z.unknown()),
        }),
      ),
    })
    .optional()
    .catch(undefined),
});

/** One task under one filter, as a results file has it. */
export interface ResultOfTask {
  readonly task: LmEvalTask;
  readonly items: number | undefined;
  readonly measurements: CellMeasurements;
}

export interface ResultsFile {
  readonly name: string;
  readonly model: string;
  readonly tool: string;
  readonly createdAtMs: number | undefined;
  readonly results: readonly ResultOfTask[];
  readonly taskHashes: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

type Content = z.output<typeof resultsFile>;

/** `pretrained=…` of model arguments, which are a text or an object. */
function pretrainedOf(args: unknown): string | undefined {
  if (typeof args === 'string') return /(?:^|,)(?:pretrained|model)=([^,]+)/u.exec(args)?.[1];
  const read = z.looseObject({ pretrained: z.string().optional(), model: z.string().optional() }).safeParse(args);
  return read.success ? (read.data.pretrained ?? read.data.model) : undefined;
}

function modelOf({ model_name: name, config }: Content, file: string): string {
  const found = name ?? pretrainedOf(config?.model_args) ?? config?.model;
  if (found === undefined || found === null || found === '') {
    throw new ImportError({ file, key: 'model_name' }, 'expected the name of a model, here or in config.model_args');
  }
  return found;
}

function numberOf(value: unknown): number | undefined {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined;
}

/** Metrics that are right or wrong on each item. */
const shareMetrics = new Set(['acc', 'acc_norm', 'acc_bytes', 'acc_token', 'exact_match', 'exact', 'em']);

/** `acc,none` and its like; lm-eval before 0.4 had no filter. */
function metricKeys(result: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(result).filter(
    (key) => key.includes(',') && !/_stderr,[^,]*$/u.test(key) && numberOf(result[key]) !== undefined,
  );
}

/** For a message: those without a number, too, with what they have instead. */
function metricNames(result: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(result)
    .filter(([key]) => key.includes(',') && !/_stderr,[^,]*$/u.test(key))
    .map(([key, value]) => {
      if (numberOf(value) !== undefined) return key;
      // Python's NaN is read as null.
      return `${key}, which is no number (${value === null ? 'NaN or null' : shortText(JSON.stringify(value))})`;
    });
}

function ratioOf(
  result: Readonly<Record<string, unknown>>,
  { filter, isPercent }: LmEvalTask,
  metric: string,
  items: number | undefined,
): Measurement | undefined {
  const scale = isPercent ? 100 : 1;
  const value = (numberOf(result[`${metric},${filter}`]) ?? Number.NaN) / scale;
  if (!(value >= 0 && value <= 1)) return undefined;
  const error = numberOf(result[`${metric}_stderr,${filter}`]);
  return publishedRatio({
    value,
    items,
    isShare: shareMetrics.has(metric),
    standardError: error === undefined ? undefined : error / scale,
  });
}

function measurementsOf(
  result: Readonly<Record<string, unknown>>,
  task: LmEvalTask,
  items: number | undefined,
  own: Readonly<Record<string, unknown>> | undefined,
): CellMeasurements | undefined {
  const accuracy = ratioOf(result, task, task.metric, items);
  if (accuracy === undefined) return undefined;
  const others = metricKeys(result)
    .filter((key) => key.endsWith(`,${task.filter}`) && key !== `${task.metric},${task.filter}`)
    .map((key) => key.slice(0, key.lastIndexOf(',')));
  const ours = publishedMeasurements(own ?? {});
  const oursExtra = publishedMeasurements(extraOf(own));
  const extra = others.flatMap((metric) => {
    const read = ratioOf(result, task, metric, items);
    return read === undefined ? [] : [[metric, wholeMeasurement(read, oursExtra[metric])] as const];
  });
  return {
    ...ours,
    accuracy: wholeMeasurement(accuracy, ours['accuracy']),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

function extraOf(own: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  const extra = own?.['extra'];
  return typeof extra === 'object' && extra !== null ? { ...extra } : {};
}

function resultsOfTask(
  content: Content,
  name: string,
  result: Readonly<Record<string, unknown>>,
  options: ImportOptions,
): readonly ResultOfTask[] {
  const facts = { name, version: numberOf(content.versions[name]), shots: numberOf(content['n-shot'][name]) };
  const items = numberOf(content['n-samples'][name]?.effective) ?? numberOf(result['sample_len']);
  const ours = content.perbench?.cells.filter((cell) => cell.name === name) ?? [];
  const [first] = ours;
  const tasks =
    first === undefined || isSharedTask(name)
      ? tasksOfResult(facts, metricKeys(result), options.metric)
      : ownTaskOfResult(first.taskId, metricKeys(result), options.metric, first.metric);
  return tasks.flatMap((task) => {
    const own = ours.find(({ taskId }) => taskId === task.taskId)?.measurements;
    const measurements = measurementsOf(result, task, items, own);
    return measurements === undefined ? [] : [{ task, items, measurements }];
  });
}

/** @throws {ImportError} if the file isn't what lm-eval writes, or names a metric that no task has */
export function readResults(file: ForeignFile, options: ImportOptions): ResultsFile {
  const content = parseForeign(resultsFile, fileJson(file), { file: file.name }, 'results of lm-eval');
  const read = Object.entries(content.results).map(
    ([name, result]) => [name, resultsOfTask(content, name, result, options)] as const,
  );
  const results = read.flatMap(([, own]) => own);
  const missing = read.filter(([, own]) => own.length === 0).map(([name]) => name);
  if (results.length === 0) {
    const metrics = namesText([...new Set(Object.values(content.results).flatMap(metricNames))]) || 'none';
    throw new ImportError(
      { file: file.name, key: 'results' },
      `expected ${options.metric === undefined ? 'a metric' : `the metric ${options.metric}`} between 0 and 1; available: ${metrics}`,
      { hint: 'Choose a metric with --metric.' },
    );
  }
  const notes = missing.map(
    (name) => `${file.name}: ${name} has no metric between 0 and 1 that could be its accuracy; left out`,
  );
  const { date, lm_eval_version: version, task_hashes: hashes } = content;
  return {
    name: file.name,
    model: modelOf(content, file.name),
    tool: version?.startsWith('perbench') === true ? version : `lm-eval ${version ?? 'of unknown version'}`,
    createdAtMs: typeof date === 'number' && date > 0 ? Math.round(date * 1000) : undefined,
    results,
    taskHashes: hashes ?? {},
    notes,
  };
}
