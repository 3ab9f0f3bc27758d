import type { Cell, PassResult } from '../../core/cell.ts';
import type { Measurement } from '../../core/measurement.ts';
import type { RaceEntrantFacts, RaceQuestion, RaceValues } from '../../core/race.ts';
import type { Task } from '../../core/task.ts';
import { servingMeasurements } from '../../metrics/serving-measurements.ts';
import type { Entrant } from '../../stats/race/entrant.ts';
import { shuffledOrder } from '../item-order.ts';
import type { PlannedTask } from '../plan.ts';
import type { RunState } from '../strategy.ts';

/** One model in the race of one task. */
export interface RaceLane {
  readonly facts: RaceEntrantFacts;
  readonly planned: PlannedTask;
  readonly cellId: string;
  /** The model's own order of the items, drawn before the first of them is asked: decided by seed, task and weights. */
  readonly order: readonly number[];
}

export function createLane(
  { plan }: RunState,
  planned: PlannedTask,
  facts: RaceEntrantFacts,
  cells: readonly Cell[],
): RaceLane {
  const weights = plan.models.find(({ spec }) => spec.name === facts.model)?.facts;
  const cell = cells.find(({ model }) => model === facts.model);
  if (weights === undefined || cell === undefined) throw new Error(`the run has no cell for ${facts.model}`);
  const identity = weights.fileSha256 ?? weights.source;
  const order = shuffledOrder(planned.order, plan.suite.seed, 'race', planned.task.id, identity);
  return { facts, planned, cellId: cell.id, order };
}

type Launch = { readonly values: RaceValues } | { readonly problem: string };

function valueOf(measurement: Measurement | undefined): number | undefined {
  return measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement.value;
}

/** What one launch measured; the first latency pass of it alone, since more of them are asked by the race itself. */
function readLaunch(task: Task, passes: readonly PassResult[], question: RaceQuestion): Launch | undefined {
  const timed = (['throughput', 'latency'] as const).map((name) => passes.find(({ pass }) => pass === name));
  const complete = timed.filter((pass) => pass !== undefined);
  if (complete.length < timed.length) return undefined;
  const measured = servingMeasurements(task, complete);
  const throughput = valueOf(measured.throughput);
  const latency = valueOf(measured.latency);
  const memory = valueOf(measured.memory);
  const needsMemory = question.goal === 'winner' || question.limits.maxMemory !== undefined;
  if (throughput === undefined) return { problem: 'its throughput could not be measured' };
  if (latency === undefined) return { problem: 'its latency could not be measured' };
  if (memory === undefined && needsMemory) return { problem: 'its memory could not be measured' };
  return { values: { throughput, latency, memory: memory ?? Number.NaN } };
}

function readLaunches(
  task: Task,
  passes: readonly PassResult[],
  question: RaceQuestion,
): Pick<Entrant, 'launches' | 'failure'> {
  const launches: RaceValues[] = [];
  for (let launch = 0; ; launch += 1) {
    const own = passes.filter((pass) => pass.launch === launch);
    const read = readLaunch(task, own, question);
    if (read === undefined) return { launches };
    if ('problem' in read) return { launches, failure: read.problem };
    launches.push(read.values);
  }
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

/** Scores in the model's own order, up to the first item without an answer. */
async function scoresInOrder({ store }: RunState, { cellId, order, planned }: RaceLane): Promise<readonly number[]> {
  const byItem = new Map<string, number>();
  for await (const { itemId, value } of store.scores(cellId)) byItem.set(itemId, value);
  const scores: number[] = [];
  for (const position of order) {
    const score = byItem.get(planned.task.itemId(planned.items[position]));
    if (score === undefined) break;
    scores.push(score);
  }
  return scores;
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
  const scores = await scoresInOrder(state, lane);
  return {
    ...facts,
    ...(isBad && { failure: now.error?.message ?? now.state }),
    ...(now?.state === 'done' && { isEnded: true }),
    ...readLaunches(planned.task, passes, question),
    scores,
    order: order.slice(0, scores.length),
    // Rounds beyond the items repeat them: only the first counts.
    latencies: singleRequests(passes).slice(0, planned.order.length),
    brokenItems: await countBroken(state, lane),
  };
}
