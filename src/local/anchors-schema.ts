import { createHash } from 'node:crypto';
import * as z from 'zod';
import { quantities } from '../core/quantities.ts';
import { anchorsOf, checkAnchors, type AnchorSet, type TaskAnchors } from '../stats/anchors.ts';

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
  accuracy: z.number().min(0).lt(1).describe('accuracy that scores 0: what needs no model'),
  throughput: amount.describe('throughput that scores 0.5'),
  throughputUnit: z.enum(['items/s', 'tokens/s']).default('items/s'),
  latency: quantity('a time above 0, such as 500 (ms) or 1.5s', quantities.time.parse).describe(
    'latency that scores 0.5',
  ),
  latencyUnit: z.enum(['ms', 'ms/item', 'ms/token']).default('ms'),
  memory: quantity('a size above 0, such as 2GiB', quantities.size.parse).describe('memory that scores 0.5'),
});

/** A file of anchors: perbench's own, a user's objectives, or anchors frozen into a project. */
export const anchorsFileSchema = z.strictObject({
  schema: z.literal(anchorsSchemaVersion).optional(),
  version: z.string().min(1).optional(),
  summary: z.string().optional(),
  tasks: z.record(z.string().min(1), taskSchema).refine((tasks) => Object.keys(tasks).length > 0, 'expected a task'),
  basis: z.unknown().optional().describe('what the anchors were taken from, for people'),
});

export type AnchorsFile = z.infer<typeof anchorsFileSchema>;
export type AnchorsFileTask = AnchorsFile['tasks'][string];

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
export function anchorSet(file: AnchorsFile, isOwn: boolean): AnchorSet {
  const tasks = Object.entries(file.tasks).map(([name, task]) => [name, taskAnchors(task, isOwn)] as const);
  return {
    version: isOwn ? (file.version ?? 'custom') : 'custom',
    summary: file.summary ?? '',
    tasks: Object.fromEntries(tasks),
  };
}

/** Two sets as one; where both know a task, the first counts. */
export function joinAnchors(first: AnchorSet, second: AnchorSet): AnchorSet {
  const added = Object.entries(second.tasks)
    .filter(([name]) => anchorsOf(first, name) === undefined)
    .map(([name, anchors]) => [name, { ...anchors, version: anchors.version ?? second.version }] as const);
  return { ...first, tasks: { ...first.tasks, ...Object.fromEntries(added) } };
}
