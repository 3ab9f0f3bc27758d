import type { RaceValues } from '../../src/core/race.ts';
import type { Entrant, RaceSetup, RaceStanding } from '../../src/scoring/race/race-setup.ts';
import { raceOrder, replayRace } from '../../src/scoring/race/replay-race.ts';
import { replayGate, type ScoreGateRule } from '../../src/scoring/race/score-gate.ts';

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

function countUntil(rule: ScoreGateRule, values: readonly number[], from: number): number {
  const gate = replayGate(rule, values);
  return Math.max(from, gate.count);
}

const latencyBlock = 32;

/** Shows the race what it asks for, until it ends. */
export function driveRace(models: readonly SimulatedModel[], setup: RaceSetup, probeItems = 16): RaceRun {
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
        const count = countUntil(step.gate, simulated.scores, entrant.scores.length);
        return { ...entrant, scores: simulated.scores.slice(0, count) };
      }
      const latencies = (simulated.latencies ?? []).slice(0, entrant.latencies.length + latencyBlock);
      return { ...entrant, latencies };
    });
  }
}
