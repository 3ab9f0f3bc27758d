import type { HighestLoad, LoadProbe, LoadVerdict } from '../../core/sweep.ts';

/** Searches are over whole numbers from 1 on. */
const lowest = 1;

/** Between two numbers, or undefined where nothing is. */
function middleOf(low: number, high: number): number | undefined {
  return high - low > 1 ? Math.floor((low + high) / 2) : undefined;
}

/** What probes say, on the assumption that a higher load is never faster. */
class Bounds {
  readonly #probes: readonly LoadProbe[];
  readonly #max: number;

  constructor(probes: readonly LoadProbe[], max: number) {
    this.#probes = probes;
    this.#max = max;
  }

  /** The largest of which it is known or found; 0 where none is. */
  #largest(isSo: (probe: LoadProbe) => boolean): number {
    return Math.max(0, ...this.#probes.filter(isSo).map(({ concurrency }) => concurrency));
  }

  /** The smallest; one more than may be tried where none is. */
  #smallest(isSo: (probe: LoadProbe) => boolean): number {
    return Math.min(this.#max + 1, ...this.#probes.filter(isSo).map(({ concurrency }) => concurrency));
  }

  /** Of the values themselves: the smallest beyond, and the largest within below it. */
  get value(): { readonly within: number; readonly beyond: number } {
    const beyond = this.#smallest(({ isValueWithin }) => !isValueWithin);
    return {
      within: this.#largest(({ isValueWithin, concurrency }) => isValueWithin && concurrency < beyond),
      beyond,
    };
  }

  /** The largest that is shown to be within, below whatever isn't; the smallest that is shown to be beyond. */
  shown(verdict: Exclude<LoadVerdict, 'unclear'>): number {
    if (verdict === 'beyond') return this.#smallest((probe) => probe.verdict === 'beyond');
    const beyond = this.shown('beyond');
    return this.#largest((probe) => probe.verdict === 'within' && probe.concurrency < beyond);
  }

  /** The smallest above a number that isn't shown to be within. */
  notWithin(above: number): number {
    return this.#smallest(({ verdict, concurrency }) => concurrency > above && verdict !== 'within');
  }

  /** The largest below a number that isn't shown to be beyond. */
  notBeyond(below: number): number {
    return this.#largest(({ verdict, concurrency }) => concurrency < below && verdict !== 'beyond');
  }
}

/**
 * The concurrency to probe next in a search for the highest that keeps a limit; undefined where it is over.
 *
 * It doubles until a value is beyond the limit, bisects to the highest value within, and then bisects to where verdicts
 * begin to be unclear on either side: what the intervals of the values leave open is as narrow as they allow.
 *
 * @param probes in any order
 * @param max largest concurrency that may be tried
 */
export function nextProbe(probes: readonly LoadProbe[], max: number): number | undefined {
  if (probes.length === 0) return lowest;
  const bounds = new Bounds(probes, max);
  const { within, beyond } = bounds.value;
  if (beyond > max && within < max) return Math.min(max, within * 2);
  const between = middleOf(within, beyond);
  if (between !== undefined) return between;
  const shownWithin = bounds.shown('within');
  const below = middleOf(shownWithin, Math.min(bounds.notWithin(shownWithin), within + 1));
  if (below !== undefined) return below;
  const shownBeyond = bounds.shown('beyond');
  return middleOf(Math.max(bounds.notBeyond(shownBeyond), within), shownBeyond);
}

/**
 * The highest concurrency whose value keeps the limit, and the interval that the verdicts leave open.
 *
 * Both assume that a higher load is never faster; where two probes contradict that, the result says so.
 */
export function highestLoad(probes: readonly LoadProbe[], max: number): HighestLoad {
  const bounds = new Bounds(probes, max);
  const { within } = bounds.value;
  const beyond = bounds.shown('beyond');
  return {
    concurrency: within === 0 ? undefined : within,
    low: Math.min(bounds.shown('within'), within),
    high: Math.max(within, Math.min(max, beyond - 1)),
    isOpen: beyond > max,
    doubt: contradiction(probes),
    probes,
  };
}

/** Two loads of which the higher was faster beyond doubt. */
function contradiction(probes: readonly LoadProbe[]): string | undefined {
  for (const slow of probes) {
    const { low = 0 } = slow;
    const fast = probes.find(({ concurrency, high = Infinity }) => concurrency > slow.concurrency && high < low);
    if (fast === undefined) continue;
    return `latency fell from concurrency ${slow.concurrency} to ${fast.concurrency}: where it doesn't rise with the load, higher loads may be within the limit too`;
  }
  return undefined;
}

/** Probes that a search makes at most: doublings, and a bisection for the value and for each end of its interval. */
export function mostProbes(max: number): number {
  return 1 + 4 * Math.ceil(Math.log2(max));
}
