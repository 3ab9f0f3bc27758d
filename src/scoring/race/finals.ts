import { meanOf } from '../../stats/means.ts';
import type { LaunchNoise } from '../required-accuracy.ts';
import { checkDegrees, finalNoise } from './launch-noise.ts';
import { type Entrant, type Judgement, raceAnchors, type RaceSetup, type RaceStanding } from './race-setup.ts';
import { type KnownModel, overAllLaunches, type Requirement, scoreOf, strictestRequirement } from './requirements.ts';

/**
 * Of the finalists the one to launch next, in rounds: several of them until each has its launches, and even a single one
 * until there are enough to check the spread that was assumed. One that failed in a launch, or has ended, keeps those
 * that it has.
 */
function nextLaunch(
  finalists: readonly Entrant[],
  { extraLaunches, spread }: RaceSetup,
): RaceStanding['step'] | undefined {
  const [next] = finalists
    .filter(({ failure, isEnded }) => failure === undefined && isEnded !== true)
    .toSorted((a, b) => a.launches.length - b.launches.length);
  if (next === undefined) return undefined;
  const degrees = finalists.reduce((sum, { launches }) => sum + launches.length - 1, 0);
  const isOwed = finalists.length > 1 && next.launches.length < 1 + extraLaunches;
  return isOwed || degrees < checkDegrees(spread)
    ? { type: 'launch', model: next.model, launch: next.launches.length }
    : undefined;
}

function needText({ tau, against }: Requirement): string {
  return `needs accuracy ${tau.toFixed(3)} to beat ${against}`;
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

/** Of models that answered everything those that another beats for certain, with what they would have needed. */
export function beatenModels(
  models: readonly KnownModel[],
  setup: RaceSetup,
  noise: LaunchNoise,
): ReadonlyMap<string, Requirement> {
  return new Map(
    models.flatMap((model) => {
      const others = models.filter((other) => other !== model);
      const need = strictestRequirement(others, model.values, setup, noise);
      return need !== undefined && need.tau > model.accuracy ? [[model.model, need] as const] : [];
    }),
  );
}

/** The same judgement of a model that is beaten, with what it would have needed. */
export function beaten(judgement: Judgement, need: Requirement, when: string): Judgement {
  const has = meanOf(judgement.entrant.scores).toFixed(3);
  return { ...judgement, reason: `${needText(need)}, has ${has} (${when})`, tau: need.tau, isFinal: true };
}

/** The finals of any race: more launches for whoever is left, and once nobody owes one what they come to. */
export function finals(
  finalists: readonly Judgement[],
  judgements: readonly Judgement[],
  setup: RaceSetup,
  decide: (running: readonly Entrant[], noise: LaunchNoise) => Omit<RaceStanding, 'step'>,
): RaceStanding {
  const running = finalists.map(({ entrant }) => entrant);
  const step = nextLaunch(running, setup);
  if (step !== undefined) return { step, judgements, named: [], delta: 0 };
  return { step: { type: 'end' }, ...decide(running, finalNoise(running, setup)) };
}

/**
 * The finals of a race for the highest PER-A: more launches for whoever is left, and the comparison over all of them.
 *
 * @param finalists whom answers can't tell apart any more; a single one may have been left before it had given all
 */
export function decideFinal(
  finalists: readonly Judgement[],
  judgements: readonly Judgement[],
  setup: RaceSetup,
): RaceStanding {
  return finals(finalists, judgements, setup, (running, noise) => compareFinalists(running, noise, judgements, setup));
}

function compareFinalists(
  running: readonly Entrant[],
  noise: LaunchNoise,
  judgements: readonly Judgement[],
  setup: RaceSetup,
): Omit<RaceStanding, 'step'> {
  const models = running.map((entrant): KnownModel => ({
    model: entrant.model,
    accuracy: meanOf(entrant.scores),
    values: overAllLaunches(entrant),
  }));
  const out = beatenModels(models, setup, noise);
  const left = models
    .filter(({ model }) => !out.has(model))
    .toSorted((a, b) => scoreOf(b, setup) - scoreOf(a, setup) || a.model.localeCompare(b.model));
  const [first, ...others] = left;
  return {
    judgements: judgements.map((judgement) => {
      const need = out.get(judgement.entrant.model);
      if (need === undefined) return { ...judgement, isFinal: true };
      return beaten(judgement, need, 'all items, after more launches');
    }),
    named: left.map(({ model }) => model),
    delta: first === undefined || others.length === 0 ? 0 : openGap(first, others, setup, noise),
  };
}
