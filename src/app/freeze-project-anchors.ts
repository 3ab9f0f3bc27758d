import { EnvironmentError } from '../core/errors.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { replaceFile } from '../files/replace-file.ts';
import { anchorsOf, freezeAnchors, memoryBudget, type AnchorSet } from '../scoring/anchors.ts';
import { createScoreboards, isDoubtful } from '../scoring/create-scoreboards.ts';
import { factorNames, type Factors } from '../scoring/factor.ts';
import { valueOf, type Scoreboard, type ScoreboardRow } from '../scoring/scoreboard.ts';
import {
  anchorSet,
  anchorsSchemaVersion,
  type AnchorsFile,
  type AnchorsFileTask,
  readAnchorsFile,
} from './anchors-file.ts';
import { scoreboardTasks } from './known-tasks.ts';
import { frozenAnchorsFile, hostClassOf, resolveAnchors } from './resolve-anchors.ts';

export interface FreezeAnchorsOptions {
  readonly projectDir: string;
  /** By default `.perbench/anchors.json` in the project. */
  readonly frozenFile?: string | undefined;
  readonly boards: readonly Scoreboard[];
  /** Anchors that apply already; tasks that they know are left alone. */
  readonly known?: AnchorSet | undefined;
  /** Accuracy that needs no model, by task id; 0 where it isn't known. */
  readonly trivialAccuracy: (taskId: string) => number;
  /** Memory of the device that ran the models; undefined: the median of what the models took stands in. */
  readonly deviceMemoryBytes?: number | undefined;
}

export interface FrozenAnchors {
  /** Absolute. */
  readonly file: string;
  /** Names of the tasks that got anchors. */
  readonly tasks: readonly string[];
}

/**
 * Freezes anchors from a first run into the project, for tasks that have none: the geometric medians of what was
 * measured. They are named `custom` and never computed again.
 *
 * Numbers that are doubtful are left out: an anchor stays.
 *
 * @returns undefined where there was nothing to freeze
 * @throws {EnvironmentError} if the file can't be written
 * @throws {ConfigError} if there is one that isn't a file of anchors
 */
export async function freezeProjectAnchors(options: FreezeAnchorsOptions): Promise<FrozenAnchors | undefined> {
  const { projectDir, frozenFile: file = frozenAnchorsFile(projectDir), boards, known } = options;
  const before = await readAnchorsFile(file, file);
  const earlier = before && anchorSet(before, false);
  const added: Record<string, AnchorsFileTask> = {};
  for (const board of boards) {
    const [name = board.taskId] = board.taskId.split('@');
    const isKnown = [known, earlier].some((set) => set !== undefined && anchorsOf(set, board.taskId) !== undefined);
    const task = isKnown || Object.hasOwn(added, name) ? undefined : frozenTask(board, options);
    if (task !== undefined) added[name] = task;
  }
  if (Object.keys(added).length === 0) return undefined;
  const content: AnchorsFile = {
    ...before,
    schema: anchorsSchemaVersion,
    summary: before?.summary ?? 'frozen from the first run of each task; a change makes earlier scores incomparable',
    tasks: { ...before?.tasks, ...added },
  };
  await writeAnchors(file, `${JSON.stringify(content, undefined, 2)}\n`);
  return { file, tasks: Object.keys(added) };
}

/**
 * Freezes anchors from a run that has just ended, for tasks that have none in the project or for its hardware.
 *
 * @param projectDir absolute
 * @throws what `resolveAnchors` and `freezeProjectAnchors` throw
 */
export async function freezeRunAnchors(
  store: Store,
  { id, manifest }: RunRecord,
  projectDir: string,
): Promise<FrozenAnchors | undefined> {
  const cells = await store.cells(id);
  const tasks = await scoreboardTasks(cells.map(({ taskId }) => taskId));
  const hostClass = hostClassOf(manifest);
  const known = await resolveAnchors({ projectDir, hostClass });
  return freezeProjectAnchors({
    projectDir,
    boards: createScoreboards(cells, { tasks, anchors: known }),
    known,
    trivialAccuracy: (taskId) => tasks[taskId]?.trivialAccuracy ?? tasks[taskId]?.chance ?? 0,
    deviceMemoryBytes: hostClass === 'cpu' ? manifest.host.memoryBytes : undefined,
  });
}

function frozenTask(
  board: Scoreboard,
  { trivialAccuracy, deviceMemoryBytes }: FreezeAnchorsOptions,
): AnchorsFileTask | undefined {
  const { throughput: throughputUnit, latency: latencyUnit } = board.units;
  const rows = board.rows.map(soundValues).filter((values) => values !== undefined);
  if (rows.length === 0) return undefined;
  if (throughputUnit !== 'items/s' && throughputUnit !== 'tokens/s') return undefined;
  if (latencyUnit !== 'ms' && latencyUnit !== 'ms/item' && latencyUnit !== 'ms/token') return undefined;
  const budget = deviceMemoryBytes === undefined ? medianMemory(rows) : memoryBudget(deviceMemoryBytes);
  const frozen = freezeAnchors(rows, { trivialAccuracy: trivialAccuracy(board.taskId), memoryBudget: budget });
  const { throughput, latency, memory } = frozen;
  return { accuracy: frozen.trivialAccuracy, throughput, throughputUnit, latency, latencyUnit, memory };
}

/** The four numbers of a finished row that nothing speaks against. */
function soundValues({ state, measurements, flags }: ScoreboardRow): Factors | undefined {
  const [accuracy, throughput, latency, memory] = factorNames.map((factor) => valueOf(measurements[factor]));
  if (state !== 'done' || accuracy === undefined) return undefined;
  if (!isAbove0(throughput) || !isAbove0(latency) || !isAbove0(memory)) return undefined;
  const isBad =
    factorNames.some((factor) => isDoubtful(measurements[factor])) ||
    flags.some(({ code }) => code === 'unit' || code === 'invalid');
  return isBad ? undefined : { accuracy, throughput, latency, memory };
}

function isAbove0(value: number | undefined): value is number {
  return value !== undefined && value > 0;
}

function medianMemory(rows: readonly Factors[]): number {
  const sorted = rows.map(({ memory }) => memory).toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] as number;
}

async function writeAnchors(file: string, content: string): Promise<void> {
  try {
    await replaceFile(file, content);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new EnvironmentError(`${file}: can't write anchors: ${error.message}`, {
      cause: error,
      hint: 'Make the folder writable, or choose anchors with --anchors.',
    });
  }
}
