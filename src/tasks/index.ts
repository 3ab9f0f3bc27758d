import { UnknownNameError, UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Task } from '../core/task.ts';

export interface TaskEntry {
  /** One line for lists: what is asked, and under which protocol. */
  readonly summary: string;
  /** Imported on first use. */
  readonly load: () => Promise<Task>;
}

const mini = async () => (await import('./mini.ts')).miniTasks;

/** Every task, by full id. Tasks with another number of examples have ids derived from these. */
export const tasks = {
  'imdb/per@2': {
    summary: '1,000 film reviews, positive or negative; zero-shot chat or 4-shot plain',
    load: async () => (await import('./imdb.ts')).imdbPer(),
  },
  'hellaswag/per@1': {
    summary: 'four endings by log-likelihood; accuracy metric acc',
    load: async () => (await import('./hellaswag.ts')).hellaswagPer(),
  },
  'arc_easy/letters@2': {
    summary: 'science questions with choices shown, answered by a letter',
    load: async () => (await import('./arc.ts')).arcLetters(),
  },
  'squad2/per@3': {
    summary: 'spans copied from a passage, or "unanswerable"; official metric',
    load: async () => (await import('./squad.ts')).squadPer(),
  },
  'gsm8k/per@2': {
    summary: 'word problems; zero-shot chat or 5-shot plain, exact number',
    load: async () => (await import('./gsm8k.ts')).gsm8kPer(),
  },
  'hellaswag/lmeval@1': {
    summary: 'as lm-eval hellaswag 1.0; accuracy metric acc_norm',
    load: async () => (await import('./hellaswag.ts')).hellaswagLmEval(),
  },
  'arc_easy/lmeval@1': {
    summary: 'as lm-eval arc_easy 1.0; choices by log-likelihood, accuracy metric acc',
    load: async () => (await import('./arc.ts')).arcLmEval(),
  },
  'squad2/lmeval@1': {
    summary: 'as lm-eval squadv2 3, without its log-likelihoods of "no answer"',
    load: async () => (await import('./squad.ts')).squadLmEval(),
  },
  'gsm8k/lmeval5-strict@1': {
    summary: 'as lm-eval gsm8k 3.0, 5-shot, strict-match',
    load: async () => (await import('./gsm8k.ts')).gsm8kLmEval('strict'),
  },
  'gsm8k/lmeval5-flexible@1': {
    summary: 'as lm-eval gsm8k 3.0, 5-shot, flexible-extract',
    load: async () => (await import('./gsm8k.ts')).gsm8kLmEval('flexible'),
  },
  'imdb/mini@2': { summary: '40 built-in reviews', load: async () => (await mini()).imdb() },
  'hellaswag/mini@1': { summary: '40 built-in descriptions', load: async () => (await mini()).hellaswag() },
  'arc_easy/mini@2': { summary: '40 built-in science questions', load: async () => (await mini()).arc_easy() },
  'squad2/mini@3': { summary: '40 built-in questions on passages', load: async () => (await mini()).squad2() },
  'gsm8k/mini@2': { summary: '40 built-in word problems', load: async () => (await mini()).gsm8k() },
} satisfies Record<string, TaskEntry>;

type TaskId = keyof typeof tasks;

/** What a short name means. */
export const defaultProtocols = {
  imdb: 'imdb/per@2',
  hellaswag: 'hellaswag/per@1',
  arc_easy: 'arc_easy/letters@2',
  squad2: 'squad2/per@3',
  gsm8k: 'gsm8k/per@2',
} satisfies Record<string, TaskId>;

/** Names that stand for several tasks. */
const taskGroups = {
  all: Object.values(defaultProtocols),
  mini: ['imdb/mini@2', 'hellaswag/mini@1', 'arc_easy/mini@2', 'squad2/mini@3', 'gsm8k/mini@2'],
} satisfies Record<string, readonly TaskId[]>;

const known: Readonly<Record<string, TaskEntry>> = tasks;
const shortNames: Readonly<Record<string, string>> = defaultProtocols;
const groups: Readonly<Record<string, readonly string[]>> = taskGroups;

/** Names that `loadTasks` takes, ids with another number of examples aside. */
export function taskNames(): readonly string[] {
  return [...Object.keys(groups), ...Object.keys(shortNames), ...Object.keys(known)];
}

/**
 * The tasks that a name stands for: `all`, `mini`, a short name with its default protocol (`gsm8k`, `gsm8k/per`), or a
 * full id, also one with another number of examples (`gsm8k/per-8shot@2`).
 *
 * @param shots - examples in each prompt; by default the protocol's own
 * @throws {UnknownNameError} with the known names
 * @throws {UsageError} if the number of examples can't be changed or is out of range
 */
export async function loadTasks(name: string, shots?: number): Promise<readonly Task[]> {
  const ids = (Object.hasOwn(groups, name) ? groups[name] : undefined) ?? [name];
  const loaded: Task[] = [];
  for (const id of ids) {
    const task = await loadTask(id);
    loaded.push(shots === undefined ? task : withShots(task, shots));
  }
  return loaded;
}

/**
 * One task, by full id or short name.
 *
 * @throws {UnknownNameError} with the known names
 */
export async function loadTask(name: string): Promise<Task> {
  const id = Object.hasOwn(shortNames, name) ? (shortNames[name] ?? name) : name;
  const entry = entryOf(id);
  if (entry !== undefined) return entry.load();
  const [, start, shots, end = ''] = /^(.+)-(\d{1,3})shot(@\d+)?$/u.exec(id) ?? [];
  const base = entryOf(`${start}${end}`);
  if (base !== undefined) return withShots(await base.load(), Number(shots));
  // A name without its version is understood, so it may be what was meant.
  const near = nearestName(name, [...taskNames(), ...Object.keys(known).map(withoutVersion)]);
  throw new UnknownNameError('task', name, taskNames(), near);
}

const withoutVersion = (id: string): string => id.replace(/@\d+$/u, '');

/** By full id, or by one without its version. */
function entryOf(id: string): TaskEntry | undefined {
  if (Object.hasOwn(known, id)) return known[id];
  return Object.entries(known).find(([full]) => withoutVersion(full) === id)?.[1];
}

/**
 * The same task with another number of examples in each prompt, under an id that says so.
 *
 * @param shots - 0 to 64
 * @throws {UsageError} if the number can't be changed or is out of range
 */
export function withShots(task: Task, shots: number): Task {
  if (!Number.isInteger(shots) || shots < 0 || shots > 64) {
    throw new UsageError(`the number of few-shot examples must be an integer from 0 to 64, got ${shots}`);
  }
  if (task.withShots === undefined) {
    throw new UsageError(`${task.id} has a fixed number of few-shot examples (${task.shots})`, {
      hint: 'Omit the number.',
    });
  }
  const own = task.shotsByStyle ?? { plain: task.shots, chat: task.shots };
  // The protocol's own number is the protocol itself, whichever way it was asked for.
  return own.plain === shots && own.chat === shots ? task : task.withShots(shots);
}
