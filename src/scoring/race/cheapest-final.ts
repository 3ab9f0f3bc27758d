import { overAllLaunches } from './launch-values.ts';
import type { Judgement, RaceSetup, RaceStanding } from './race-setup.ts';
import { finalNoise, nextLaunch } from './winner-final.ts';

/** The finals: more launches for those whose costs one launch couldn't tell apart, and the comparison over all. */
export function decideCheapest(
  finalists: readonly Judgement[],
  judgements: readonly Judgement[],
  setup: RaceSetup,
): RaceStanding {
  const running = finalists.map(({ entrant }) => entrant);
  const step = nextLaunch(running, setup);
  if (step !== undefined) return { step, judgements, named: [], delta: 0 };
  const noise = finalNoise(running, setup);
  const clearRatio = Math.exp(noise.quantile * noise.throughput * Math.sqrt(2 / noise.launches));
  const costs = running
    .map((entrant) => ({ model: entrant.model, cost: 1 / overAllLaunches(entrant).throughput }))
    .toSorted((a, b) => a.cost - b.cost || a.model.localeCompare(b.model));
  const [first] = costs;
  const named = costs.filter(({ cost }) => first !== undefined && cost <= first.cost * clearRatio);
  const [, second] = named;
  return {
    step: { type: 'end' },
    judgements: judgements.map((judgement) => ({ ...judgement, isFinal: true })),
    named: named.map(({ model }) => model),
    // The first may really cost as much more than the next as the bounds leave open.
    delta: first === undefined || second === undefined ? 0 : (first.cost * clearRatio) / second.cost - 1,
  };
}
