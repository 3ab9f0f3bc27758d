import { finalQuantile, triageNoise } from './error-budget.ts';
import type { Entrant } from './entrant.ts';
import { overAllLaunches, poolLaunches } from './launch-values.ts';
import { type KnownModel, raceAnchors, scoreOf, strictestRequirement } from './required.ts';
import type { Judgement, RaceSetup, RaceStanding } from './race-setup.ts';
import { meanOf } from '../../stats/standard-deviation.ts';
import type { LaunchNoise } from '../required-accuracy.ts';

function known(entrant: Entrant): KnownModel {
  return { model: entrant.model, accuracy: meanOf(entrant.scores), values: overAllLaunches(entrant) };
}

/** Of several finalists one that still owes a launch; one that failed in a launch, or has ended, keeps those that it has. */
export function nextLaunch(
  finalists: readonly Entrant[],
  { extraLaunches }: RaceSetup,
): RaceStanding['step'] | undefined {
  if (finalists.length < 2) return undefined;
  const owing = finalists.find(
    ({ launches, failure, isEnded }) =>
      launches.length < 1 + extraLaunches && failure === undefined && isEnded !== true,
  );
  return owing && { type: 'launch', model: owing.model, launch: owing.launches.length };
}

/** Noise of the finals: what the launches of the finalists showed, or the prior where nobody has two. */
export function finalNoise(finalists: readonly Entrant[], setup: RaceSetup): LaunchNoise {
  const pooled = poolLaunches(finalists);
  if (pooled === undefined) return triageNoise(setup.budget, finalists.length);
  return { ...pooled, quantile: finalQuantile(setup.budget, finalists.length, pooled.degrees) };
}

/** How far the first of the named may be behind the best of the others: the gap that the bounds leave open, as a share. */
function openGap(first: KnownModel, others: readonly KnownModel[], setup: RaceSetup, noise: LaunchNoise): number {
  const { trivialAccuracy } = raceAnchors(setup);
  const [own, weight] = [first.accuracy - trivialAccuracy, setup.weights.accuracy];
  return others.reduce((widest, other) => {
    // What the other would need at least: below what it has, it may be ahead by this ratio.
    const need = strictestRequirement([first], other.values, setup, noise)?.tau ?? 1;
    const ratio = own <= 0 ? 1 : ((other.accuracy - trivialAccuracy) / (need - trivialAccuracy)) ** weight;
    return Math.max(widest, ratio - 1);
  }, 0);
}

/** The finals: more launches for whoever is left, and the comparison over all of them. */
export function decideFinal(
  finalists: readonly Judgement[],
  judgements: readonly Judgement[],
  setup: RaceSetup,
): RaceStanding {
  const running = finalists.map(({ entrant }) => entrant);
  const step = nextLaunch(running, setup);
  if (step !== undefined) return { step, judgements, named: [], delta: 0 };
  const models = running.map(known);
  const noise = finalNoise(running, setup);
  const out = new Map(
    models.flatMap((model) => {
      const others = models.filter((other) => other !== model);
      const need = strictestRequirement(others, model.values, setup, noise);
      return need !== undefined && need.tau > model.accuracy ? [[model.model, need] as const] : [];
    }),
  );
  const left = models
    .filter(({ model }) => !out.has(model))
    .toSorted((a, b) => scoreOf(b, setup) - scoreOf(a, setup) || a.model.localeCompare(b.model));
  const [first, ...others] = left;
  return {
    step: { type: 'end' },
    judgements: judgements.map((judgement) => {
      const need = out.get(judgement.entrant.model);
      if (need === undefined) return { ...judgement, isFinal: true };
      const has = meanOf(judgement.entrant.scores).toFixed(3);
      const reason = `needs accuracy ${need.tau.toFixed(3)} against ${need.against}, has ${has} (all items, after more launches)`;
      return { ...judgement, reason, tau: need.tau, isFinal: true };
    }),
    named: left.map(({ model }) => model),
    delta: first === undefined || others.length === 0 ? 0 : openGap(first, others, setup, noise),
  };
}
