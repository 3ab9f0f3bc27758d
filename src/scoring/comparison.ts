import type { CellState } from '../core/cell.ts';
import { type Interval, launchMetrics, type Unit } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';

/** What two cells are compared in; accuracy by items, the rest by launches. */
export const comparedMetrics = ['accuracy', ...launchMetrics] as const;

export type ComparedMetric = (typeof comparedMetrics)[number];

/** What people call them, and which way is good. */
export const comparedMetricFacts = {
  accuracy: { label: 'accuracy', isLessBetter: false },
  throughput: { label: 'throughput', isLessBetter: false },
  outputTokensPerSecond: { label: 'output', isLessBetter: false },
  latency: { label: 'latency', isLessBetter: true },
  latencyP95: { label: 'latency p95', isLessBetter: true },
  timeToFirstTokenP50: { label: 'first token', isLessBetter: true },
  timePerOutputTokenP50: { label: 'per token', isLessBetter: true },
  memory: { label: 'memory', isLessBetter: true },
} as const satisfies Record<ComparedMetric, { readonly label: string; readonly isLessBetter: boolean }>;

/** `same`: no significant difference, shown as `~`. `unknown`: there is nothing to tell it from. */
export type ComparedVerdict = 'better' | 'worse' | 'same' | 'unknown';

/** One side's own number. */
export interface SideValue {
  readonly value: number;
  /** Of this side alone; undefined where it isn't known. */
  readonly interval: Interval | undefined;
  /** Items or launches. */
  readonly n: number;
}

/** One metric of two cells; b is the candidate, a what it is held against. */
export interface MetricComparison {
  readonly metric: ComparedMetric;
  readonly unit: Unit | undefined;
  readonly a: SideValue | undefined;
  readonly b: SideValue | undefined;
  /** Accuracy: b minus a. The rest: b over a. Undefined where a side is missing. */
  readonly change: number | undefined;
  /** Of the change. */
  readonly interval: Interval | undefined;
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
