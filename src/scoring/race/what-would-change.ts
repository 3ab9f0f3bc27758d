import { percentText } from '../../core/amount-text.ts';
import type { RaceVerdict } from '../../core/race.ts';
import { accuracyWeightCurve } from '../accuracy-weight-curve.ts';
import { anchoredFactors } from '../per-anchored.ts';
import { raceAnchors, type RaceSetup } from './race-setup.ts';

/** Upper end of what a model's accuracy can be. */
function most({ accuracy }: RaceVerdict): number {
  if (accuracy === null) return 1;
  return accuracy.kind === 'exact' ? accuracy.value : accuracy.high;
}

function least({ accuracy }: RaceVerdict): number {
  if (accuracy === null) return 0;
  return accuracy.kind === 'exact' ? accuracy.value : accuracy.low;
}

/** The model that came nearest to what it needed. */
function runnerUp(verdicts: readonly RaceVerdict[]): RaceVerdict | undefined {
  const gap = (verdict: RaceVerdict): number => (verdict.tau ?? Infinity) - most(verdict);
  const [nearest] = verdicts
    .filter(({ isNamed, tau, status }) => !isNamed && tau !== null && status !== 'failed')
    .toSorted((a, b) => gap(a) - gap(b));
  return nearest;
}

/** Who would be ahead at other weights of accuracy, among the models whose accuracy is known. */
function otherWeights(verdicts: readonly RaceVerdict[], setup: RaceSetup): readonly string[] {
  const known = verdicts.flatMap(({ model, accuracy, values }) => {
    if (accuracy?.kind !== 'exact' || values === null || values.memory === null) return [];
    const own = { ...values, accuracy: accuracy.value, memory: values.memory };
    return [{ model, factors: anchoredFactors(own, raceAnchors(setup)) }];
  });
  const curve = accuracyWeightCurve(known);
  if (curve.length < 2) return [];
  const parts = curve.map(({ from, to, model }) => `${model} from ${from.toFixed(2)} to ${to.toFixed(2)}`);
  return [`another weight of accuracy, among fully evaluated models: ${parts.join(', ')}`];
}

function onAccuracy(verdict: RaceVerdict): string {
  const { model, tau, accuracy } = verdict;
  const needed = `${model} would need accuracy ${(tau ?? 0).toFixed(3)}`;
  if (accuracy === null) return needed;
  return accuracy.kind === 'exact'
    ? `${needed}; it has ${accuracy.value.toFixed(3)}`
    : `${needed}; it has ${accuracy.low.toFixed(3)} to ${accuracy.high.toFixed(3)}`;
}

/** The model that was asked most before its answers ruled it out. */
function lastOut(verdicts: readonly RaceVerdict[], items: number): readonly string[] {
  const [nearest] = verdicts
    .filter(({ status, logE }) => status === 'eliminated' && logE !== null)
    .toSorted((a, b) => b.n - a.n);
  return nearest === undefined ? [] : [`closest: ${nearest.model}, ruled out after ${nearest.n} of ${items} items`];
}

/** What would change the winner, one sentence each. */
export function winnerChanges(
  verdicts: readonly RaceVerdict[],
  named: readonly string[],
  delta: number,
  setup: RaceSetup,
): readonly string[] {
  const nearest = runnerUp(verdicts);
  return [
    ...(named.length > 1
      ? [
          `${named.join(', ')} differ by less than their own launches do: more launches would separate them, more items would not; ${named[0]} is within ${percentText(delta, 1)} of the best`,
        ]
      : []),
    ...(nearest === undefined ? lastOut(verdicts, setup.items) : [onAccuracy(nearest)]),
    ...otherWeights(verdicts, setup),
  ];
}

function tiedCosts(named: readonly string[], delta: number): readonly string[] {
  if (named.length < 2) return [];
  return [
    `${named.join(', ')} cost the same within the variation between launches: more launches would separate them; ${named[0]} costs at most ${percentText(delta, 1)} more than the cheapest`,
  ];
}

/** In thousandths: at that tolerance it must be in. */
function roundedUp(tolerance: number): string {
  return (Math.ceil(tolerance * 1000 - 1e-6) / 1000).toFixed(3);
}

/** What would change the answer to "cheapest with accuracy within ... of the best", one sentence each. */
export function relativeChanges(
  verdicts: readonly RaceVerdict[],
  named: readonly string[],
  delta: number,
  { question }: RaceSetup,
): readonly string[] {
  const { withinBest = 0 } = question.limits;
  const best = Math.max(...verdicts.filter(({ status }) => status !== 'failed' && status !== 'skipped').map(most));
  const tried = verdicts.findLast(({ status, accuracy }) => status === 'eliminated' && accuracy !== null);
  if (tried === undefined) return tiedCosts(named, delta);
  return [
    ...tiedCosts(named, delta),
    `a tolerance of ${roundedUp(best - least(tried))} instead of ${withinBest} would accept ${tried.model}, which was tried earlier`,
  ];
}

/** What would change the answer to "cheapest not worse than ... by ...", one sentence each. */
export function dropChanges(
  verdicts: readonly RaceVerdict[],
  named: readonly string[],
  delta: number,
  { question }: RaceSetup,
): readonly string[] {
  const { maxAccuracyDrop = 0 } = question.limits;
  // Only the gate says what a model would have needed.
  const tried = verdicts.findLast(({ status, tau }) => status === 'eliminated' && tau !== null);
  const difference = tried?.difference?.accuracy;
  if (tried === undefined || difference === undefined) return tiedCosts(named, delta);
  const lowest = difference.kind === 'exact' ? difference.value : difference.low;
  return [
    ...tiedCosts(named, delta),
    `a drop of ${roundedUp(-lowest)} instead of ${maxAccuracyDrop} would accept ${tried.model}, which was tried earlier`,
  ];
}

/** What would change the answer to "cheapest with accuracy of at least ...", one sentence each. */
export function cheapestChanges(
  verdicts: readonly RaceVerdict[],
  named: readonly string[],
  delta: number,
  { question }: RaceSetup,
): readonly string[] {
  const { minAccuracy = 0 } = question.limits;
  const judgedModels = verdicts.filter(({ accuracy, isNamed }) => accuracy !== null && !isNamed);
  const out = judgedModels.filter(({ status }) => status === 'eliminated');
  if (named.length === 0) {
    const [nearest] = out.toSorted((a, b) => most(b) - most(a));
    const [best] = judgedModels.toSorted((a, b) => least(b) - least(a));
    if (nearest === undefined || best === undefined) return [];
    return [
      `closest: ${nearest.model}, with an accuracy of at most ${most(nearest).toFixed(3)}`,
      `a minimum accuracy of ${least(best).toFixed(3)} would accept ${best.model}`,
    ];
  }
  const cheaper = out.findLast((verdict) => verdict.tau !== null && least(verdict) > 0);
  return [
    ...tiedCosts(named, delta),
    ...(cheaper === undefined
      ? []
      : [
          `a minimum accuracy of ${least(cheaper).toFixed(3)} instead of ${minAccuracy} would accept ${cheaper.model}, which was tried earlier`,
        ]),
  ];
}
