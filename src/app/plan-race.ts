import {
  type RaceEntrantFacts,
  type RaceQuestion,
  type RaceRecord,
  type RaceTaskRecord,
  raceVersion,
  type StoredQuestion,
} from '../core/race.ts';
import type { Suite } from '../core/suite.ts';
import { localOutlook, placedOptions } from './local-outlook.ts';
import type { PlannedModel, PlannedTask, RunPlan } from '../run/plan.ts';
import { plannedConcurrency } from '../run/protocol.ts';
import { sizeText } from '../core/amount-text.ts';
import { usualContextTokens } from '../gguf/model-needs.ts';
import { readModelOutline } from '../gguf/model-outline.ts';
import { raceOrder } from '../scoring/race/replay-race.ts';
import { UsageError } from '../core/errors.ts';
import { hashJson } from '../run/content-key.ts';
import { type AnchorSet, anchorsOf, checkAnchors, type TaskAnchors, versionOf } from '../scoring/anchors.ts';
import { anchorsWithNeeds } from '../scoring/need-anchors.ts';
import { limitsOfNeeds } from '../core/task-needs.ts';
import type { Task } from '../core/task.ts';
import { equalWeights } from '../scoring/per-anchored.ts';
import { parseRaceQuestion, storedQuestion, withBase } from '../core/race-question.ts';
import type { OwnTask } from './local-context.ts';
import { chooseTasks } from './prepare-tasks.ts';

/** Weights are read from the file as they are needed, so tables of which few rows are used may never be in memory. */
const minResidentShare = 0.5;

async function entrantFacts({ spec }: PlannedModel, suite: Suite, limitBytes: number): Promise<RaceEntrantFacts> {
  const { name, file } = spec;
  if (file === undefined) return { model: name };
  const use = { contextTokens: suite.contextTokens ?? usualContextTokens, sequences: plannedConcurrency(suite) };
  const outline = await readModelOutline(file);
  const { weightsBytes, work } = outline;
  const active = [...work.layers, ...work.output].reduce((sum, { activeBytes }) => sum + activeBytes, 0);
  const { placement, problem } = await localOutlook({ name, outline, options: placedOptions(spec), ...use });
  // On GPUs it counts per device, with what is on the host beside it: no share of the weights is sure to be in it.
  const known = { model: name, ...(active > 0 && { activeBytes: Math.round(active) }) };
  if (placement !== undefined || problem !== undefined) return known;
  const facts = { ...known, memoryFloor: weightsBytes * minResidentShare };
  if (weightsBytes <= limitBytes) return facts;
  const exclusion = `its weights take ${sizeText(weightsBytes)}, but only ${sizeText(limitBytes)} are free`;
  return { ...facts, exclusion };
}

/**
 * What is known of each model before it is launched, cheapest first; models without a file come last.
 *
 * @param base whom the others are compared with: it comes before all
 */
export async function raceEntrants(
  models: readonly PlannedModel[],
  suite: Suite,
  limitBytes: number,
  base?: string,
): Promise<readonly RaceEntrantFacts[]> {
  const facts: RaceEntrantFacts[] = [];
  for (const model of models) facts.push(await entrantFacts(model, suite, limitBytes));
  return raceOrder(facts, base);
}

type TaskScore = NonNullable<RaceTaskRecord['score']>;

/**
 * The question that a suite asks, or undefined where it wants every cell in full. Costs nothing: ask before data and
 * models are fetched.
 *
 * @param models names of its models, where they are known: then the question names the one that others are compared with
 * @throws {UsageError} if it can't be decided under the suite's protocol
 * @throws {UnknownNameError} if the others are to be compared with a model that the suite doesn't have
 */
export function raceQuestionOf(
  { decide, protocol }: Pick<Suite, 'decide' | 'protocol'>,
  models?: readonly string[],
): RaceQuestion | undefined {
  if (decide === undefined) return undefined;
  if (protocol === 'paper') {
    throw new UsageError('--decide needs the serving protocol: the paper protocol takes its times from whole passes', {
      hint: 'Leave out --protocol paper, or --decide.',
    });
  }
  const question = parseRaceQuestion(decide);
  return models === undefined ? question : withBase(question, models);
}

/** Whom the others are compared with, where `base` left that open. */
export function baseNotes({ manifest: { race } }: RunPlan, asked: RaceQuestion | undefined): readonly string[] {
  const base = race?.question.base;
  if (base === undefined || asked === undefined || asked.base === base) return [];
  return [`${asked.base} is ${base}, the first model: it answers every item, and the others are compared with it`];
}

const served = { throughput: 'items/s', latency: 'ms' } as const;

/** Tasks whose anchors of speed and memory stand in for those of a user's own, by how it is answered. */
function standInFor({ kind, category }: Task): string {
  if (kind === 'loglikelihood') return 'hellaswag/per@1';
  return category === 'classification' ? 'imdb/per@2' : 'squad2/per@3';
}

/** Anchors of the task, else for one of the user's own those of a task that is answered alike. */
function raceAnchors(task: Task, set: AnchorSet | undefined): TaskAnchors | undefined {
  const { own, chance, trivialAccuracy = chance } = task;
  const found = set && (anchorsOf(set, task.id, served) ?? anchorsOf(set, task.id));
  if (own === undefined) return found;
  const standIn = set && anchorsOf(set, standInFor(task), served);
  const like = standIn && {
    ...standIn,
    trivialAccuracy,
    version: `${standIn.version ?? set.version}/${standInFor(task)}`,
  };
  return anchorsWithNeeds(limitsOfNeeds(own.need), found ?? like, { version: set?.version, trivialAccuracy });
}

/** Whose anchors stand in for those of tasks that have none, one sentence each. */
export function standInNotes({ tasks, manifest }: RunPlan): readonly string[] {
  return tasks.flatMap(({ task }) => {
    const version = manifest.race?.tasks[task.id]?.score?.version;
    if (task.own === undefined || version?.includes(standInFor(task)) !== true) return [];
    const [like] = standInFor(task).split('@');
    return [
      `${task.title} has no anchors of its own: speed and memory are scored by those of ${like} on this hardware; \`need:\` in a task file states yours`,
    ];
  });
}

/** @throws {UsageError} if the anchors have nothing for the task, or other units than a race measures */
function scoreOfTask(task: Task, set: AnchorSet | undefined): TaskScore {
  const anchors = raceAnchors(task, set);
  if (anchors === undefined) {
    throw new UsageError(`no anchors for ${task.id} on this hardware: a winner is decided by PER-A, which needs them`, {
      hint: 'Write your own to perbench.anchors.yaml, pass a file with --anchors, or ask for "cheapest with accuracy >= 0.7", which needs none.',
    });
  }
  const version = versionOf(anchors, set);
  if (anchors.throughputUnit !== 'items/s' || anchors.latencyUnit !== 'ms') {
    throw new UsageError(
      `the anchors ${version} for ${task.id} are in ${anchors.throughputUnit} and ${anchors.latencyUnit}; a race measures items/s and ms`,
      { hint: 'Name anchors of the serving protocol with --anchors.' },
    );
  }
  checkAnchors(anchors);
  const { trivialAccuracy, throughput, latency, memory } = anchors;
  return { version, anchors: { trivialAccuracy, throughput, latency, memory } };
}

/** @throws {UsageError} for a metric that isn't a mean over items, of which a race takes a part at a time */
function checkRacedMetric({ id, own }: Task): void {
  if (own?.metric !== 'macro_f1') return;
  throw new UsageError(
    `${id} can't be raced: macro_f1 is no mean over items, so that some items tell nothing of the rest`,
    {
      hint: 'Use metric: accuracy in the task file, or leave out --decide.',
    },
  );
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
    version: raceVersion,
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

/** Where the scores of a race for `winner` come from. */
export interface RaceSource {
  readonly anchors?: AnchorSet | undefined;
  /** The race as an earlier start stored it: its anchors stay what they were. */
  readonly stored?: RaceRecord | undefined;
}

function taskScore({ goal }: RaceQuestion, task: Task, { anchors, stored }: RaceSource): TaskScore | undefined {
  if (goal !== 'winner') return undefined;
  return stored?.tasks[task.id]?.score ?? scoreOfTask(task, anchors);
}

/**
 * Checks what a race needs beside models and data, before those are fetched.
 *
 * @throws {UsageError} if the question is none, `winner` has no anchors for a task, or the stored race has another rule
 */
export async function checkRace(suite: Suite, from: RaceSource, ownTasks: readonly OwnTask[] = []): Promise<void> {
  const question = raceQuestionOf(suite);
  if (question === undefined) return;
  if (from.stored !== undefined && from.stored.version !== raceVersion) {
    throw new UsageError("the run is a race of an earlier perbench, which this one can't continue", {
      hint: 'perbench show prints how far it got; for a new one run the same command with --fresh.',
    });
  }
  for (const { task } of await chooseTasks(suite, ownTasks)) {
    checkRacedMetric(task);
    taskScore(question, task, from);
  }
}

/**
 * The plan of a suite that asks a question, with the question in its manifest; other plans as they are.
 *
 * @param limitBytes memory that models can take
 * @throws {UsageError} if it can't be decided here
 */
export async function planRace(plan: RunPlan, from: RaceSource, limitBytes: number): Promise<RunPlan> {
  const { suite, models, tasks } = plan;
  const names = models.map(({ spec }) => spec.name);
  const question = raceQuestionOf(suite, names);
  if (question === undefined) return plan;
  const { confidence, seed } = suite;
  const stored = storedQuestion(question);
  const entrants = await raceEntrants(models, suite, limitBytes, question.base);
  const records = tasks.map((planned): readonly [string, RaceTaskRecord] => {
    const { id } = planned.task;
    const score = taskScore(question, planned.task, from);
    const record = {
      questionSha256: questionSha256(stored, confidence, planned, score, seed),
      ...(score !== undefined && { score }),
      entrants,
      decisions: [],
    };
    return [id, record];
  });
  const race: RaceRecord = {
    version: raceVersion,
    question: stored,
    confidence,
    tasks: Object.fromEntries(records),
  };
  const hashes = records.map(([, record]) => record.questionSha256);
  return { ...plan, suiteKey: hashJson([plan.suiteKey, hashes]), manifest: { ...plan.manifest, race } };
}
