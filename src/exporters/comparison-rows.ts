import { changeText, signed } from '../scoring/comparison-verdict.ts';
import {
  comparedMetricFacts,
  type CellComparison,
  type ItemChange,
  type MetricComparison,
  type SettingDifference,
  type SideValue,
} from '../scoring/comparison.ts';
import { decimalsFor, humanInterval, humanScale, type HumanScale } from '../core/amount-text.ts';

export const comparisonHeadings = ['', 'A', 'B', 'B against A', 'p', ''] as const;
export const comparisonAlignments = ['left', 'right', 'right', 'right', 'right', 'left'] as const;

const verdictMarks = { better: 'better', worse: 'worse', same: '~', unknown: '?' } as const;

function sideText(side: SideValue | undefined, metric: MetricComparison['metric'], scale: HumanScale): string {
  if (side === undefined) return '–';
  const value = side.value / scale.divisor;
  const half = side.interval && (side.interval.high - side.interval.low) / 2 / scale.divisor;
  const text = humanInterval(value, half, metric === 'accuracy' ? 3 : decimalsFor(value));
  return scale.label === '' ? text : `${text} ${scale.label}`;
}

function rangeText({ metric, interval }: MetricComparison): string {
  if (interval === undefined) return '';
  const shown = (value: number): string => signed(100 * (metric === 'accuracy' ? value : value - 1));
  return ` [${shown(interval.low)}, ${shown(interval.high)}]`;
}

/** Three decimals, and never a bare 0. */
function probabilityText(p: number | undefined): string {
  if (p === undefined) return '';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** One line of the table for people: metric, both sides, the change with its interval, p, verdict. */
export function comparisonRow(comparison: MetricComparison): readonly string[] {
  const { metric, unit, a, b, change, p, verdict, doubts } = comparison;
  const values = [a, b].flatMap((side) => (side === undefined ? [] : [side.value]));
  const scale = humanScale(unit ?? 'count', values);
  return [
    comparedMetricFacts[metric].label,
    sideText(a, metric, scale),
    sideText(b, metric, scale),
    change === undefined ? '–' : `${changeText(comparison)}${rangeText(comparison)}`,
    probabilityText(p),
    `${verdictMarks[verdict]}${doubts.length > 0 ? ' !' : ''}`,
  ];
}

/** `GSM8K · gsm8k/per@1 · serving protocol · alpha against beta`. */
export function cellTitle({ title, taskId, protocol, a, b }: CellComparison): string {
  const models = a.model === b.model ? a.model : `${b.model} against ${a.model}`;
  return [title, taskId, `${protocol} protocol`, models].filter((part) => part !== undefined).join(' · ');
}

/** What a reader of the table must know, one sentence each. */
export function comparisonNotes(cell: CellComparison): readonly string[] {
  const { pairs, onlyA, onlyB, otherPrompts, metrics } = cell;
  const unpaired = [...(onlyA > 0 ? [`${onlyA} only in A`] : []), ...(onlyB > 0 ? [`${onlyB} only in B`] : [])];
  const test = metrics.find(({ metric }) => metric === 'accuracy')?.test;
  return [
    `${pairs} items compared one by one${test === undefined ? '' : ` (${test})`}${unpaired.length === 0 ? '' : `; ${unpaired.join(' and ')}: not counted`}`,
    ...(otherPrompts > 0 ? [`${otherPrompts} of these items had another prompt in B`] : []),
    ...metrics
      .filter(({ reason }) => reason !== undefined)
      .map(({ metric, reason }) => `? ${comparedMetricFacts[metric].label}: ${reason}`),
    ...doubtNotes(metrics),
  ];
}

/** One line per doubt, with all the figures that it concerns. */
function doubtNotes(metrics: readonly MetricComparison[]): readonly string[] {
  const all = metrics.flatMap(({ metric, doubts }) => doubts.map((doubt) => ({ metric, doubt })));
  return Array.from(
    Map.groupBy(all, ({ doubt }) => doubt),
    ([doubt, group]) => {
      const labels = group.map(({ metric }) => comparedMetricFacts[metric].label);
      return `! ${labels.join(', ')} of ${doubt}`;
    },
  );
}

const affected = { answers: 'accuracy', performance: 'performance', both: 'everything' } as const;

/** A difference in how the two were made, as a sentence. */
export function differenceText({ what, a, b, affects }: SettingDifference): string {
  return `${what}: ${a} in A, ${b} in B (makes ${affected[affects]} hard to compare)`;
}

/** `right → wrong` for whole points, else both scores. */
export function changeOfItem({ scoreA, scoreB }: ItemChange): string {
  const word = (score: number): string => (score === 1 ? 'right' : score === 0 ? 'wrong' : score.toFixed(2));
  return `${word(scoreA)} → ${word(scoreB)}`;
}

/** An answer on one line, cut where it is long. */
export function answerText(answer: string | undefined, longest = 60): string {
  if (answer === undefined) return '(none)';
  const line = answer.replaceAll(/\s+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
