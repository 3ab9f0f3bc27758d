import type { OpenRace, RaceValues } from '../../core/race.ts';
import { anytimeInterval } from '../../stats/anytime-interval.ts';
import type { LaunchNoise } from '../required-accuracy.ts';
import type { Entrant } from './entrant.ts';
import { triageNoise } from './error-budget.ts';
import { firstLaunch } from './launch-values.ts';
import type { Judgement, RaceSetup, RaceStanding } from './race-setup.ts';
import { meanOf } from '../../stats/standard-deviation.ts';
import { bestImaginable, type KnownModel, raceAnchors, strictestRequirement } from './required.ts';

/** What a judgement leaves open: a model that answered everything is out only once another beats it for certain. */
function isLeft(judgement: Judgement | undefined): boolean {
  if (judgement === undefined) return true;
  return (judgement.status === 'full' || judgement.status === 'passed') && !judgement.isFinal;
}

/** The best performance that a model can have, by what is known; undefined where nothing is. */
function bestValues(entrant: Entrant): RaceValues | undefined {
  if (entrant.launches.length > 0) return firstLaunch(entrant);
  return entrant.memoryFloor === undefined ? undefined : bestImaginable(entrant.memoryFloor);
}

/** The highest accuracy that a model can have. */
function maxAccuracy({ scores }: Entrant, { items, confidence }: RaceSetup): number {
  if (scores.length === 0) return 1;
  if (scores.length === items) return meanOf(scores);
  return anytimeInterval(scores, { level: confidence, populationSize: items }).high;
}

/** How far `first` can be behind `other`, as a share of its score: by the bounds on the other's accuracy and speed. */
function gapTo(other: Entrant, first: KnownModel, setup: RaceSetup, noise: LaunchNoise): number {
  const values = bestValues(other);
  const { trivialAccuracy } = raceAnchors(setup);
  if (values === undefined || first.accuracy <= trivialAccuracy) return Infinity;
  const need = strictestRequirement([first], values, setup, noise)?.tau ?? 1;
  const ratio = Math.max(0, maxAccuracy(other, setup) - trivialAccuracy) / (need - trivialAccuracy);
  return Math.max(0, ratio ** setup.weights.accuracy - 1);
}

/**
 * Who may still be the answer of a race that isn't decided, and how far the best of them so far can be behind.
 *
 * @param entrants in the order in which they are tried
 */
export function openCandidates(standing: RaceStanding, entrants: readonly Entrant[], setup: RaceSetup): OpenRace {
  const judgements = new Map(standing.judgements.map((judgement) => [judgement.entrant.model, judgement]));
  const left = entrants.filter(({ model }) => isLeft(judgements.get(model)));
  const names = left.map(({ model }) => model);
  if (setup.question.goal !== 'winner') return { candidates: names, delta: null };
  const noise = triageNoise(setup.budget, entrants.length);
  const full = left.filter(({ model }) => judgements.get(model)?.status === 'full');
  const [best] = full
    .map((entrant) => {
      const known = { model: entrant.model, accuracy: meanOf(entrant.scores), values: firstLaunch(entrant) };
      const gaps = left.filter((other) => other !== entrant).map((other) => gapTo(other, known, setup, noise));
      return { model: entrant.model, gap: Math.max(0, ...gaps) };
    })
    .toSorted((a, b) => a.gap - b.gap);
  if (best === undefined) return { candidates: names, delta: null };
  const others = names.filter((name) => name !== best.model);
  return { candidates: [best.model, ...others], delta: Number.isFinite(best.gap) ? best.gap : null };
}
