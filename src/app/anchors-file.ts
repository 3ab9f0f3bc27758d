import { createHash } from 'node:crypto';
import * as z from 'zod';
import { quantities } from '../core/quantities.ts';
import { anchorsOf, checkAnchors, type AnchorSet, type TaskAnchors } from '../scoring/anchors.ts';
import { shortText } from '../core/short-text.ts';
import { valueAt } from './check-document.ts';
import { parseWritten } from './written-document.ts';
import { ConfigError } from '../core/errors.ts';
import { issueText } from '../core/schema-issue.ts';
import { settingsText } from './settings-text.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { readBytes } from '../files/read-file.ts';

/** Raised when an older perbench would misread a newer file. */
export const anchorsSchemaVersion = 'perbench-anchors/1';

const amount = z.number().positive();

function quantity(expected: string, parse: (text: string) => number | undefined) {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const parsed = typeof value === 'number' ? value : parse(value);
    if (parsed !== undefined && Number.isFinite(parsed) && parsed > 0) return parsed;
    context.addIssue({ code: 'custom', message: `expected ${expected}, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });
}

const taskSchema = z.strictObject({
  accuracy: z.number().min(0).lt(1).describe('accuracy that scores 0: reached without a model'),
  throughput: amount.describe('throughput that scores 0.5'),
  throughputUnit: z.enum(['items/s', 'tokens/s']).default('items/s'),
  latency: quantity('a time above 0, such as 500 (ms) or 1.5s', quantities.time.parse).describe(
    'latency that scores 0.5',
  ),
  latencyUnit: z.enum(['ms', 'ms/item', 'ms/token']).default('ms'),
  memory: quantity('a size above 0, such as 2GiB', quantities.size.parse).describe('memory that scores 0.5'),
});

export type AnchorsFileTask = z.infer<typeof taskSchema>;

/** Anchors of a task, or a list in different units: one for each protocol. */
const taskOrList = z.preprocess(
  (value) => (Array.isArray(value) ? (value as unknown[]) : [value]),
  z.array(taskSchema).min(1),
);

/** A file of anchors: perbench's own, a user's objectives, or anchors frozen into a project. */
export const anchorsFileSchema = z.strictObject({
  schema: z.literal(anchorsSchemaVersion).optional(),
  version: z.string().min(1).optional(),
  summary: z.string().optional(),
  tasks: z.record(z.string().min(1), taskOrList).refine((tasks) => Object.keys(tasks).length > 0, 'expected a task'),
  basis: z.unknown().optional().describe('what the anchors were taken from, for people'),
});

export type AnchorsFile = z.infer<typeof anchorsFileSchema>;

/** `custom-` and a hash of the numbers: other anchors never carry the same name. */
function customVersion({
  accuracy,
  throughput,
  throughputUnit,
  latency,
  latencyUnit,
  memory,
}: AnchorsFileTask): string {
  const numbers = JSON.stringify([accuracy, throughput, throughputUnit, latency, latencyUnit, memory]);
  return `custom-${createHash('sha256').update(numbers).digest('hex').slice(0, 8)}`;
}

function taskAnchors(task: AnchorsFileTask, isOwn: boolean): TaskAnchors {
  const { accuracy, throughput, throughputUnit, latency, latencyUnit, memory } = task;
  const anchors = { trivialAccuracy: accuracy, throughput, throughputUnit, latency, latencyUnit, memory };
  checkAnchors(anchors);
  return isOwn ? anchors : { ...anchors, version: customVersion(task) };
}

/**
 * What a file says, as anchors.
 *
 * @param isOwn it comes with perbench and carries its own version; any other is `custom`
 */
function anchorSet(file: AnchorsFile, isOwn: boolean): AnchorSet {
  const tasks = Object.entries(file.tasks).map(
    ([name, own]) => [name, own.map((task) => taskAnchors(task, isOwn))] as const,
  );
  return {
    version: isOwn ? (file.version ?? 'custom') : 'custom',
    summary: file.summary ?? '',
    tasks: Object.fromEntries(tasks),
  };
}

/** Two sets as one; where both know a task in the same units, the first counts. */
export function joinAnchors(first: AnchorSet, second: AnchorSet): AnchorSet {
  const named = (anchors: TaskAnchors): TaskAnchors => ({ ...anchors, version: anchors.version ?? second.version });
  const isNew = (name: string, { throughputUnit: throughput, latencyUnit: latency }: TaskAnchors): boolean =>
    anchorsOf(first, name, { throughput, latency }) === undefined;
  const tasks = Object.entries(second.tasks).map(([name, own]) => {
    const added = [own].flat().filter((anchors) => isNew(name, anchors));
    return [name, [...[first.tasks[name] ?? []].flat(), ...added.map(named)]] as const;
  });
  return { ...first, tasks: { ...first.tasks, ...Object.fromEntries(tasks.filter(([, own]) => own.length > 0)) } };
}

const hint = 'See docs/scores.md for the format of anchor files.';

/**
 * Reads a file of anchors, YAML or JSON.
 *
 * @param name of the file in messages
 * @returns undefined where there is no such file
 * @throws {ConfigError} naming file, line and key, if it can't be read or says what it can't
 */
export async function readAnchorsFile(path: string, name: string): Promise<AnchorsFile | undefined> {
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = await readBytes(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT') return undefined;
    throw new ConfigError({ file: name }, `can't be read: ${systemErrorWords(error)}`, { cause: error, hint });
  }
  return parseAnchors(settingsText(bytes, name), name);
}

/** Anchors of a user's file; see {@link readAnchorsFile}. */
export async function readAnchors(path: string, name: string, isOwn = false): Promise<AnchorSet | undefined> {
  const file = await readAnchorsFile(path, name);
  return file && anchorSet(file, isOwn);
}

function parseAnchors(text: string, file: string): AnchorsFile {
  const document = parseWritten(text, file, 'yaml');
  const parsed = anchorsFileSchema.safeParse(document.value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  // A misspelled key is one that is missing, too; the spelling is what helps.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw parsed.error;
  const path = issuePath(issue).filter(
    (part, at) => !(at === 2 && typeof part === 'number' && !isList(document.value, issue)),
  );
  const key = path.join('.');
  throw new ConfigError(
    { file, ...document.positionOfKey(path), key },
    `${key === '' ? '' : `\`${shortText(key)}\`: `}${messageOf(issue)}`,
    { cause: parsed.error, hint },
  );
}

/** Whether the task has a list in the file, rather than one entry that stands for one. */
function isList(value: unknown, { path: [tasks, name] }: z.core.$ZodIssue): boolean {
  return tasks === 'tasks' && Array.isArray(valueAt(value, [tasks, String(name)]));
}

function issuePath(issue: z.core.$ZodIssue): readonly (string | number)[] {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return [...issue.path.map((part) => (typeof part === 'number' ? part : String(part))), ...unknown];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'unknown key';
  return issueText(issue);
}
