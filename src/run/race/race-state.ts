import { UsageError } from '../../core/errors.ts';
import type { RaceRecord, RaceTaskRecord, RaceVerdict } from '../../core/race.ts';
import type { Entrant } from '../../stats/race/entrant.ts';
import { errorBudget } from '../../stats/race/error-budget.ts';
import type { RaceSetup } from '../../stats/race/race-setup.ts';
import { equalWeights } from '../../stats/per-anchored.ts';
import type { OpenedRace, RaceWorld } from './open-race.ts';
import { createRaceEngine, type RaceEngine } from './race-engine.ts';
import type { RaceLane } from './race-lane.ts';
import { readEntrant } from './read-entrant.ts';

/** The race of one task while it goes on. What is known of the models is read from the store, never kept apart. */
export interface RaceState {
  readonly world: RaceWorld;
  readonly record: RaceTaskRecord;
  readonly setup: RaceSetup;
  readonly engine: RaceEngine;
  readonly lanes: ReadonlyMap<string, RaceLane>;
  /** By model, as of the last time it was read. */
  readonly entrants: Map<string, Entrant>;
  /** Verdicts that are stored. */
  readonly decided: Map<string, RaceVerdict>;
}

export function createRaceState(world: RaceWorld, race: RaceRecord, { record, lanes }: OpenedRace): RaceState {
  const { question, confidence } = race;
  return {
    world,
    record,
    setup: {
      question,
      confidence,
      budget: errorBudget(confidence, question.latency !== undefined),
      items: world.planned.order.length,
      anchors: record.score?.anchors,
      weights: equalWeights,
      extraLaunches: world.context.plan.suite.launches,
    },
    engine: createRaceEngine(world),
    lanes: new Map(lanes.map((lane) => [lane.facts.model, lane])),
    entrants: new Map(),
    decided: new Map(record.decisions.map((verdict) => [verdict.model, verdict])),
  };
}

export function laneOf({ lanes }: RaceState, model: string): RaceLane {
  const lane = lanes.get(model);
  if (lane === undefined) throw new Error(`${model} is not in this race`);
  return lane;
}

/** Reads what the store knows of a model now. */
export async function refresh(state: RaceState, model: string): Promise<Entrant> {
  const { world, setup } = state;
  const entrant = await readEntrant(world.context.dependencies.store, laneOf(state, model), setup.question);
  state.entrants.set(model, entrant);
  return entrant;
}

/** In the order in which they are tried. */
export function entrantsInOrder({ record, entrants }: RaceState): readonly Entrant[] {
  return record.entrants.map(({ model }) => entrants.get(model)).filter((entrant) => entrant !== undefined);
}

/** Says that a decision that was stored doesn't follow from the answers that are stored. */
export function changedAnswers(model: string): UsageError {
  return new UsageError(`the stored answers of ${model} no longer give the decision that was made about it`, {
    hint: 'They were changed since, such as by rescore: start a new race with --fresh.',
  });
}
