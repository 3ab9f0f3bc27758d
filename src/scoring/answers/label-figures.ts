import { type LabelledAnswers, macroF1, macroF1Interval } from '../../stats/macro-f1.ts';
import { wilsonInterval } from '../../stats/score-interval.ts';
import type { ConfusionRow, CountedShare, LabelFigures, ModelLabels } from './board-answers.ts';

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

/**
 * A model's matrix with what follows from it.
 *
 * @param answers item by item; `known`: macro F1 as it was measured, which saves resampling
 */
export function modelLabels(
  model: string,
  rows: readonly ConfusionRow[],
  labels: readonly string[],
  { known, ...answers }: LabelledAnswers & { readonly known: CountedShare | undefined },
): ModelLabels {
  const figures = labelFigures(rows, labels);
  const macro = known ?? { value: macroF1(answers), interval: macroF1Interval(answers) };
  return {
    model,
    items: answers.gold.length,
    rows,
    figures,
    macroF1: {
      ...macro,
      labels: figures.filter(({ support, given }) => support + given > 0).length,
    },
  };
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
export function largestConfusions({ rows }: Pick<ModelLabels, 'rows'>, limit: number): readonly ConfusedPair[] {
  return rows
    .flatMap(({ label, items, given }) =>
      given.flatMap(([name, count]): ConfusedPair[] =>
        name === label ? [] : [{ right: label, given: name, count, items }],
      ),
    )
    .toSorted((left, right) => right.count - left.count)
    .slice(0, limit);
}
