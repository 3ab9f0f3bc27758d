import type { CellState } from '../core/cell.ts';
import { type Interval, launchMetrics, type Unit } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';

/** What two cells are compared in; accuracy by items, the rest by launches. */
export const comparedMetrics = ['accuracy', ...launchMetrics] as const;

export type ComparedMetric = (typeof comparedMetrics)[number];

/** Names for people, and which way is good. */
export const comparedMetricFacts = {
  accuracy: { label: 'accuracy', isLessBetter: false },
  throughput: { label: 'throughput', isLessBetter: false },
  outputTokensPerSecond: { label: 'output tokens', isLessBetter: false },
  latency: { label: 'latency', isLessBetter: true },
  latencyP95: { label: 'latency p95', isLessBetter: true },
  timeToFirstTokenP50: { label: 'time to first token', isLessBetter: true },
  timePerOutputTokenP50: { label: 'time per output token', isLessBetter: true },
  memory: { label: 'memory', isLessBetter: true },
  energyPerItem: { label: 'energy per answer', isLessBetter: true },
  pricePerThousand: { label: 'price per 1,000 answers', isLessBetter: true },
} as const satisfies Record<ComparedMetric, { readonly label: string; readonly isLessBetter: boolean }>;

/** What a task measures of each answer beside its score, as a row of a comparison: `extra.json_valid`. */
export type ItemMetric = `extra.${string}`;

/** Those of the tasks that perbench has, where more is better; of others nobody knows which way is good. */
const itemMetricLabels: Readonly<Record<string, string>> = {
  json_valid: 'valid JSON',
  schema_valid: 'fits schema',
  fields_right: 'fields right',
  acc: 'acc',
  acc_norm: 'acc_norm',
  acc_bytes: 'acc_bytes',
  acc_token: 'acc_token',
  strict_match: 'strict_match',
  flexible_extract: 'flexible_extract',
  f1: 'f1',
};

export interface ComparedFacts {
  readonly label: string;
  /** Undefined where nobody knows which way is good. */
  readonly isLessBetter: boolean | undefined;
}

export function comparedFacts(metric: ComparedMetric | ItemMetric): ComparedFacts {
  if (!isItemMetric(metric)) return comparedMetricFacts[metric];
  const name = metric.slice('extra.'.length);
  const known = itemMetricLabels[name];
  return { label: known ?? name, isLessBetter: known === undefined ? undefined : false };
}

function isItemMetric(metric: ComparedMetric | ItemMetric): metric is ItemMetric {
  return metric.startsWith('extra.');
}

/** Compared item by item, so that its change is a difference of shares; the others' is a ratio. */
export function isByItem(metric: ComparedMetric | ItemMetric): boolean {
  return metric === 'accuracy' || isItemMetric(metric);
}

/**
 * `no_clear_difference`: none that is significant, shown as `~`. `different`: significant, of a metric of which nobody knows
 * which way is good. `unknown`: no data to decide.
 */
export type ComparedVerdict = 'better' | 'worse' | 'different' | 'no_clear_difference' | 'unknown';

/** One side's own number. */
export interface SideValue {
  readonly value: number;
  /** Of this side alone; undefined where it isn't known. */
  readonly interval: Interval | undefined;
  /** Items or launches. */
  readonly n: number;
  /**
   * What a limit on the value goes by, where that isn't its interval: exact bounds of a share; of a latency, those of items
   * as well as launches.
   */
  readonly bounds: Interval | undefined;
  /** Why a limit on the value can't be checked although the value is known, as a phrase. */
  readonly boundless?: string | undefined;
  /** A reason not to trust it, other than a busy machine where the suite takes its numbers as they are. */
  readonly isDoubtful: boolean;
}

/** One metric of two cells; a is the baseline, b the candidate. */
export interface MetricComparison {
  readonly metric: ComparedMetric | ItemMetric;
  readonly unit: Unit | undefined;
  readonly a: SideValue | undefined;
  readonly b: SideValue | undefined;
  /** Accuracy and metrics of items: b minus a. The rest: b over a. Undefined where a side is missing. */
  readonly change: number | undefined;
  /** Of the change. */
  readonly interval: Interval | undefined;
  /** Of accuracy: the drop that is shown for certain, which a limit on it has to be below to fail; where there is one. */
  readonly leastDrop: number | undefined;
  /** Where there is a test, two-sided. */
  readonly p: number | undefined;
  readonly test: string | undefined;
  readonly verdict: ComparedVerdict;
  /** Why the verdict is unknown, as a phrase. */
  readonly reason: string | undefined;
  /** Reasons to distrust a number of either side, one sentence each. */
  readonly doubts: readonly string[];
}

/** One item that b answers better or worse than a. */
export interface ItemChange {
  readonly itemId: string;
  /** First words of its prompt that are its own. */
  readonly question: string;
  readonly expected: string;
  readonly scoreA: number;
  readonly scoreB: number;
  /** Undefined where none could be read. */
  readonly answerA: string | undefined;
  readonly answerB: string | undefined;
}

/** What differs in how two cells were made. */
export interface SettingDifference {
  /** Such as `engine build`. */
  readonly what: string;
  readonly a: string;
  readonly b: string;
  /** What it makes hard to compare. */
  readonly affects: 'answers' | 'performance' | 'both';
}

export interface ComparedSide {
  readonly runId: string;
  readonly model: string;
  readonly state: CellState;
  readonly error: string | undefined;
}

/** Two cells of the same task side by side. Plain JSON. */
export interface CellComparison {
  readonly taskId: string;
  readonly title: string | undefined;
  readonly protocol: ProtocolName;
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  /** Items that both answered. */
  readonly pairs: number;
  /** Items that only one side has; they count nowhere. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Items of both whose prompt isn't the same, though template and tokenizer are. */
  readonly otherPrompts: number;
  readonly metrics: readonly MetricComparison[];
  /** Flips from right to wrong first, then by how much was lost. */
  readonly regressions: readonly ItemChange[];
  readonly improvements: readonly ItemChange[];
  readonly differences: readonly SettingDifference[];
}

/** Everything that `compare` found. */
export interface Comparison {
  readonly level: number;
  readonly cells: readonly CellComparison[];
  /** Cells without a partner, one sentence each. */
  readonly unmatched: readonly string[];
  /** One sentence. */
  readonly verdict: string;
}

/** `+3.2 points` of what is compared item by item, `+7.4 %` of the rest. */
export function changeText({ metric, change }: Pick<MetricComparison, 'metric' | 'change'>): string {
  if (change === undefined) return '';
  return isByItem(metric) ? `${signed(100 * change)} points` : `${signed(100 * (change - 1))} %`;
}

/** One decimal, with a sign; a change that rounds to nothing has none. */
export function signed(value: number): string {
  const text = value.toFixed(1);
  if (Number(text) === 0) return '0.0';
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

interface Finding {
  readonly place: string;
  readonly comparison: MetricComparison;
}

function list(findings: readonly Finding[], isSingle: boolean): string {
  const byMetric = Map.groupBy(findings, ({ comparison }) => comparison.metric);
  return Array.from(byMetric, ([metric, group]) => {
    const { label } = comparedFacts(metric);
    const first = group[0] as Finding;
    if (isSingle) return `${label} (${changeText(first.comparison)})`;
    return `${label} on ${group.map(({ place, comparison }) => `${place} (${changeText(comparison)})`).join(' and ')}`;
  }).join(', ');
}

/**
 * The comparison in one sentence: what b is better in, worse in, and what could not be compared.
 *
 * @param names of the two sides, as the reader knows them
 */
export function comparisonVerdict(
  cells: readonly CellComparison[],
  names: { readonly a: string; readonly b: string },
): string {
  const models = new Set(cells.map(({ b }) => b.model));
  const all = cells.flatMap((cell) =>
    cell.metrics.map((comparison): Finding => {
      const task = cell.taskId.split('/')[0] ?? cell.taskId;
      return { place: models.size > 1 ? `${cell.b.model} / ${task}` : task, comparison };
    }),
  );
  const of = (verdict: MetricComparison['verdict']): Finding[] =>
    all.filter(({ comparison }) => comparison.verdict === verdict);
  const isSingle = cells.length === 1;
  const [better, worse, different, unknown] = [of('better'), of('worse'), of('different'), of('unknown')];
  const against = `${names.b} against ${names.a}`;
  if (all.length === unknown.length) return `${against}: nothing could be compared.`;
  const parts = [
    ...(better.length > 0 ? [`better in ${list(better, isSingle)}`] : []),
    ...(worse.length > 0 ? [`worse in ${list(worse, isSingle)}`] : []),
    ...(different.length > 0 ? [`different in ${list(different, isSingle)}`] : []),
    ...(better.length + worse.length + different.length === 0
      ? ['no clear difference (~)']
      : of('no_clear_difference').length > 0
        ? ['no clear difference in the rest (~)']
        : []),
    ...(unknown.length > 0 ? [`${unknown.length} of ${all.length} metrics could not be compared (?)`] : []),
  ];
  return `${against}: ${parts.join('; ')}.`;
}
