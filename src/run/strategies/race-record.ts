/** What a race stores of itself in the manifest of its run, and what its cells may tell. */
import type { Cell, PassResult, CellMeasurements } from '../../core/cell.ts';
import type { RaceEntrantFacts, RaceQuestion, RaceRecord, RaceTaskRecord, RaceVerdict } from '../../core/race.ts';
import { isDisturbed, type Launch, launchesIn, launchFigures } from '../../metrics/launches.ts';
import { type Entrant, isKept, type RaceLaunch } from '../../scoring/race/race-setup.ts';
import { storedScores } from '../accuracy-pass.ts';
import { shuffledOrder, type PlannedTask } from '../plan.ts';
import { type RunState, isOpen, type Step } from '../strategy.ts';
import type { RunEvent } from '../../core/event.ts';
import type { Measurement } from '../../core/measurement.ts';

export interface RaceLane {
  readonly facts: RaceEntrantFacts;
  readonly planned: PlannedTask;
  readonly cellId: string;
  /**
   * Order of the items, drawn before the first of them is asked: one for all models, decided by seed and task, where their
   * answers to the same items are compared; else the model's own, decided by its weights as well.
   */
  readonly order: readonly number[];
}

export function createLane(
  { plan }: RunState,
  planned: PlannedTask,
  facts: RaceEntrantFacts,
  cells: readonly Cell[],
  { goal, base }: RaceQuestion,
): RaceLane {
  const weights = plan.models.find(({ spec }) => spec.name === facts.model)?.facts;
  const cell = cells.find(({ model }) => model === facts.model);
  if (weights === undefined || cell === undefined) throw new Error(`the run has no cell for ${facts.model}`);
  const identity = weights.fileSha256 ?? weights.source;
  const own = goal === 'winner' || base !== undefined ? [] : [identity];
  const order = shuffledOrder(planned.order, plan.suite.seed, 'race', planned.task.id, ...own);
  return { facts, planned, cellId: cell.id, order };
}

/** Why a launch can't be compared with others, or what it measured. */
function readLaunch(launch: Launch, question: RaceQuestion): RaceLaunch | string {
  const { itemsPerSecond: throughput, latencyP50: latency, peakBytes: memory } = launchFigures('serving', launch);
  const needsMemory = question.goal === 'winner' || question.limits.maxMemory !== undefined;
  if (throughput === undefined) return 'throughput could not be measured';
  if (latency === undefined) return 'latency could not be measured';
  if (memory === undefined && needsMemory) return 'memory could not be measured';
  return { throughput, latency, memory: memory ?? Number.NaN, isDisturbed: isDisturbed(launch) };
}

/** The launches that are complete. */
function readLaunches(passes: readonly PassResult[], question: RaceQuestion): Pick<Entrant, 'launches' | 'failure'> {
  // The first latency pass of each alone: more of them are asked by the race itself.
  const isFirst = (own: PassResult, at: number): boolean =>
    passes.findIndex(({ pass, launch }) => pass === own.pass && launch === own.launch) === at;
  const timed = passes.filter((own, at) => own.pass !== 'accuracy' && isFirst(own, at));
  const launches: RaceLaunch[] = [];
  for (const launch of launchesIn(timed)) {
    if (launch.throughput === undefined || launch.latency === undefined) return { launches };
    const read = readLaunch(launch, question);
    if (typeof read === 'string') return { launches, failure: read };
    launches.push(read);
  }
  return { launches };
}

/** Times of single requests in the order in which they were asked; one that failed was never in time. */
function singleRequests(passes: readonly PassResult[]): readonly number[] {
  return passes
    .filter(({ pass, launch }) => pass === 'latency' && launch === 0)
    .flatMap(({ latencies, failedRequests }) => [
      ...(latencies?.endToEndMs ?? []),
      ...Array.from({ length: failedRequests }, () => Infinity),
    ]);
}

async function countBroken({ store }: RunState, { cellId }: RaceLane): Promise<number> {
  let broken = 0;
  for await (const { failure } of store.samples(cellId, { only: 'failed' })) {
    // A prompt that doesn't fit, or a template that throws, is the model's own doing.
    if (failure?.reason === 'engine') broken += 1;
  }
  return broken;
}

/** All that the store knows of a model in a race. */
export async function readEntrant(state: RunState, lane: RaceLane, question: RaceQuestion): Promise<Entrant> {
  const { planned, facts, cellId, order } = lane;
  const now = (await state.store.cells(state.runId)).find(({ id }) => id === cellId);
  const passes = await state.store.passResults(cellId);
  const isBad = now?.state === 'failed' || now?.state === 'unavailable';
  const known = await storedScores(state.store, cellId, planned);
  // Up to the first item without an answer.
  const missing = order.findIndex((position) => !known.has(position));
  const answered = missing === -1 ? order : order.slice(0, missing);
  return {
    ...facts,
    ...(isBad && { failure: now.error?.message ?? now.state }),
    ...(now?.state === 'done' && { isEnded: true }),
    ...readLaunches(passes, question),
    scores: answered.map((position) => known.get(position) ?? 0),
    order: answered,
    // Rounds beyond the items repeat them: only the first counts.
    latencies: singleRequests(passes).slice(0, planned.order.length),
    panelRequests: Math.min(state.plan.suite.latencyRequests, planned.order.length),
    brokenItems: await countBroken(state, lane),
  };
}

export async function readRace({ store, runId }: RunState): Promise<RaceRecord> {
  const race = (await store.getRun(runId))?.manifest.race;
  if (race === undefined) throw new Error(`run ${runId} is no race`);
  return race;
}

export function noteTask(taskId: string, change: (task: RaceTaskRecord) => RaceTaskRecord, event?: RunEvent): Step {
  return {
    type: 'note',
    event,
    change: (manifest) => {
      const { race } = manifest;
      const task = race?.tasks[taskId];
      if (race === undefined || task === undefined) return manifest;
      return { ...manifest, race: { ...race, tasks: { ...race.tasks, [taskId]: change(task) } } };
    },
  };
}

/**
 * A model that failed and is tried again comes last, like one that was added later: whoever is out stays out, and those
 * that were left have to be compared with it.
 *
 * @returns undefined where there is none
 */
export function movingRetried(
  { decisions }: RaceTaskRecord,
  cells: readonly Cell[],
): ((stored: RaceTaskRecord) => RaceTaskRecord) | undefined {
  const open = new Set(cells.filter(isOpen).map(({ model }) => model));
  const retried = new Set(decisions.map(({ model }) => model).filter((model) => open.has(model)));
  if (retried.size === 0) return undefined;
  const isRetried = ({ model }: { readonly model: string }): boolean => retried.has(model);
  return (stored) => {
    const { certificate: _, open: __, ...rest } = stored;
    return {
      ...rest,
      entrants: [
        ...stored.entrants.filter((entrant) => !isRetried(entrant)),
        ...stored.entrants.filter(isRetried).map((entrant) => ({ ...entrant, isRetried: true })),
      ],
      decisions: stored.decisions.filter((decision) => !isRetried(decision) && isKept(decision)),
    };
  };
}

function stopped({ status, reason, accuracy, n }: RaceVerdict): Measurement {
  if (status === 'skipped') return { status: 'unavailable', reason: 'not_launched', detail: reason };
  const range =
    accuracy?.kind === 'interval' ? `; between ${accuracy.low.toFixed(3)} and ${accuracy.high.toFixed(3)}` : '';
  return { status: 'unavailable', reason: 'stopped_early', detail: `${status} after ${n} items: ${reason}${range}` };
}

/** What a cell of a race measured: an accuracy only where every item was answered, since a stopped mean is biased. */
export function toldMeasurements(measured: CellMeasurements, verdict: RaceVerdict): CellMeasurements {
  if (verdict.accuracy?.kind === 'exact') return measured;
  const { extra: _, thinkingTokens: _tokens, budgetCut: _cut, contentFiltered: _filtered, ...kept } = measured;
  const { energyPerCorrect, ...rest } = kept;
  const accuracy = stopped(verdict);
  // The mean could be computed back from it.
  const derived = energyPerCorrect === undefined ? {} : { energyPerCorrect: accuracy };
  if (verdict.status !== 'skipped') return { ...rest, accuracy, ...derived };
  return { accuracy, throughput: accuracy, latency: accuracy, memory: accuracy };
}
