import type { RaceValues } from '../../src/core/race.ts';
import type { Entrant, RaceSetup, RaceStanding } from '../../src/scoring/race/race-setup.ts';
import { raceOrder, replayRace, stepGate } from '../../src/scoring/race/replay-race.ts';

/** A model whose answers are all known beforehand, though not to the race. */
export interface SimulatedModel extends Pick<
  Entrant,
  'model' | 'activeBytes' | 'knownCost' | 'memoryFloor' | 'exclusion'
> {
  /** In the model's own order. */
  readonly scores: readonly number[];
  readonly latencies?: readonly number[];
  readonly launch: (launch: number) => RaceValues;
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
  readonly onStanding?: (standing: RaceStanding) => void;
}

/** Shows the race what it asks for, until it ends. */
export function driveRace(models: readonly SimulatedModel[], setup: RaceSetup, options: DriveOptions = {}): RaceRun {
  const { probeItems = 16, looks = 8, onStanding } = options;
  const byName = new Map(models.map((model) => [model.model, model]));
  let entrants: readonly Entrant[] = raceOrder(models).map(
    ({ model, activeBytes, knownCost, memoryFloor, exclusion }) => ({
      model,
      activeBytes,
      knownCost,
      memoryFloor,
      exclusion,
      launches: [],
      scores: [],
      latencies: [],
      brokenItems: 0,
    }),
  );
  const steps: string[] = [];
  for (;;) {
    const standing = replayRace(entrants, setup);
    onStanding?.(standing);
    const { step } = standing;
    if (step.type === 'end') return { standing, entrants, steps };
    steps.push(`${step.type} ${step.model}`);
    const simulated = byName.get(step.model);
    if (simulated === undefined) throw new Error(`no model ${step.model}`);
    entrants = entrants.map((entrant): Entrant => {
      if (entrant.model !== step.model) return entrant;
      if (step.type === 'launch') {
        const launches = [...entrant.launches, simulated.launch(step.launch)];
        const scores = step.launch === 0 ? simulated.scores.slice(0, probeItems) : entrant.scores;
        return { ...entrant, launches, scores };
      }
      if (step.type === 'items') {
        const gate = stepGate(entrants, step, setup, looks);
        for (const score of simulated.scores.slice(entrant.scores.length, step.upTo)) {
          if (gate.observe(score) !== 'open') break;
        }
        return { ...entrant, scores: simulated.scores.slice(0, gate.count) };
      }
      const latencies = (simulated.latencies ?? []).slice(0, entrant.latencies.length + latencyBlock);
      return { ...entrant, latencies };
    });
  }
}
