import { percentText } from '../core/amount-text.ts';
import type { Warning } from '../core/measurement.ts';
import type { LabelShares } from './label-shares.ts';

export interface TrivialComparison {
  readonly value: number;
  /** Standard error of the value. */
  readonly error: number;
  /** Names and scores of answers without a model, such as `{"chance": 0.25}`. */
  readonly trivial: Readonly<Record<string, number>>;
  readonly labels: LabelShares | undefined;
}

const phrases: Readonly<Record<string, string>> = {
  longest: 'always the longest choice',
  shortest: 'always the shortest choice',
  majority: 'always the commonest label',
  always_empty: 'always an empty answer',
  always_unanswerable: 'always "unanswerable"',
};

/** What no model is needed for, and whether the answers lean towards a label; at most one warning of each kind. */
export function trivialWarnings({ value, error, trivial, labels }: TrivialComparison): readonly Warning[] {
  // What always giving the commonest label scores on these very items stands above the published figure.
  const all = { ...trivial, ...(labels !== undefined && { majority: labels.majority }) };
  const near = Object.entries(all).filter(([, score]) => value < score + 2 * error);
  const shown = near.map(([name, score]) => ({ name, score: score.toFixed(3) }));
  const names = shown
    .filter(({ score }, index) => shown.findIndex((other) => other.score === score) === index)
    .map(({ name, score }) => `${phrases[name] ?? name.replaceAll('_', ' ')} (${score})`);
  const chance: Warning[] =
    names.length === 0
      ? []
      : [{ reason: 'near_chance', detail: `within two standard errors of ${names.join(', ')}, or below` }];
  return labels?.isBiased === true ? [...chance, labelWarning(labels)] : chance;
}

function labelWarning({ labels, items, unread, distance }: LabelShares): Warning {
  const answered = items - unread;
  const surplus = ({ gold, predicted }: (typeof labels)[number]): number => predicted / answered - gold / items;
  const [most] = labels.toSorted((left, right) => surplus(right) - surplus(left));
  const which =
    most === undefined
      ? ''
      : `"${most.label}" is ${percentText(most.predicted, 0, answered)} of the answers and right in ${percentText(most.gold, 0, items)}; `;
  return { reason: 'label_bias', detail: `${which}answers and right answers are ${distance.toFixed(2)} apart` };
}
