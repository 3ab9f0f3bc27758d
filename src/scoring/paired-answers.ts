import type { Interval } from '../core/measurement.ts';
import { fieldPrefix } from '../core/task.ts';
import { meanOf } from '../stats/means.ts';
import { pairedComparison, type PairedComparison } from '../stats/paired-comparison.ts';
import { scoreInterval } from '../stats/score-interval.ts';
import { comparedFacts, type ComparedVerdict, type MetricComparison, type SideValue } from './comparison.ts';

interface Change extends Pick<PairedComparison, 'interval' | 'leastDrop' | 'p' | 'test'> {
  readonly change: number;
  readonly isSignificant: boolean;
}

interface PairedOptions {
  readonly level: number;
  readonly clusters: readonly string[] | undefined;
}

function isOutside(value: number, { low, high }: Interval): boolean {
  return value < low || value > high;
}

/** How values in [0, 1] of the same items differ. */
export function pairedChange(a: readonly number[], b: readonly number[], options: PairedOptions): Change {
  const { difference, interval, p, test, leastDrop } = pairedComparison(a, b, options);
  // Wider than the test alone would have it, an interval counts too.
  const isSignificant = isOutside(0, interval);
  return { change: difference, interval, leastDrop, p, test, isSignificant };
}

/** What an answer has beside its score. */
export interface MeasuredAnswer {
  readonly cluster: string | undefined;
  /** Absent where nobody kept them; empty where no answer came. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/** What an item depends on, such as its passage; undefined where all are independent. */
export function clustersOf(answers: readonly MeasuredAnswer[]): readonly string[] | undefined {
  const labels = answers.map(({ cluster }) => cluster).filter((cluster) => cluster !== undefined);
  return labels.length === answers.length && labels.length > 0 ? labels : undefined;
}

/** All answers of both sides, and those to the items of both, in the same order. */
export interface PairedAnswers {
  readonly own: readonly [readonly MeasuredAnswer[], readonly MeasuredAnswer[]];
  readonly pairs: readonly [readonly MeasuredAnswer[], readonly MeasuredAnswer[]];
  /** Of the accuracy of either side, which hold for all that its answers tell. */
  readonly doubts: readonly string[];
}

/** Metrics of whole answers that either side has; none where one side's are not known, or some lie outside [0, 1]. */
function metricNames({ own }: PairedAnswers): readonly string[] {
  const all = own.flat();
  if (all.some(({ metrics }) => metrics === undefined)) return [];
  const entries = all.flatMap(({ metrics = {} }) => Object.entries(metrics));
  const outside = new Set(entries.filter(([, value]) => !(value >= 0 && value <= 1)).map(([name]) => name));
  const names = new Set(entries.map(([name]) => name));
  return [...names].filter((name) => !name.startsWith(fieldPrefix) && !outside.has(name));
}

/** An item without a metric counts as 0 in it, as in the scoreboard. */
function valuesOf(answers: readonly MeasuredAnswer[], name: string): readonly number[] {
  return answers.map(({ metrics = {} }) => metrics[name] ?? 0);
}

function sideOf(answers: readonly MeasuredAnswer[], name: string, level: number): SideValue {
  const values = valuesOf(answers, name);
  const interval = scoreInterval(values, { level, clusters: clustersOf(answers) });
  return { value: meanOf(values), interval, n: values.length, bounds: undefined, isDoubtful: false };
}

function verdictOf({ change, isSignificant }: Change, isLessBetter: boolean | undefined): ComparedVerdict {
  if (!isSignificant) return 'no_clear_difference';
  if (isLessBetter === undefined) return 'different';
  return change > 0 !== isLessBetter ? 'better' : 'worse';
}

/** What a task measures of each answer beside its score, such as whether it is valid JSON: compared item by item. */
export function compareItemMetrics(answers: PairedAnswers, level: number): readonly MetricComparison[] {
  const { own, pairs, doubts } = answers;
  const [pairsA, pairsB] = pairs;
  if (pairsA.length === 0) return [];
  return metricNames(answers).map((name): MetricComparison => {
    const metric = `extra.${name}` as const;
    const options = { level, clusters: clustersOf(pairsA) };
    const found = pairedChange(valuesOf(pairsA, name), valuesOf(pairsB, name), options);
    const { change, interval, p, test } = found;
    return {
      metric,
      unit: 'ratio',
      a: sideOf(own[0], name, level),
      b: sideOf(own[1], name, level),
      change,
      interval,
      leastDrop: undefined,
      p,
      test,
      verdict: verdictOf(found, comparedFacts(metric).isLessBetter),
      reason: undefined,
      doubts,
    };
  });
}
