import { createGammaSource, createRandom } from '../../stats/random.ts';
import { quantile } from '../../stats/quantile.ts';
import { wilsonInterval } from '../../stats/score-interval.ts';
import { meanOf } from '../../stats/means.ts';
import type { Interval } from '../../core/measurement.ts';
import type { ConfusionRow, CountedShare, LabelFigures, MacroF1, ModelLabels } from './board-answers.ts';

function share(right: number, of: number): CountedShare | undefined {
  return of === 0 ? undefined : { value: right / of, interval: wilsonInterval(right, of) };
}

/** F1 by the share of right ones among the items that have the label or were given it. */
function f1Of(overlap: number): number {
  return (2 * overlap) / (1 + overlap);
}

/**
 * F1 with its interval. Of the items that have the label or were given it, a share J has both; F1 is 2J / (1 + J), which
 * rises with J, so the ends of Wilson's interval of J are those of F1.
 */
function f1Share(right: number, support: number, given: number): CountedShare | undefined {
  if (support === 0 || given === 0) return undefined;
  const { value, interval } = share(right, support + given - right) as CountedShare;
  return {
    value: f1Of(value),
    interval: {
      low: f1Of(interval.low),
      high: f1Of(interval.high),
      level: interval.level,
      method: `${interval.method}, of the items that have the label or were given it`,
    },
  };
}

/** What a matrix counts of each label. */
interface LabelCounts {
  support: number;
  given: number;
  right: number;
}

function countsOf(rows: readonly ConfusionRow[], labels: readonly string[]): ReadonlyMap<string, LabelCounts> {
  const counts = new Map(labels.map((label): [string, LabelCounts] => [label, { support: 0, given: 0, right: 0 }]));
  for (const { label, items, given } of rows) {
    const own = counts.get(label);
    if (own !== undefined) own.support += items;
    for (const [name, count] of given) {
      const found = counts.get(name);
      if (found === undefined) continue;
      found.given += count;
      if (name === label) found.right += count;
    }
  }
  return counts;
}

/** Precision, recall and F1 of each label. */
export function labelFigures(rows: readonly ConfusionRow[], labels: readonly string[]): readonly LabelFigures[] {
  return Array.from(countsOf(rows, labels), ([label, { support, given, right }]) => ({
    label,
    support,
    given,
    right,
    precision: share(right, given),
    recall: share(right, support),
    f1: f1Share(right, support, given),
  }));
}

const replicates = 1000;
const seed = 1;
const level = 0.95;

/** Cells of a matrix that hold items: by what they count for. */
interface HeldCell {
  readonly row: number;
  /** Place of the given label among the rows; -1 for another, or none. */
  readonly given: number;
  readonly count: number;
}

function heldCells(rows: readonly ConfusionRow[]): readonly HeldCell[] {
  const places = new Map(rows.map(({ label }, index) => [label, index]));
  return rows.flatMap(({ given, items }, row) => {
    const known = given.map(([label, count]) => ({ row, given: places.get(label) ?? -1, count }));
    const others = items - known.reduce((sum, { count }) => sum + count, 0);
    return others === 0 ? known : [...known, { row, given: -1, count: others }];
  });
}

function macroOf(cells: readonly HeldCell[], weights: readonly number[], labels: number): number {
  const [right, both] = [new Float64Array(labels), new Float64Array(labels)];
  for (const [index, { row, given }] of cells.entries()) {
    const weight = weights[index] as number;
    both[row] = (both[row] as number) + weight;
    if (given !== -1) both[given] = (both[given] as number) + weight;
    if (given === row) right[row] = (right[row] as number) + weight;
  }
  return meanOf(Array.from(right, (own, label) => (2 * own) / (both[label] as number)));
}

/**
 * Mean of F1 over the labels that are right for at least one item. Its interval is from a Bayesian bootstrap over the
 * items: each weighs what an exponential draw says, so that a cell of the matrix weighs a gamma draw of its count, and the
 * work doesn't grow with the items.
 *
 * Source: Rubin, Annals of Statistics 9 (1981) 130-134.
 */
export function macroF1(rows: readonly ConfusionRow[]): MacroF1 {
  const cells = heldCells(rows);
  const counts = cells.map(({ count }) => count);
  const value = macroOf(cells, counts, rows.length);
  return { value, labels: rows.length, interval: value > 0 && value < 1 ? drawn(cells, rows.length) : undefined };
}

function drawn(cells: readonly HeldCell[], labels: number): Interval {
  const gamma = createGammaSource(createRandom(seed));
  const values = Float64Array.from({ length: replicates }, () =>
    macroOf(
      cells,
      cells.map(({ count }) => gamma(count)),
      labels,
    ),
  ).toSorted();
  return {
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
    level,
    method: `bootstrap over items, ${replicates} replicates`,
  };
}

/** A model's matrix with what follows from it. */
export function modelLabels(model: string, rows: readonly ConfusionRow[], labels: readonly string[]): ModelLabels {
  const items = rows.reduce((sum, row) => sum + row.items, 0);
  return { model, items, rows, figures: labelFigures(rows, labels), macroF1: macroF1(rows) };
}

/** One way to be wrong: `billing` read as `bug`, 7 of 40. */
export interface ConfusedPair {
  readonly right: string;
  readonly given: string;
  readonly count: number;
  /** Items with that right label. */
  readonly items: number;
}

/** The commonest confusions of a model, the most frequent first. */
export function largestConfusions({ rows }: ModelLabels, limit: number): readonly ConfusedPair[] {
  return rows
    .flatMap(({ label, items, given }) =>
      given.flatMap(([name, count]): ConfusedPair[] =>
        name === label ? [] : [{ right: label, given: name, count, items }],
      ),
    )
    .toSorted((left, right) => right.count - left.count)
    .slice(0, limit);
}
