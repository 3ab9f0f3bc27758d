import type { AssumedSpread, RaceValues, SpreadCheck } from '../../core/race.ts';
import { latencyLimit } from '../../core/race-question.ts';
import { incompleteBeta, normalQuantile, tQuantile } from '../../stats/distributions.ts';
import { launchPrior } from '../../stats/launch-interval.ts';
import { efficiencyDeviation, logEfficiency, type LaunchNoise } from '../required-accuracy.ts';
import { type Entrant, type ErrorBudget, raceAnchors, type RaceSetup } from './race-setup.ts';

/** What launches are taken to differ by where nothing is known of the machine. */
export const usualSpread: AssumedSpread = { ...launchPrior, source: 'assumed' };

/** Quantile of a bound that rests on a spread with so many degrees of freedom; as if it were known without them. */
export function spreadQuantile(alpha: number, degrees: number | undefined): number {
  return degrees === undefined ? normalQuantile(1 - alpha) : tQuantile(1 - alpha, degrees);
}

/** Noise of one launch, by the assumed spread: triage sees no more. */
export function triageNoise({ budget, spread }: Pick<RaceSetup, 'budget' | 'spread'>, models: number): LaunchNoise {
  const { throughput, latency, memory, degrees } = spread;
  const quantile = spreadQuantile(budget.performance / 2 / Math.max(1, models - 1), degrees);
  return { throughput, latency, memory, launches: 1, quantile };
}

/** Quantile for finalists, by the degrees of freedom of their spread. */
export function finalQuantile({ performance }: ErrorBudget, finalists: number, degrees: number): number {
  return tQuantile(1 - performance / 2 / Math.max(1, finalists - 1), degrees);
}

/** A figure of a launch that something is decided by, with its spread as assumed. */
interface Deciding {
  readonly log: (launch: RaceValues) => number;
  readonly deviation: (launch: RaceValues) => number;
}

/** What the models are compared by: ln e under `winner`, the time per item under `cheapest`. */
function compared(setup: RaceSetup): Deciding {
  const { question, weights, spread } = setup;
  if (question.goal === 'cheapest') {
    return { log: ({ throughput }) => Math.log(throughput), deviation: () => spread.throughput };
  }
  const anchors = raceAnchors(setup);
  return {
    log: (launch) => logEfficiency(launch, anchors, weights),
    deviation: (launch) => efficiencyDeviation(launch, anchors, weights, spread),
  };
}

/** What launches showed of their spread. */
export interface ShownSpread {
  /** Standard deviation over the assumed one, pooled over models. */
  readonly ratio: number;
  readonly degrees: number;
}

/** Launches that are all alike, as far as clocks can tell, still differ by this share of what was assumed. */
const minRatio = 0.05;

function shownSpread(
  entrants: readonly Pick<Entrant, 'launches'>[],
  { log, deviation }: Deciding,
): ShownSpread | undefined {
  let [squares, degrees] = [0, 0];
  for (const { launches } of entrants) {
    const [first] = launches;
    if (first === undefined) continue;
    const mean = launches.reduce((sum, launch) => sum + log(launch) / launches.length, 0);
    squares += launches.reduce((sum, launch) => sum + ((log(launch) - mean) / deviation(first)) ** 2, 0);
    degrees += launches.length - 1;
  }
  return degrees === 0 ? undefined : { ratio: Math.max(minRatio, Math.sqrt(squares / degrees)), degrees };
}

function scaled({ throughput, latency, memory }: AssumedSpread, ratio: number): Omit<AssumedSpread, 'source'> {
  return { throughput: throughput * ratio, latency: latency * ratio, memory: memory * ratio };
}

/**
 * Noise of the finals: of what decides, computed launch by launch, so that it holds however the figures of a launch go
 * together; the assumed one where no model has two launches.
 */
export function finalNoise(finalists: readonly Entrant[], setup: RaceSetup): LaunchNoise {
  const shown = shownSpread(finalists, compared(setup));
  if (shown === undefined) return triageNoise(setup, finalists.length);
  return {
    ...scaled(setup.spread, shown.ratio),
    // The fewest of any model: the wider bound.
    launches: Math.min(...finalists.map(({ launches }) => launches.length)),
    quantile: finalQuantile(setup.budget, finalists.length, shown.degrees),
  };
}

/**
 * Degrees of freedom that the check of the assumed spread needs, to find one that is too small. What was measured on this
 * machine is checked by fewer launches than what is only usual.
 */
export function checkDegrees({ degrees }: AssumedSpread): number {
  return degrees === undefined ? 6 : 2;
}

/** Chance that the check finds a spread too large that is as assumed. */
const checkAlpha = 0.05;
/** Degrees of a spread that wasn't estimated. */
const known = 1e6;

/** Whether launches that differ as assumed would hardly show so large a spread: one-sided F test, of variances. */
function isTooLarge(
  { ratio, degrees }: ShownSpread,
  { degrees: behind = known }: AssumedSpread,
  tests: number,
): boolean {
  return incompleteBeta(behind / (behind + degrees * ratio ** 2), behind / 2, degrees / 2) < checkAlpha / tests;
}

/** The spread that a race goes by, with what its launches say about it; undefined where no model has two. */
export interface CheckedSpread {
  readonly check: Omit<SpreadCheck, 'inDoubt'>;
  /** What the launches showed, to replay the race with. */
  readonly shown: AssumedSpread;
}

/**
 * Launches that tell how far launches differ: those that others disturbed are left out, unless fewer than half of what the
 * check needs would remain. The first of a model counts in any case, since others were ruled out by it.
 */
function tellingLaunches(entrants: readonly Entrant[], spread: AssumedSpread): readonly Pick<Entrant, 'launches'>[] {
  const sound = entrants.map(({ launches }) => ({
    launches: launches.filter(({ isDisturbed }, at) => at === 0 || isDisturbed !== true),
  }));
  const degrees = sound.reduce((sum, { launches }) => sum + Math.max(0, launches.length - 1), 0);
  return degrees < checkDegrees(spread) / 2 ? entrants : sound;
}

/** Compares the spread that was assumed with that of the launches; with a limit on latency that of the times as well. */
export function checkSpread(entrants: readonly Entrant[], setup: RaceSetup): CheckedSpread | undefined {
  const { spread, question } = setup;
  const times: Deciding = { log: ({ latency }) => Math.log(latency), deviation: () => spread.latency };
  const deciding = latencyLimit(question.limits) === undefined ? [compared(setup)] : [compared(setup), times];
  const telling = tellingLaunches(entrants, spread);
  const shown = deciding.map((each) => shownSpread(telling, each)).filter((each) => each !== undefined);
  const [worst] = shown.toSorted((a, b) => b.ratio - a.ratio);
  if (worst === undefined) return undefined;
  const { ratio, degrees } = worst;
  return {
    check: {
      assumed: spread.throughput,
      source: spread.source,
      measured: spread.throughput * ratio,
      degrees,
      isLarger: isTooLarge(worst, spread, deciding.length),
    },
    shown: {
      ...scaled(spread, ratio),
      degrees,
      source: `measured in ${telling.reduce((sum, { launches }) => sum + launches.length, 0)} launches of this race`,
    },
  };
}
