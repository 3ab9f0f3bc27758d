import { itemLabels } from '../core/item-labels.ts';
import type { ItemScore } from '../core/task.ts';
import { thresholds } from '../core/thresholds.ts';

/** How often one label, or one position of a choice, was right and was answered. */
export interface LabelCount {
  readonly label: string;
  readonly gold: number;
  readonly predicted: number;
}

/** Right and given answers by label: whether a model prefers a position or a word whatever it is asked. */
export interface LabelShares {
  readonly items: number;
  /** Items whose answer could not be read; they count as no label. */
  readonly unread: number;
  readonly labels: readonly LabelCount[];
  /** Total variation distance between the shares of right and of given answers, from 0 to 1. */
  readonly distance: number;
  /** Distance that as many answers drawn at random from the right shares would have on average. */
  readonly expectedDistance: number;
  /** The distance is above the threshold, and above twice of what chance gives. */
  readonly isBiased: boolean;
  /** Share of the commonest right label: what always giving it would score on these items. */
  readonly majority: number;
}

/** With more labels than this, an answer isn't a choice. */
const maxLabels = 12;

export interface LabelCounter {
  add(score: Pick<ItemScore, 'answer' | 'detail' | 'isUnparsed'>): void;
  /** Undefined where the items have no labels, or too many. */
  shares(): LabelShares | undefined;
}

/** Counts labels as scores stream by, as `itemLabels` reads them. */
export function createLabelCounter(): LabelCounter {
  const counts = new Map<string, { gold: number; predicted: number }>();
  let [items, unread] = [0, 0];
  const count = (label: string, kind: 'gold' | 'predicted'): void => {
    const own = counts.get(label) ?? { gold: 0, predicted: 0 };
    own[kind] += 1;
    counts.set(label, own);
  };
  return {
    add(score) {
      const labels = itemLabels(score);
      if (labels === undefined || counts.size > maxLabels) return;
      items += 1;
      count(labels.right, 'gold');
      if (labels.given === undefined) unread += 1;
      else count(labels.given, 'predicted');
    },
    shares() {
      if (items === 0 || counts.size > maxLabels) return undefined;
      const labels = Array.from(counts, ([label, own]) => ({ label, ...own })).toSorted((left, right) =>
        left.label < right.label ? -1 : 1,
      );
      return summarise(labels, items, unread);
    },
  };
}

function summarise(labels: readonly LabelCount[], items: number, unread: number): LabelShares {
  const answered = items - unread;
  let [distance, expectedDistance] = [0, 0];
  for (const { gold, predicted } of labels) {
    const share = gold / items;
    if (answered > 0) {
      distance += Math.abs(predicted / answered - share) / 2;
      // Mean absolute deviation of a binomial share, by its normal approximation.
      expectedDistance += Math.sqrt((2 * share * (1 - share)) / (Math.PI * answered)) / 2;
    }
  }
  const isBiased = distance > thresholds.labelDistance && distance > 2 * expectedDistance;
  const majority = Math.max(...labels.map(({ gold }) => gold)) / items;
  return { items, unread, labels, distance, expectedDistance, isBiased, majority };
}
