import { EnvironmentError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { TaskAnchors } from '../scoring/anchors.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import type { Scoreboard, ScoreboardTask } from '../scoring/scoreboard.ts';
import { anchorsSchemaVersion, type AnchorsFile, type AnchorsFileTask, readAnchorsFile } from './anchors-file.ts';
import { scoreboardTasks } from './known-tasks.ts';
import { isOwnId } from './task-names.ts';
import { frozenAnchorsFile, hostClassOf, resolveAnchors } from './resolve-anchors.ts';

export interface FreezeAnchorsOptions {
  readonly projectDir: string;
  /** By default `.perbench/anchors.json` in the project. */
  readonly frozenFile?: string | undefined;
  /** Those with provisional anchors give theirs. */
  readonly boards: readonly Scoreboard[];
}

export interface FrozenAnchors {
  /** Absolute. */
  readonly file: string;
  /** Names of the tasks that got anchors. */
  readonly tasks: readonly string[];
  /** Names of those that didn't: too few models have numbers that are sound. */
  readonly refused: readonly string[];
}

/** One model alone would measure itself by itself. */
export const minFrozenModels = 2;

/**
 * Freezes the provisional anchors of a first run into the project: the geometric medians of what was measured, where at
 * least two models have numbers that nothing speaks against. They are named `custom` and never computed again.
 *
 * @throws {EnvironmentError} if the file can't be written
 * @throws {ConfigError} if there is one that isn't a file of anchors
 */
export async function freezeProjectAnchors(options: FreezeAnchorsOptions): Promise<FrozenAnchors> {
  const { projectDir, frozenFile: file = frozenAnchorsFile(projectDir), boards } = options;
  const before = await readAnchorsFile(file, file);
  const added = new Map<string, AnchorsFileTask[]>();
  const refused: string[] = [];
  for (const { taskId, anchors } of boards) {
    if (anchors?.provisionalFrom === undefined) continue;
    // Another prompt is another task, of which these numbers say nothing.
    const name = isOwnId(taskId) ? taskId : (taskId.split('@')[0] ?? taskId);
    const task = frozenTask(anchors);
    if (anchors.provisionalFrom < minFrozenModels || task === undefined) refused.push(name);
    else added.set(name, [...(added.get(name) ?? []), task]);
  }
  if (added.size > 0) {
    const tasks = Array.from(added, ([name, own]): [string, AnchorsFileTask[]] => [
      name,
      [...(before?.tasks[name] ?? []), ...own],
    ]);
    const content: AnchorsFile = {
      ...before,
      schema: anchorsSchemaVersion,
      summary: before?.summary ?? 'frozen from the first run of each task; a change makes earlier scores incomparable',
      tasks: { ...before?.tasks, ...Object.fromEntries(tasks) },
    };
    await writeAnchors(file, `${JSON.stringify(content, undefined, 2)}\n`);
  }
  return { file, tasks: [...added.keys()], refused };
}

/**
 * Freezes anchors from a run that has just ended, for tasks that have none in the project or for its hardware.
 *
 * @param projectDir absolute
 * @throws what `resolveAnchors` and `freezeProjectAnchors` throw
 */
export async function freezeRunAnchors(store: Store, run: RunRecord, projectDir: string): Promise<FrozenAnchors> {
  const { id, manifest } = run;
  const cells = await store.cells(id);
  const tasks = await scoreboardTasks(
    cells.map(({ taskId }) => taskId),
    [run],
  );
  const hostClass = hostClassOf(manifest);
  const anchors = await resolveAnchors({ projectDir, hostClass });
  const deviceMemoryBytes = hostClass === 'cpu' ? manifest.host.memoryBytes : undefined;
  const boards = createScoreboards(cells, { tasks: withoutNeeds(tasks), anchors, deviceMemoryBytes });
  const stated = createScoreboards(cells, { tasks, anchors, deviceMemoryBytes });
  // Where the user states all that a score needs, no anchors are missing.
  const open = boards.filter((_, index) => stated[index]?.anchors?.provisionalFrom !== undefined);
  return freezeProjectAnchors({ projectDir, boards: open });
}

/** What a user needs may change from file to file; what is frozen is what was measured. */
function withoutNeeds(tasks: Readonly<Record<string, ScoreboardTask>>): Readonly<Record<string, ScoreboardTask>> {
  const entries = Object.entries(tasks).map(([name, task]) => {
    const { needs: _, ...measured } = task;
    return [name, measured] as const;
  });
  return Object.fromEntries(entries);
}

/** Undefined where a file of anchors has no such unit. */
function frozenTask(anchors: TaskAnchors): AnchorsFileTask | undefined {
  const { trivialAccuracy: accuracy, throughput, throughputUnit, latency, latencyUnit, memory } = anchors;
  if (throughputUnit !== 'items/s' && throughputUnit !== 'tokens/s') return undefined;
  if (latencyUnit !== 'ms' && latencyUnit !== 'ms/item' && latencyUnit !== 'ms/token') return undefined;
  return { accuracy, throughput, throughputUnit, latency, latencyUnit, memory };
}

async function writeAnchors(file: string, content: string): Promise<void> {
  try {
    await replaceFile(file, content);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new EnvironmentError(`${file}: can't write anchors: ${systemErrorWords(error)}`, {
      cause: error,
      hint: 'Make the folder writable, or choose anchors with --anchors.',
    });
  }
}
