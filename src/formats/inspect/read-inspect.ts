import * as z from 'zod';
import type { Sample } from '../../core/sample.ts';
import { ownFields, fileHead, fileJson, foreignTaskId, parseForeign, parseForeignJson } from '../foreign-text.ts';
import type { CellMeasurements } from '../../core/cell.ts';
import { isTaskId } from '../../core/task.ts';
import { ImportError } from '../../core/errors.ts';
import type { ForeignFile, ImportedCell, ImportOptions, Imported } from '../format.ts';
import { publishedMeasurements, publishedRatio, wholeMeasurement } from '../published.ts';
import { isZip, readZipEntry, zipEntries } from '../zip.ts';

const usage = z.looseObject({
  input_tokens: z.number().nullish(),
  output_tokens: z.number().nullish(),
  input_tokens_cache_read: z.number().nullish(),
});

const logSample = z.looseObject({
  id: z.union([z.string(), z.number()]),
  epoch: z.number().default(1),
  input: z.unknown().optional(),
  target: z.union([z.string(), z.array(z.string())]).nullish(),
  output: z
    .looseObject({
      completion: z.string().nullish(),
      usage: usage.nullish(),
      choices: z.array(z.looseObject({ stop_reason: z.string().nullish() })).nullish(),
    })
    .nullish(),
  scores: z
    .record(
      z.string(),
      z.looseObject({ value: z.unknown().optional(), answer: z.string().nullish(), metadata: z.unknown().optional() }),
    )
    .nullish(),
  metadata: z.unknown().optional(),
  error: z.looseObject({ message: z.string() }).nullish(),
});
type LogSample = z.output<typeof logSample>;

/** Letters of Inspect: correct, incorrect, partial, no answer. */
const letters: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };

function scoreOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return letters[value];
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
}

/** What perbench's own export adds, so that its samples come back as they were. */
const ownScore = z.object(ownFields).omit({ position: true, isTruncated: true, times: true });
const ownSample = z.object(ownFields).pick({ position: true, times: true }).extend({ raw: z.string() });

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A sample of a log, or undefined where the scorer gave it no number. */
function sampleOfLog(sample: LogSample, scorer: string, position: number): Sample | undefined {
  const given = sample.scores?.[scorer];
  const score = scoreOf(given?.value);
  if (given === undefined || score === undefined) return undefined;
  const own = ownScore.safeParse(given.metadata).data;
  const whole = ownSample.safeParse(sample.metadata).data;
  const used = sample.output?.usage;
  const error = sample.error?.message;
  return {
    itemId: sample.epoch === 1 ? String(sample.id) : `${sample.id}#${sample.epoch}`,
    position: whole?.position ?? position,
    prompt: textOf(sample.input),
    promptSha256: own?.promptSha256 ?? '',
    output: sample.output?.completion ?? '',
    raw: whole?.raw ?? '',
    expected: Array.isArray(sample.target) ? sample.target.join('\n') : (sample.target ?? ''),
    answer: given.answer ?? undefined,
    score,
    metrics: own?.metrics ?? {},
    detail: own?.detail ?? {},
    isUnparsed: own?.isUnparsed ?? false,
    isTruncated: own?.cut === undefined && sample.output?.choices?.[0]?.stop_reason === 'max_tokens',
    cut: own?.cut,
    thoughts: own?.thoughts,
    thinkingTokens: own?.thinkingTokens,
    failure: own !== undefined ? own.failure : error === undefined ? undefined : { reason: 'engine', message: error },
    cluster: own?.cluster,
    promptTokens: used?.input_tokens ?? undefined,
    reusedTokens: used?.input_tokens_cache_read ?? 0,
    outputTokens: used?.output_tokens ?? undefined,
    times: whole?.times,
  };
}

const metric = z.looseObject({ value: z.number().nullable() });
const score = z.looseObject({
  name: z.string(),
  scorer: z.string().optional(),
  metrics: z.record(z.string(), metric).default({}),
});
const logHeader = z.looseObject({
  version: z.number().optional(),
  status: z.string().default('started'),
  eval: z.looseObject({
    task: z.string().min(1),
    task_version: z.union([z.number(), z.string()]).nullish(),
    model: z.string().min(1),
    created: z.string().nullish(),
    packages: z.record(z.string(), z.string()).nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  }),
  results: z
    .looseObject({
      total_samples: z.number().nullish(),
      completed_samples: z.number().nullish(),
      scores: z.array(score).default([]),
    })
    .nullish(),
});
type LogHeader = z.output<typeof logHeader>;

interface Log {
  readonly file: string;
  readonly header: LogHeader;
  readonly samples: readonly LogSample[];
}

function isJsonLog(file: ForeignFile): boolean {
  if (!file.name.endsWith('.json')) return false;
  return /^\s*\{\s*"version"\s*:\s*\d+\s*,\s*(?:"status"|"eval")\s*:/u.test(fileHead(file));
}

export function acceptsInspect(file: ForeignFile): boolean {
  return isZip(file) || file.name.endsWith('.eval') || isJsonLog(file);
}

function readArchive(file: ForeignFile): Log {
  const entries = zipEntries(file);
  const header = entries.find(({ name }) => name === 'header.json');
  if (header === undefined) {
    throw new ImportError(
      { file: file.name },
      'expected header.json in the archive: the evaluation did not finish, or this is not an Inspect log',
    );
  }
  const json = (entry: (typeof entries)[number]): unknown =>
    parseForeignJson(new TextDecoder().decode(readZipEntry(file, entry)), `${file.name}, ${entry.name}`);
  const readHeader = parseForeign(logHeader, json(header), { file: file.name }, 'a log of Inspect');
  const samples = entries
    .filter(({ name }) => name.startsWith('samples/') && name.endsWith('.json'))
    .map((entry) =>
      parseForeign(logSample, json(entry), { file: `${file.name}, ${entry.name}` }, 'a sample of Inspect'),
    );
  return { file: file.name, header: readHeader, samples };
}

const wholeLog = logHeader.extend({ samples: z.array(logSample).nullish() });

function readJsonLog(file: ForeignFile): Log {
  const { samples, ...header } = parseForeign(wholeLog, fileJson(file), { file: file.name }, 'a log of Inspect');
  return { file: file.name, header, samples: samples ?? [] };
}

/** `inspect_evals/gsm8k` at version 2 is `gsm8k/inspect@2`; ids of perbench stay as they are. */
function taskIdOf({ task, task_version: version }: LogHeader['eval']): string {
  if (isTaskId(task)) return task;
  return foreignTaskId(task.split('/').at(-1) ?? task, `inspect@${/^\d+/u.exec(String(version ?? 0))?.[0] ?? '0'}`);
}

function isOurs({ eval: { packages } }: LogHeader): boolean {
  return packages?.['perbench'] !== undefined;
}

interface Chosen {
  /** Key of the samples' scores. */
  readonly scorer: string;
  readonly metrics: Readonly<Record<string, { readonly value: number | null }>>;
  readonly headline: string;
}

/** Metrics that say how large a share was right, the likeliest first. */
const usualMetrics = ['accuracy', 'mean', 'exact', 'f1', 'pass_at_1'];

function isShareValue(value: number | null | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function chooseScore({ header, file }: Log, options: ImportOptions): Chosen {
  // Our own export begins with the headline, whatever it is called.
  const usual = isOurs(header) ? [] : usualMetrics;
  const wanted = options.metric === undefined ? usual : [options.metric];
  for (const { name, metrics } of header.results?.scores ?? []) {
    const headline =
      wanted.find((candidate) => isShareValue(metrics[candidate]?.value)) ??
      (options.metric === undefined
        ? Object.keys(metrics).find((key) => key !== 'stderr' && isShareValue(metrics[key]?.value))
        : undefined);
    if (headline !== undefined) return { scorer: name, metrics, headline };
  }
  const there = (header.results?.scores ?? []).flatMap(({ name, metrics }) =>
    Object.keys(metrics).map((key) => `${name}/${key}`),
  );
  throw new ImportError(
    { file, key: 'results.scores' },
    `expected ${options.metric === undefined ? 'a metric' : `the metric ${options.metric}`} between 0 and 1; available: ${there.join(', ') || 'none'}`,
    { hint: 'Choose a metric with --metric.' },
  );
}

const ownMetadata = z.looseObject({ measurements: z.record(z.string(), z.unknown()) });

function measurementsOf(log: Log, chosen: Chosen, samples: readonly Sample[]): CellMeasurements {
  const { headline, metrics } = chosen;
  const items = log.header.results?.completed_samples ?? log.header.results?.total_samples ?? undefined;
  const extra = Object.entries(metrics).flatMap(([name, { value }]) =>
    name === headline || name === 'stderr' || name === 'std' || !isShareValue(value)
      ? []
      : [[name === 'accuracy' && isOurs(log.header) ? 'acc' : name, publishedRatio({ value, items })] as const],
  );
  const isShare =
    samples.length > 0 &&
    samples.length === items &&
    samples.every((sample) => sample.score === 0 || sample.score === 1);
  const accuracy = publishedRatio({
    value: metrics[headline]?.value ?? 0,
    items,
    isShare,
    // Beside macro F1 it is that of the accuracy.
    standardError: headline === 'macro_f1' ? undefined : (metrics['stderr']?.value ?? undefined),
  });
  const own = ownMetadata.safeParse(log.header.eval.metadata);
  const performance: ReturnType<typeof publishedMeasurements> = own.success
    ? publishedMeasurements(own.data.measurements)
    : {};
  return {
    ...performance,
    accuracy: wholeMeasurement(accuracy, performance['accuracy']),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

function cellOf(log: Log, options: ImportOptions, notes: string[]): ImportedCell {
  const { file, header } = log;
  if (header.status !== 'success') {
    throw new ImportError(
      { file, key: 'status' },
      `expected "success", got "${header.status}": an evaluation that did not end has no accuracy`,
    );
  }
  const chosen = chooseScore(log, options);
  const read = log.samples.map((sample, position) => sampleOfLog(sample, chosen.scorer, position));
  const samples = read.filter((sample) => sample !== undefined);
  const unscored = read.length - samples.length;
  if (unscored > 0)
    notes.push(`${file}: ${unscored} of ${read.length} samples have no score by ${chosen.scorer} and were left out`);
  const measurements = measurementsOf(log, chosen, samples);
  const items = header.results?.completed_samples ?? undefined;
  return { model: header.eval.model, taskId: taskIdOf(header.eval), items, measurements, samples, from: file };
}

/**
 * Logs of Inspect: `.eval` archives and `.json`.
 *
 * @throws {ImportError} if a file is no whole log, or the evaluation didn't succeed
 */
export function readInspect(files: readonly ForeignFile[], options: ImportOptions): Imported {
  const logs = files.map((file) =>
    isZip(file) || file.name.endsWith('.eval') ? readArchive(file) : readJsonLog(file),
  );
  const notes: string[] = [];
  const cells = logs.map((log) => cellOf(log, options, notes));
  const { packages, created } = logs.at(-1)?.header.eval ?? {};
  const version = packages?.['inspect_ai'];
  const createdAtMs = Date.parse(created ?? '');
  return {
    tool:
      packages?.['perbench'] === undefined
        ? `Inspect ${version ?? 'of unknown version'}`
        : `perbench ${packages['perbench']}`,
    createdAtMs: Number.isFinite(createdAtMs) ? createdAtMs : undefined,
    cells,
    notes,
  };
}
