import { checkSpread, triageNoise } from './launch-noise.ts';
import {
  type Entrant,
  isRuledOut,
  type RaceSetup,
  type RaceStanding,
  type RaceStep,
  raceAnchors,
  type Judgement,
} from './race-setup.ts';
import type { GateState, ItemGate } from './score-gate.ts';
import { replayCheapestRace } from './cheapest-race.ts';
import { replayWinnerRace } from './winner-race.ts';
import type { OpenRace, RaceValues } from '../../core/race.ts';
import { anytimeInterval } from '../../stats/anytime-interval.ts';
import type { LaunchNoise } from '../required-accuracy.ts';
import { firstLaunch, bestImaginable, type KnownModel, strictestRequirement } from './requirements.ts';
import { meanOf } from '../../stats/means.ts';

/**
 * Where a race stands after the facts that are known, and what to do next.
 *
 * A function of the facts alone: after a crash the same facts give the same tests, step by step, so nothing but answers
 * has to be stored. Answers count in the pre-drawn order only; one that is missing holds up all behind it.
 *
 * @param entrants in the order in which they are tried, at least one
 * @throws {RangeError} if there is none, or `winner` has no anchors
 */
export function replayRace(entrants: readonly Entrant[], setup: RaceSetup): RaceStanding {
  if (entrants.length === 0) throw new RangeError('a race needs at least one model');
  const standing = replayAs(entrants, setup);
  return standing.step.type === 'end' ? withSpread(standing, entrants, setup) : standing;
}

function replayAs(entrants: readonly Entrant[], setup: RaceSetup): RaceStanding {
  return setup.question.goal === 'winner' ? replayWinnerRace(entrants, setup) : replayCheapestRace(entrants, setup);
}

/**
 * Checks what the end of a race takes for granted about launches by the launches that it made. Where they differ by more,
 * the race is played through again with what they showed: what follows then stands, and what doesn't is in doubt.
 */
function withSpread(standing: RaceStanding, entrants: readonly Entrant[], setup: RaceSetup): RaceStanding {
  const checked = standing.named.length === 0 ? undefined : checkSpread(entrants, setup);
  if (checked === undefined) return standing;
  const { check, shown } = checked;
  if (!check.isLarger) return { ...standing, spread: { ...check, inDoubt: [] } };
  // Whoever was ruled out by the assumed spread is looked at anew.
  const unsaid = entrants.map((entrant) =>
    entrant.verdict !== undefined && isRuledOut(entrant.verdict) ? { ...entrant, verdict: undefined } : entrant,
  );
  const wide = replayAs(unsaid, { ...setup, spread: shown });
  const outStill = new Set(wide.judgements.filter(isRuledOut).map(({ entrant }) => entrant.model));
  const back = standing.judgements
    .filter((judgement) => isRuledOut(judgement) && !outStill.has(judgement.entrant.model))
    .map(({ entrant }) => entrant.model);
  const isDecided = wide.step.type === 'end' && wide.named.length > 0;
  // Where nobody comes back, it is a limit that isn't certain to be kept any more.
  const inDoubt = back.length > 0 || isDecided ? back : standing.named;
  const { named, delta } = inDoubt.length > 0 ? { named: [], delta: 0 } : wide;
  return { ...standing, named, delta, spread: { ...check, inDoubt } };
}

/** Looks after each of so many answers, then about as many for each doubling of them. */
const usualLooks = 64;

/**
 * The gate of a step that asks for items: passed as soon as the race wants something else, or has as many as it asked for.
 *
 * @param looks how often the race is played through while answers come in: more stop it nearer to where it is decided, 0 at the end
 */
export function stepGate(
  entrants: readonly Entrant[],
  { model, upTo }: Extract<RaceStep, { readonly type: 'items' }>,
  setup: RaceSetup,
  looks = usualLooks,
): ItemGate {
  const scores = [...(entrants.find((entrant) => entrant.model === model)?.scores ?? [])];
  let state: GateState = scores.length < upTo ? 'open' : 'passed';
  return {
    observe(score) {
      scores.push(score);
      if (scores.length === upTo) state = 'passed';
      else if (scores.length % Math.ceil(scores.length / looks) === 0) {
        const known = entrants.map((entrant) => (entrant.model === model ? { ...entrant, scores } : entrant));
        const { step } = replayRace(known, setup);
        if (step.type !== 'items' || step.model !== model) state = 'passed';
      }
      return state;
    },
    get state() {
      return state;
    },
    get count() {
      return scores.length;
    },
  };
}

/**
 * Cheapest first: by cost per item where it is known of all, else by weights per token; unknown ones last.
 *
 * @param base whom the others are compared with: it comes before all
 */
export function raceOrder<Candidate extends Pick<Entrant, 'model' | 'activeBytes' | 'knownCost'>>(
  candidates: readonly Candidate[],
  base?: string,
): readonly Candidate[] {
  const isKnown = candidates.every(({ knownCost }) => knownCost !== undefined);
  const key = ({ activeBytes, knownCost }: Candidate): number => (isKnown ? knownCost : activeBytes) ?? Infinity;
  return candidates.toSorted((a, b) => {
    if (a.model === base || b.model === base) return a.model === base ? -1 : 1;
    const [left, right] = [key(a), key(b)];
    // Infinity minus itself is no number: such models stay in the order in which they were given.
    return left === right ? 0 : left - right;
  });
}

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

/** What the accuracy of a model can be. */
function accuracyRange({ scores }: Entrant, { items, confidence }: RaceSetup): { low: number; high: number } {
  if (scores.length === 0) return { low: 0, high: 1 };
  if (scores.length === items) return { low: meanOf(scores), high: meanOf(scores) };
  return anytimeInterval(scores, { level: confidence, populationSize: items });
}

/** How far `first` can be behind another, as a share of its score: by the bounds on their accuracies and speed. */
function gapTo(other: Entrant, high: number, first: KnownModel, setup: RaceSetup, noise: LaunchNoise): number {
  const values = bestValues(other);
  const { trivialAccuracy } = raceAnchors(setup);
  if (values === undefined || first.accuracy <= trivialAccuracy) return Infinity;
  const need = strictestRequirement([first], values, setup, noise)?.tau ?? 1;
  const ratio = Math.max(0, high - trivialAccuracy) / (need - trivialAccuracy);
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
  const noise = triageNoise(setup, entrants.length);
  const bounded = left.map((entrant) => ({ entrant, ...accuracyRange(entrant, setup) }));
  const [best] = bounded
    .filter(({ entrant }) => entrant.launches.length > 0)
    .map(({ entrant, low }) => {
      const first = { model: entrant.model, accuracy: low, values: firstLaunch(entrant) };
      const others = bounded.filter((other) => other.entrant !== entrant);
      const gaps = others.map((other) => gapTo(other.entrant, other.high, first, setup, noise));
      return { model: entrant.model, gap: Math.max(0, ...gaps) };
    })
    .toSorted((a, b) => a.gap - b.gap);
  if (best === undefined) return { candidates: names, delta: null };
  const others = names.filter((name) => name !== best.model);
  return { candidates: [best.model, ...others], delta: Number.isFinite(best.gap) ? best.gap : null };
}
