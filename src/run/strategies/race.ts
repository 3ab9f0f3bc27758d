import type { Cell } from '../../core/cell.ts';
import { EngineError, FencedError, UnsupportedError, UsageError } from '../../core/errors.ts';
import { type RaceTaskRecord, raceVersion, type RaceVerdict } from '../../core/race.ts';
import { equalWeights } from '../../scoring/per-anchored.ts';
import { createCertificate, verdictOf } from '../../scoring/race/certificate.ts';
import {
  type Entrant,
  errorBudget,
  judged,
  notRuledOut,
  type RaceSetup,
  type RaceStanding,
  type RaceStep,
  withVerdicts,
} from '../../scoring/race/race-setup.ts';
import { openCandidates, replayRace, stepGate } from '../../scoring/race/replay-race.ts';
import { latencyLimit, questionOf } from '../../core/race-question.ts';
import { usualSpread } from '../../scoring/race/launch-noise.ts';
import { trivialBound } from '../../scoring/usable.ts';
import type { PlannedTask } from '../plan.ts';
import { owedPasses } from '../protocol.ts';
import {
  type CellJob,
  type EndStep,
  endStep,
  isOpen,
  passOrder,
  type RunState,
  type Step,
  type WorkStep,
} from '../strategy.ts';
import {
  createLane,
  type RaceLane,
  readEntrant,
  movingRetried,
  noteTask,
  readRace,
  toldMeasurements,
} from './race-record.ts';

type Steps<Result = void> = AsyncGenerator<Step, Result, void>;

/** Items that a model answers at least, whatever its performance is: they count as items. */
const probeItems = 16;
const latencyBlock = 32;

/** The race of one task while it goes on. What is known of the models is read from the store, never kept apart. */
interface TaskRace {
  readonly state: RunState;
  readonly planned: PlannedTask;
  readonly record: RaceTaskRecord;
  readonly setup: RaceSetup;
  readonly lanes: ReadonlyMap<string, RaceLane>;
  /** By model, as of the last time it was read, in the order in which they are tried. */
  readonly entrants: Map<string, Entrant>;
  /** Verdicts that are stored. */
  readonly decided: Map<string, RaceVerdict>;
}

function laneOf({ lanes }: TaskRace, model: string): RaceLane {
  const lane = lanes.get(model);
  if (lane === undefined) throw new Error(`${model} is not in this race`);
  return lane;
}

/** The model's cell while it is open. */
function jobOf(race: TaskRace, model: string): CellJob | undefined {
  return race.state.jobs.get(laneOf(race, model).cellId);
}

async function refresh(race: TaskRace, model: string): Promise<Entrant> {
  const entrant = await readEntrant(race.state, laneOf(race, model), race.setup.question);
  race.entrants.set(model, entrant);
  return entrant;
}

/** In the order in which they are tried. */
function entrantsOf({ entrants, decided }: TaskRace): readonly Entrant[] {
  return withVerdicts([...entrants.values()], decided);
}

/** Says that a decision that was stored doesn't follow from the answers that are stored. */
function changedAnswers(model: string): UsageError {
  return new UsageError(`the stored answers of ${model} no longer lead to the stored decision about it`, {
    hint: 'They have changed since, for example by rescore: start a new race with --fresh.',
  });
}

/** An unfinished race of an earlier rule can't go on by this one: its answers were asked in another order. */
function olderRace(runId: string): UsageError {
  return new UsageError(`run ${runId} is a race of an earlier perbench, which this one can't continue`, {
    hint: 'Start it anew: run the same command with --fresh.',
  });
}

/**
 * Claims every cell of the run that is still open: one process alone runs its races, and nobody comes between two of them.
 * Cells are claimed in a fixed order, so of two processes the first to claim gets them all.
 *
 * @returns the cells as they were before; undefined where the run was told to stop
 */
async function* claimAll(state: RunState): Steps<readonly Cell[] | undefined> {
  while (!state.isStopped) {
    const cells = await state.store.cells(state.runId);
    const missing = (): readonly Cell[] => cells.filter((cell) => isOpen(cell) && !state.jobs.has(cell.id));
    for (const cell of missing()) {
      yield { type: 'claim', cells: [cell] };
      if (!state.jobs.has(cell.id)) break;
    }
    const held = missing().length;
    if (held === 0) return cells;
    yield { type: 'wait', cells: held };
  }
  return undefined;
}

/** @returns undefined where there is nothing to do: it is decided, or the run was told to stop */
async function* openRace(state: RunState, planned: PlannedTask): Steps<TaskRace | undefined> {
  const all = yield* claimAll(state);
  if (all === undefined) return undefined;
  const cells = all.filter(({ taskId }) => taskId === planned.task.id);
  const { version, question: asked, confidence, tasks, assumedSpread } = await readRace(state);
  const question = questionOf(asked);
  const stored = tasks[planned.task.id];
  if (stored === undefined) throw new Error(`run ${state.runId} has no race of ${planned.task.id}`);
  if (stored.certificate !== undefined && !cells.some(({ id }) => state.jobs.has(id))) return undefined;
  if (version !== raceVersion) throw olderRace(state.runId);
  const move = movingRetried(stored, cells);
  if (move !== undefined) yield noteTask(planned.task.id, move);
  const record = move?.(stored) ?? stored;
  const race: TaskRace = {
    state,
    planned,
    record,
    setup: {
      question,
      confidence,
      budget: errorBudget(confidence, latencyLimit(question.limits) !== undefined),
      items: planned.order.length,
      anchors: record.score?.anchors,
      weights: equalWeights,
      extraLaunches: state.plan.suite.launches,
      usefulAbove: trivialBound({ anchors: undefined, baselines: undefined, ...planned.task }).accuracy,
      spread: assumedSpread ?? usualSpread,
    },
    lanes: new Map(record.entrants.map((facts) => [facts.model, createLane(state, planned, facts, cells, question)])),
    entrants: new Map(),
    decided: new Map(record.decisions.map((verdict) => [verdict.model, verdict])),
  };
  for (const { model } of record.entrants) await refresh(race, model);
  return race;
}

/** Ends the cell of a model whose verdict is final; with the job's failure, or why the model can't be judged. */
function endOf(job: CellJob, verdict: RaceVerdict): EndStep {
  const end = endStep(job, job.failure, (measured) => toldMeasurements(measured, verdict));
  const isVoid = job.failure === undefined && verdict.status === 'failed';
  return isVoid ? { ...end, state: 'failed', error: new UnsupportedError(verdict.reason) } : end;
}

/**
 * Stores a final verdict, says so, and ends the model's cell. After a crash the same verdict comes out of the same answers.
 *
 * @throws {UsageError} if another one is stored: somebody changed the answers
 */
async function* settle(race: TaskRace, verdict: RaceVerdict): Steps {
  const { planned, decided } = race;
  const { model } = verdict;
  const before = decided.get(model);
  const job = jobOf(race, model);
  if (before !== undefined) {
    if (before.status !== verdict.status || before.n !== verdict.n) throw changedAnswers(model);
    if (job === undefined) return;
  }
  decided.set(model, verdict);
  const { cellId } = laneOf(race, model);
  // Before the cell ends: a crash in between leaves a decision that the next start confirms.
  yield noteTask(
    planned.task.id,
    (task) => ({ ...task, decisions: [...task.decisions.filter((other) => other.model !== model), verdict] }),
    { type: 'decision', cellId, verdict },
  );
  if (job !== undefined) yield endOf(job, verdict);
}

async function* certify(race: TaskRace, standing: RaceStanding): Steps {
  const { state, planned, record, setup } = race;
  const { suite } = state.plan;
  const { task, items } = planned;
  const { cluster } = task;
  const certificate = createCertificate(standing, entrantsOf(race), setup, {
    taskId: task.id,
    questionSha256: record.questionSha256,
    score: record.score?.version ?? null,
    seed: suite.seed,
    launchesOfFull: suite.launches,
    clusters: cluster && items.map((item) => cluster(item)),
  });
  for (const verdict of certificate.models) yield* settle(race, verdict);
  yield noteTask(
    task.id,
    (stored) => {
      const { open: _, ...rest } = stored;
      return { ...rest, certificate };
    },
    { type: 'certificate', certificate },
  );
}

/** What a race asks for next, as passes of a launch. */
async function workStep(race: TaskRace, step: Exclude<RaceStep, { readonly type: 'end' }>): Promise<WorkStep> {
  const { plan, store } = race.state;
  const { suite } = plan;
  const { order, cellId } = laneOf(race, step.model);
  const job = jobOf(race, step.model);
  const entrant = race.entrants.get(step.model);
  // Its cell has ended, so it was decided: it can't be asked for more.
  if (job === undefined || entrant === undefined) throw changedAnswers(step.model);
  const first = { job, launch: 0, launches: 1, isOpenEnded: true };
  switch (step.type) {
    case 'launch': {
      const { launch } = step;
      const owed = owedPasses(suite, launch, await store.passResults(cellId)).filter((pass) => pass !== 'accuracy');
      // Answers of the first launch are kept: measuring speed is not for nothing.
      const items = { order, least: Math.min(probeItems, order.length), isKept: launch === 0 };
      const passes = owed.map((pass) => (pass === 'throughput' ? { pass, items } : passOrder(pass, job, plan)));
      const launches = launch === 0 ? 1 : 1 + suite.launches;
      return { type: 'launch', job, launch, launches, isOpenEnded: true, passes };
    }
    case 'items': {
      const gate = stepGate(entrantsOf(race), step, race.setup);
      return { type: 'pass', ...first, passes: [{ pass: 'accuracy', order, gate }] };
    }
    case 'latencies': {
      // One more block of single requests, where the first ones don't decide about the limit on latency.
      const from = entrant.latencies.length;
      const requests = Math.min(latencyBlock, order.length - from);
      return { type: 'pass', ...first, passes: [{ pass: 'latency', from, requests }] };
    }
  }
}

/** An engine that broke ends its model's race; what was decided about others stays. */
async function* fail(race: TaskRace, job: CellJob, { error }: NonNullable<CellJob['failure']>): Steps {
  // Another process has the cell, and soon the race.
  if (error instanceof FencedError) throw error;
  const { model } = job.cell;
  const failure = error instanceof Error ? error.message : String(error);
  race.entrants.set(model, { ...(await refresh(race, model)), failure });
  const entrants = entrantsOf(race);
  const found = replayRace(entrants, race.setup).judgements.find(({ entrant }) => entrant.model === model);
  if (found?.status === 'failed') {
    yield* settle(race, verdictOf(found, [], race.setup));
  } else {
    // A finalist that broke in a later launch is still judged by what it has.
    const [entrant] = entrants.filter((each) => each.model === model);
    const soFar = entrant && judged(entrant, 'passed', notRuledOut, { n: entrant.scores.length });
    if (soFar !== undefined) yield endOf(job, verdictOf(soFar, [], race.setup));
  }
  await refresh(race, model);
}

/** Whether a step brought nothing: no answer, no time, no launch, and no reason why not. */
function isSameEvidence(before: Entrant | undefined, after: Entrant): boolean {
  const evidence = ({ scores, latencies, launches, brokenItems, failure, isEnded }: Entrant): unknown =>
    JSON.stringify([scores.length, latencies.length, launches.length, brokenItems, failure, isEnded]);
  return before !== undefined && evidence(before) === evidence(after);
}

function withoutAnswers({ cell }: CellJob): EngineError {
  return new EngineError(`${cell.model} on ${cell.taskId}: the engine ended a pass without a single new answer`, {
    hint: 'Check the engine or the log of its server, then run perbench resume.',
  });
}

/** Goes on from what is stored until the question is decided, or the run is told to stop. */
async function* raceTask(race: TaskRace): Steps {
  const { state, setup, entrants, planned } = race;
  while (!state.isStopped) {
    const standing = replayRace(entrantsOf(race), setup);
    if (standing.step.type === 'end') {
      yield* certify(race, standing);
      return;
    }
    for (const judgement of standing.judgements) {
      const { model } = judgement.entrant;
      // The cell of one that died ended before it was clear that it can't be judged.
      const isNew = jobOf(race, model) !== undefined || !race.decided.has(model);
      if (judgement.isFinal && isNew) yield* settle(race, verdictOf(judgement, [], setup));
    }
    const work = await workStep(race, standing.step);
    const { job } = work;
    const before = entrants.get(job.cell.model);
    yield work;
    const after = await refresh(race, job.cell.model);
    // The same facts would choose the same step again, for ever.
    if (!state.isStopped && isSameEvidence(before, after)) job.failure ??= { error: withoutAnswers(job) };
    if (job.failure !== undefined) yield* fail(race, job, job.failure);
  }
  const standing = replayRace(entrantsOf(race), setup);
  // Decided with the last answer: the next start has nothing to do but to certify it.
  if (standing.step.type === 'end') return;
  const open = openCandidates(standing, entrantsOf(race), setup);
  yield noteTask(planned.task.id, (task) => ({ ...task, open }));
}

/** Leaves the run to the process that has taken over a cell of a task. */
async function* leaveRace({ jobs }: RunState, { task }: PlannedTask, error: FencedError): Steps {
  const own = Array.from(jobs.values()).filter(({ planned }) => planned.task === task);
  for (const job of own) yield endStep(job, { error }, (measured) => measured);
  // It waits for these.
  for (const job of Array.from(jobs.values())) yield { type: 'give-back', job };
}

/** The race of each task of a run to its certificate, one after the other. */
export async function* raceRun(state: RunState): Steps {
  for (const planned of state.plan.tasks) {
    for (let isLost = true; isLost && !state.isStopped;) {
      isLost = false;
      const race = yield* openRace(state, planned);
      try {
        if (race !== undefined) yield* raceTask(race);
      } catch (error) {
        if (!(error instanceof FencedError)) throw error;
        isLost = true;
        yield* leaveRace(state, planned, error);
      }
    }
  }
}
