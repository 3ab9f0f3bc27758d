import type { Interval, Unit } from '../core/measurement.ts';

/** What a user may demand; each holds on every task. Shares are ratios, times milliseconds, sizes bytes. */
export const constraintFacts = {
  minAccuracy: { metric: 'accuracy', label: 'accuracy', isUpper: false, unit: 'ratio' },
  minThroughput: { metric: 'throughput', label: 'throughput', isUpper: false, unit: undefined },
  maxMemory: { metric: 'memory', label: 'memory', isUpper: true, unit: 'bytes' },
  maxLatency: { metric: 'latency', label: 'latency', isUpper: true, unit: 'ms' },
  maxLatencyP95: { metric: 'latencyP95', label: 'latency p95', isUpper: true, unit: 'ms' },
  maxPrice: { metric: 'pricePerThousand', label: 'price of 1,000 answers', isUpper: true, unit: 'price/1000 items' },
} as const satisfies Record<
  string,
  {
    readonly metric: 'accuracy' | 'throughput' | 'memory' | 'latency' | 'latencyP95' | 'pricePerThousand';
    readonly label: string;
    /** The value may be at most the limit; else at least. */
    readonly isUpper: boolean;
    /** Of the limit where nothing was measured; throughput has that of its table. */
    readonly unit: Unit | undefined;
  }
>;

export type ConstraintName = keyof typeof constraintFacts;
export const constraintNames = Object.keys(constraintFacts) as readonly ConstraintName[];

/** A constraint that isn't there isn't checked. */
export type Constraints = Readonly<Partial<Record<ConstraintName, number | undefined>>>;

/** One constraint on one model and task. */
export interface ConstraintCheck {
  readonly constraint: ConstraintName;
  readonly taskId: string;
  readonly limit: number;
  readonly unit: Unit | undefined;
  /** Undefined where it wasn't measured, which doesn't pass. */
  readonly value: number | undefined;
  readonly interval: Interval | undefined;
  readonly isPassed: boolean;
  /** The whole interval is on the same side; undefined where there is no interval. */
  readonly isSure: boolean | undefined;
}

/** One constraint loosened: how far it must go until somebody passes. */
export interface LargestGate {
  readonly constraint: ConstraintName;
  /** The strictest limit that a model passes together with the other constraints. */
  readonly limit: number;
  readonly unit: Unit | undefined;
  readonly model: string;
}

/** Whether anything is demanded. */
export function hasConstraints(constraints: Constraints | undefined): constraints is Constraints {
  return constraints !== undefined && constraintNames.some((name) => constraints[name] !== undefined);
}
