import { UsageError } from '../core/errors.ts';
import type { RaceQuestion, RaceRecord, RaceTaskRecord, StoredQuestion } from '../core/race.ts';
import type { Suite } from '../core/suite.ts';
import { hashJson } from '../run/content-key.ts';
import type { PlannedTask, RunPlan } from '../run/plan.ts';
import { anchoredVersion, type AnchorSet, anchorsOf, checkAnchors } from '../scoring/anchors.ts';
import { equalWeights } from '../scoring/per-anchored.ts';
import { parseRaceQuestion, storedQuestion } from '../scoring/race/question.ts';
import type { OwnTask } from './local-context.ts';
import { chooseTasks } from './prepare-tasks.ts';
import { raceEntrants } from './race-entrants.ts';

type TaskScore = NonNullable<RaceTaskRecord['score']>;

/**
 * The question that a suite asks, or undefined where it wants every cell in full. Costs nothing: ask before data and
 * models are fetched.
 *
 * @throws {UsageError} if it is none, or can't be decided under the suite's protocol
 */
export function raceQuestionOf({ decide, protocol }: Pick<Suite, 'decide' | 'protocol'>): RaceQuestion | undefined {
  if (decide === undefined) return undefined;
  if (protocol === 'paper') {
    throw new UsageError('--decide needs the serving protocol: the paper protocol takes its times from whole passes', {
      hint: 'Leave out --protocol paper, or --decide.',
    });
  }
  try {
    return parseRaceQuestion(decide);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--decide: ${error.message}`, { cause: error });
  }
}

/** @throws {UsageError} if the anchors have nothing for the task, or other units than a race measures */
function scoreOfTask(taskId: string, set: AnchorSet | undefined): TaskScore {
  const anchors = set && anchorsOf(set, taskId);
  const version = set && anchoredVersion(set, taskId);
  if (anchors === undefined || version === undefined) {
    throw new UsageError(`there are no anchors for ${taskId} on this hardware, and without them there is no winner`, {
      hint: 'State your own in perbench.anchors.yaml, name a file with --anchors, or ask for "cheapest with accuracy >= 0.7", which needs none.',
    });
  }
  if (anchors.throughputUnit !== 'items/s' || anchors.latencyUnit !== 'ms') {
    throw new UsageError(
      `the anchors ${version} for ${taskId} are in ${anchors.throughputUnit} and ${anchors.latencyUnit}; a race measures items/s and ms`,
      { hint: 'Name anchors of the serving protocol with --anchors.' },
    );
  }
  checkAnchors(anchors);
  const { trivialAccuracy, throughput, latency, memory } = anchors;
  return { version, anchors: { trivialAccuracy, throughput, latency, memory } };
}

/** sha256 of all that fixes what is asked; made before the first item, and part of the certificate. */
function questionSha256(
  question: StoredQuestion,
  confidence: number,
  { task, facts }: PlannedTask,
  score: TaskScore | undefined,
  seed: number,
): string {
  return hashJson({
    question,
    confidence,
    weights: equalWeights,
    score,
    seed,
    task: task.id,
    data: facts.dataSha256,
    items: [facts.itemIdsSha256, facts.evaluatedItems],
  });
}

/**
 * Checks what a race needs beside models and data, before those are fetched.
 *
 * @throws {UsageError} if the question is none, or `winner` has no anchors for a task
 */
export async function checkRace(
  suite: Suite,
  anchors: AnchorSet | undefined,
  ownTasks: readonly OwnTask[] = [],
): Promise<void> {
  // Also where the question is none: it must not come up after hours of fetching.
  if (raceQuestionOf(suite)?.goal !== 'winner') return;
  for (const { task } of await chooseTasks(suite, ownTasks)) scoreOfTask(task.id, anchors);
}

export interface RacePlanOptions {
  /** For `winner`. */
  readonly anchors?: AnchorSet | undefined;
  /** The race as an earlier start stored it: its anchors stay what they were. */
  readonly stored?: RaceRecord | undefined;
  /** Memory that a model can take. */
  readonly memoryLimitBytes?: number | undefined;
}

/**
 * The plan of a suite that asks a question, with the question in its manifest; other plans as they are.
 *
 * @throws {UsageError} if it can't be decided here
 */
export async function planRace(plan: RunPlan, options: RacePlanOptions = {}): Promise<RunPlan> {
  const { suite, models, tasks } = plan;
  const question = raceQuestionOf(suite);
  if (question === undefined) return plan;
  const { confidence, seed } = suite;
  const stored = storedQuestion(question);
  const entrants = await raceEntrants(models, suite, options.memoryLimitBytes);
  const records = tasks.map((planned): readonly [string, RaceTaskRecord] => {
    const { id } = planned.task;
    const before = options.stored?.tasks[id]?.score;
    const score = question.goal === 'winner' ? (before ?? scoreOfTask(id, options.anchors)) : undefined;
    const record = {
      questionSha256: questionSha256(stored, confidence, planned, score, seed),
      ...(score !== undefined && { score }),
      entrants,
      decisions: [],
    };
    return [id, record];
  });
  const race: RaceRecord = { question: stored, confidence, tasks: Object.fromEntries(records) };
  const hashes = records.map(([, record]) => record.questionSha256);
  return { ...plan, suiteKey: hashJson([plan.suiteKey, hashes]), manifest: { ...plan.manifest, race } };
}
