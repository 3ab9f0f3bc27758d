import type { Interval } from '../core/measurement.ts';
import { normalQuantile } from '../stats/distributions.ts';
import { isMacroF1 } from '../stats/macro-f1.ts';
import { clusteredStandardError, exactBounds } from '../stats/score-interval.ts';
import type { AnswerFacts, Usability, UsableBound } from './answer.ts';
import { headlineName } from './headline.ts';
import { valueOf, type Scoreboard, type ScoreboardRow } from './scoreboard.ts';

const level = 0.95;
/** Chance of telling that a number of further items is to give. */
const power = 0.8;

/** Items that dependent ones are worth; without any variance as many as there are clusters. */
export function independentItems(scores: readonly number[], clusters: readonly string[] | undefined): number {
  const count = clusters === undefined ? 0 : new Set(clusters).size;
  if (clusters === undefined || count < 2 || count === scores.length) return scores.length;
  const { standardError, designEffect } = clusteredStandardError(scores, clusters);
  return standardError < 1e-12 ? count : scores.length / Math.max(1, designEffect);
}

/** Baselines that have learned from the texts: a model is compared with them, but may be of use below them. */
const comparisons: ReadonlySet<string> = new Set(['words']);

/** The best answer to a task that needs no model. */
export function trivialBound({
  anchors,
  chance = anchors?.trivialAccuracy ?? 0,
  baselines = {},
}: Pick<Scoreboard, 'anchors' | 'chance' | 'baselines'>): UsableBound {
  const trivial = Object.entries(baselines).filter(([name]) => !comparisons.has(name));
  const [best] = trivial.toSorted(([, left], [, right]) => right - left);
  return best !== undefined && best[1] > chance
    ? { accuracy: best[1], of: best[0] }
    : { accuracy: chance, of: 'chance' };
}

/** Items in all with which the difference of an accuracy from the bound would probably be certain. */
function itemsToTell(accuracy: number, bound: number): number | undefined {
  if (Math.abs(accuracy - bound) < 0.005) return undefined;
  const spread = (share: number): number => Math.sqrt(share * (1 - share));
  const reach = normalQuantile(level) * spread(bound) + normalQuantile(power) * spread(accuracy);
  const normal = (reach / (accuracy - bound)) ** 2;
  // Where a bound has no spread, as at 0, one right answer tells: waited for with the same chance.
  const [far, near] = [Math.max(accuracy, bound), Math.min(accuracy, bound)];
  const exact = Math.log(1 - level) / Math.log1p(near - far);
  return Math.ceil(Math.max(normal, accuracy === 0 || accuracy === 1 ? exact : 0, 1));
}

/** What of a row decides. */
type UsableRow = Pick<ScoreboardRow, 'measurements' | 'state' | 'answers'>;

/**
 * Whether a model's accuracy is shown to exceed the bound, by exact one-sided bounds that respect clusters; more than half
 * of the outputs unreadable is not usable whatever the bound.
 *
 * Source: docs/deciding.md, "Usable".
 *
 * @param bound what has to be exceeded, or at least reached where it is the user's limit
 * @param metric name of the task's headline
 * @returns undefined where accuracy wasn't measured
 */
export function usabilityOf(row: UsableRow, bound: UsableBound, metric?: string): Usability | undefined {
  const headline = valueOf(row.measurements.accuracy);
  if (headline === undefined || row.state !== 'done') return undefined;
  const facts = row.answers ?? publishedFacts(row, headline);
  const macro = macroInterval(row);
  // Chance and answers without a model are shares of right answers: macro F1 says nothing about those.
  const isShare = macro !== undefined && bound.of !== 'limit' && facts !== undefined;
  const accuracy = isShare ? facts.right / facts.items : headline;
  const name = isShare ? undefined : headlineName(macro === undefined ? metric : 'macro_f1');
  const named = name === undefined ? {} : { metric: name };
  const isReached = (value: number): boolean =>
    bound.of === 'limit' ? value >= bound.accuracy : value > bound.accuracy;
  if (facts === undefined) {
    return {
      state: isReached(accuracy) ? 'usable' : 'unusable',
      accuracy,
      ...named,
      low: accuracy,
      high: accuracy,
      items: undefined,
      bound,
      unreadable: 0,
      firstUnreadable: undefined,
      foreignLabels: undefined,
      moreItems: undefined,
    };
  }
  const { items, independentItems: n, unreadable, firstUnreadable, labels } = facts;
  const { low, high } = macro !== undefined && !isShare ? macro : exactBounds(accuracy * n, n, level);
  const isUnreadable = unreadable > items / 2;
  const state = isUnreadable || !isReached(high) ? 'unusable' : isReached(low) ? 'usable' : 'unproven';
  const needed = state === 'unproven' ? itemsToTell(accuracy, bound.accuracy) : undefined;
  const isForeign = labels !== undefined && labels.amongLabels === 0 && unreadable < items;
  return {
    state,
    accuracy,
    ...named,
    low,
    high,
    items,
    bound,
    unreadable,
    firstUnreadable: isUnreadable ? firstUnreadable : undefined,
    foreignLabels: isForeign ? labels.labels : undefined,
    moreItems: needed === undefined ? undefined : Math.max(1, Math.ceil((needed * items) / n) - items),
  };
}

/** The interval of an accuracy that is macro F1, whose bounds no count of right answers gives. */
function macroInterval({ measurements: { accuracy } }: UsableRow): Interval | undefined {
  if (accuracy === undefined || accuracy.status === 'unavailable') return undefined;
  return isMacroF1(accuracy.interval) ? accuracy.interval : undefined;
}

/** Of a table that says how many items are behind an accuracy. */
function publishedFacts({ measurements }: UsableRow, accuracy: number): AnswerFacts | undefined {
  const measured = measurements.accuracy;
  if (measured === undefined || measured.status === 'unavailable' || measured.interval === undefined) return undefined;
  const { n } = measured;
  return {
    items: n,
    right: accuracy * n,
    independentItems: n,
    unreadable: 0,
    firstUnreadable: undefined,
    labels: undefined,
  };
}

const boundNames: Readonly<Record<string, string>> = {
  chance: 'chance',
  limit: 'the required accuracy',
  majority: 'always giving the commonest answer',
  longest: 'always taking the longest choice',
  always_unanswerable: 'always answering "unanswerable"',
  always_empty: 'never answering',
};

/**
 * `chance (0.25)`.
 *
 * @param metric what is compared with it, where that is no share of right answers
 */
export function boundText({ of, accuracy }: UsableBound, metric?: string): string {
  const name = of === 'limit' && metric !== undefined ? `the required ${metric}` : (boundNames[of] ?? of);
  return `${name} (${Number(accuracy.toFixed(3))})`;
}

/** `7 of 10 right`, or the accuracy where credit is partial or nobody says how many. */
export function rightText({ accuracy, items, metric }: Pick<Usability, 'accuracy' | 'items' | 'metric'>): string {
  if (metric !== undefined) return `${metric} ${accuracy.toFixed(3)}`;
  const right = items === undefined ? Number.NaN : accuracy * items;
  return Math.abs(right - Math.round(right)) < 1e-6
    ? `${Math.round(right)} of ${items} right`
    : `accuracy ${accuracy.toFixed(3)}`;
}

/** Why a model isn't usable, or isn't shown to be, a phrase each; nothing of one that is. */
export function usabilityText(usability: Usability): readonly string[] {
  const { state, bound, unreadable, items, firstUnreadable, foreignLabels, moreItems, high } = usability;
  if (state === 'usable') return [];
  const labels = foreignLabels?.slice(0, 4).map((label) => JSON.stringify(label)) ?? [];
  const foreign =
    labels.length === 0 ? [] : [`not one answer is a label of the task (${labels.join(', ')}): check the labels`];
  if (items !== undefined && unreadable > items / 2) {
    const quoted = firstUnreadable === undefined ? '' : `, such as ${JSON.stringify(firstUnreadable.slice(0, 60))}`;
    return [`no answer could be read from ${unreadable} of ${items} outputs${quoted}`, ...foreign];
  }
  const against = boundText(bound, usability.metric);
  if (state === 'unusable') {
    const most = items === undefined ? '' : ` (at most ${high.toFixed(3)})`;
    return [
      `${rightText(usability)}${most}: ${bound.of === 'limit' ? 'below' : 'no better than'} ${against}`,
      ...foreign,
    ];
  }
  const more = moreItems === undefined ? '' : `; about ${moreItems} more items would probably tell`;
  return [
    `${rightText(usability)}: not shown to ${bound.of === 'limit' ? 'reach' : 'exceed'} ${against}${more}`,
    ...foreign,
  ];
}
