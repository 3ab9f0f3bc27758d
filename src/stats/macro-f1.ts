import type { Interval } from '../core/measurement.ts';
import { quantile } from './quantile.ts';
import { createGammaSource, createRandom, type Random } from './random.ts';

/** Right and given labels, one entry per item. */
export interface LabelledAnswers {
  readonly gold: readonly string[];
  /** Undefined where no label could be read. */
  readonly predicted: readonly (string | undefined)[];
  /** For each item what it depends on; undefined where all are independent. */
  readonly clusters?: readonly string[] | undefined;
}

/** Sums for each label: how often it was right, given, and both. */
interface Counts {
  readonly gold: Float64Array;
  readonly predicted: Float64Array;
  readonly both: Float64Array;
}

/** Items that were labelled and answered the same, in one unit of resampling. */
interface Cell {
  readonly gold: number;
  /** -1 where no label could be read. */
  readonly predicted: number;
  readonly items: number;
}

const method = 'macro F1, bootstrap';
const resamples = 2000;
const seed = 1;
/** Items that the prior is worth, as for accuracies (`drawAccuracies`). */
const priorItems = 1;

function emptyCounts(labels: number): Counts {
  return { gold: new Float64Array(labels), predicted: new Float64Array(labels), both: new Float64Array(labels) };
}

function add(counts: Counts, gold: number, predicted: number, weight: number): void {
  counts.gold[gold] = (counts.gold[gold] as number) + weight;
  if (predicted < 0) return;
  counts.predicted[predicted] = (counts.predicted[predicted] as number) + weight;
  if (gold === predicted) counts.both[gold] = (counts.both[gold] as number) + weight;
}

/** Mean of the labels' F1; a label that is neither right nor given for any item isn't among them. */
function macroOf({ gold, predicted, both }: Counts): number {
  let [sum, labels] = [0, 0];
  for (const [label, right] of gold.entries()) {
    const all = right + (predicted[label] as number);
    if (all === 0) continue;
    sum += (2 * (both[label] as number)) / all;
    labels += 1;
  }
  return sum / labels;
}

function labelNumbers({ gold, predicted }: LabelledAnswers): ReadonlyMap<string, number> {
  const labels = new Set([...gold, ...predicted.filter((label) => label !== undefined)]);
  return new Map(Array.from(labels, (label, index) => [label, index]));
}

function checkAnswers({ gold, predicted, clusters }: LabelledAnswers): void {
  if (gold.length === 0) throw new RangeError('macro F1 needs at least one item');
  if (predicted.length !== gold.length || (clusters !== undefined && clusters.length !== gold.length)) {
    throw new RangeError(`${gold.length} right labels need as many answers and clusters`);
  }
}

/** What is resampled together: all items of a cluster, else items of one right and one given label are interchangeable. */
function unitsOf(answers: LabelledAnswers, numbers: ReadonlyMap<string, number>): readonly (readonly Cell[])[] {
  const { gold, predicted, clusters } = answers;
  const units = new Map<string, Map<string, Cell>>();
  for (const [item, right] of gold.entries()) {
    const given = predicted[item];
    const cell = { gold: numbers.get(right) ?? 0, predicted: given === undefined ? -1 : (numbers.get(given) ?? -1) };
    const key = `${cell.gold} ${cell.predicted}`;
    const unit = units.get(clusters?.[item] ?? key) ?? new Map<string, Cell>();
    unit.set(key, { ...cell, items: (unit.get(key)?.items ?? 0) + 1 });
    units.set(clusters?.[item] ?? key, unit);
  }
  return Array.from(units.values(), (unit) => [...unit.values()]);
}

/**
 * Macro F1: the mean over labels of the harmonic mean of precision and recall, each label weighing the same however rare it
 * is. An answer without a label counts against the recall of the right one alone. Labels that are neither right nor given
 * for any item have no F1 and are left out, as scikit-learn does.
 *
 * Source: Sokolova and Lapalme, Information Processing & Management 45 (2009) 427-437; the mean of F1 values, not the F1 of
 * mean precision and recall (Opitz and Burst, arXiv:1911.03347).
 *
 * @returns from 0 to 1
 * @throws {RangeError} without items, or if the lengths differ
 */
export function macroF1(answers: LabelledAnswers): number {
  checkAnswers(answers);
  const numbers = labelNumbers(answers);
  const counts = emptyCounts(numbers.size);
  for (const cell of unitsOf({ ...answers, clusters: undefined }, numbers).flat()) {
    add(counts, cell.gold, cell.predicted, cell.items);
  }
  return macroOf(counts);
}

/**
 * Interval for macro F1 on new items of the same kind: the Bayesian bootstrap over items, or over clusters.
 *
 * One more item's weight goes to an item with one of the right labels that is answered right with a chance of one half, and
 * else with another label, so that a model without errors doesn't look certain.
 *
 * Source: Rubin, Annals of Statistics 9 (1981) 130-134. Deterministic.
 *
 * @throws {RangeError} without items, or if the lengths differ
 */
export function macroF1Interval(answers: LabelledAnswers, level = 0.95): Interval {
  const value = macroF1(answers);
  const numbers = labelNumbers(answers);
  const units = unitsOf(answers, numbers);
  const isClustered = answers.clusters !== undefined && units.length > 1;
  const random = createRandom(seed);
  const gamma = createGammaSource(random);
  const draws = Float64Array.from({ length: resamples }, () => {
    const counts = emptyCounts(numbers.size);
    for (const unit of units) {
      // As many independent items as there are have the weight of as many draws; a cluster's items share one.
      const shared = isClustered ? gamma(1) : undefined;
      for (const { gold, predicted, items } of unit) {
        add(counts, gold, predicted, shared === undefined ? gamma(items) : shared * items);
      }
    }
    addPrior(counts, answers, numbers, { weight: gamma(priorItems), random });
    return macroOf(counts);
  }).toSorted();
  const tail = (1 - level) / 2;
  return {
    low: Math.min(value, quantile(draws, tail)),
    high: Math.max(value, quantile(draws, 1 - tail)),
    level,
    method: isClustered ? `${method}, ${units.length} clusters` : method,
  };
}

/** Whether a value with this interval is macro F1, which is no mean over items: their scores can't be resampled for it. */
export function isMacroF1(interval: Pick<Interval, 'method'> | undefined): boolean {
  return interval?.method.startsWith(method) === true;
}

function addPrior(
  counts: Counts,
  { gold }: LabelledAnswers,
  numbers: ReadonlyMap<string, number>,
  { weight, random }: { readonly weight: number; readonly random: Random },
): void {
  const right = numbers.get(gold[random.below(gold.length)] ?? '') ?? 0;
  const isRight = random.below(2) === 0;
  const other = numbers.size > 1 ? (right + 1 + random.below(numbers.size - 1)) % numbers.size : -1;
  add(counts, right, isRight ? right : other, weight);
}
