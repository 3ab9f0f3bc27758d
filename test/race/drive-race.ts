import type { RaceVerdict } from '../../src/core/race.ts';
import { verdictOf } from '../../src/scoring/race/certificate.ts';
import {
  type Entrant,
  type Judgement,
  type RaceLaunch,
  type RaceSetup,
  type RaceStanding,
  withVerdicts,
} from '../../src/scoring/race/race-setup.ts';
import { raceOrder, replayRace, stepGate } from '../../src/scoring/race/replay-race.ts';

/** A model whose answers are all known beforehand, though not to the race. */
export interface SimulatedModel extends Pick<
  Entrant,
  'model' | 'activeBytes' | 'knownCost' | 'memoryFloor' | 'exclusion'
> {
  /** In the model's own order. */
  readonly scores: readonly number[];
  readonly latencies?: readonly number[];
  readonly launch: (launch: number) => RaceLaunch;
  /** Dies when it is asked for work the so many-th time, from 0. */
  readonly diesAt?: number;
  /** From this item on the engine answers nothing. */
  readonly breaksFrom?: number;
}

export interface RaceRun {
  readonly standing: RaceStanding;
  /** In the order in which they were tried. */
  readonly entrants: readonly Entrant[];
  readonly steps: readonly string[];
}

const latencyBlock = 32;

export interface DriveOptions {
  readonly probeItems?: number;
  /** See `stepGate`. */
  readonly looks?: number;
  /** What is known at the start. */
  readonly entrants?: readonly Entrant[] | undefined;
  /** Verdicts that are stored. */
  readonly decided?: ReadonlyMap<string, RaceVerdict>;
  readonly onStanding?: (standing: RaceStanding) => void;
}

function newEntrant({ model, activeBytes, knownCost, memoryFloor, exclusion }: SimulatedModel): Entrant {
  const nothing = { launches: [], scores: [], latencies: [], brokenItems: 0 };
  return { model, activeBytes, knownCost, memoryFloor, exclusion, ...nothing };
}

function answered(
  { breaksFrom = Infinity }: SimulatedModel,
  scores: readonly number[],
): Pick<Entrant, 'scores' | 'brokenItems'> {
  return {
    scores: scores.map((score, index) => (index < breaksFrom ? score : 0)),
    brokenItems: Math.max(0, scores.length - breaksFrom),
  };
}

/** Shows the race what it asks for, until it ends. */
export function driveRace(models: readonly SimulatedModel[], setup: RaceSetup, options: DriveOptions = {}): RaceRun {
  const { probeItems = 16, looks = 8, onStanding } = options;
  const byName = new Map(models.map((model) => [model.model, model]));
  let entrants = options.entrants ?? raceOrder(models, setup.question.base).map(newEntrant);
  const turns = new Map<string, number>();
  const steps: string[] = [];
  const decided = new Map(options.decided);
  const decide = (judgements: readonly Judgement[]): void => {
    for (const judgement of judgements) decided.set(judgement.entrant.model, verdictOf(judgement, [], setup));
  };
  for (;;) {
    entrants = withVerdicts(entrants, decided);
    const standing = replayRace(entrants, setup);
    onStanding?.(standing);
    const { step } = standing;
    decide(standing.judgements.filter(({ isFinal }) => isFinal));
    if (step.type === 'end') return { standing, entrants, steps };
    steps.push(`${step.type} ${step.model}`);
    const simulated = byName.get(step.model);
    if (simulated === undefined) throw new Error(`no model ${step.model}`);
    const turn = turns.get(step.model) ?? 0;
    turns.set(step.model, turn + 1);
    entrants = entrants.map((entrant): Entrant => {
      if (entrant.model !== step.model) return entrant;
      if (simulated.diesAt === turn) {
        // What it answered until then counts.
        const scores = step.type === 'items' ? simulated.scores.slice(0, entrant.scores.length + 5) : entrant.scores;
        return { ...entrant, scores: scores.slice(0, setup.items), failure: 'it died' };
      }
      if (step.type === 'launch') {
        const launches = [...entrant.launches, simulated.launch(step.launch)];
        const scores = step.launch === 0 ? simulated.scores.slice(0, probeItems) : entrant.scores;
        return { ...entrant, launches, ...answered(simulated, scores) };
      }
      if (step.type === 'items') {
        const gate = stepGate(entrants, step, setup, looks);
        for (const score of simulated.scores.slice(entrant.scores.length, step.upTo)) {
          if (gate.observe(score) !== 'open') break;
        }
        return { ...entrant, ...answered(simulated, simulated.scores.slice(0, gate.count)) };
      }
      const latencies = (simulated.latencies ?? []).slice(0, entrant.latencies.length + latencyBlock);
      return { ...entrant, latencies };
    });
    // It alone: what else its last answers tell doesn't count any more.
    const isDead = ({ entrant, status }: Judgement): boolean => entrant.model === step.model && status === 'failed';
    if (simulated.diesAt === turn) decide(replayRace(entrants, setup).judgements.filter(isDead));
  }
}
