import { gateLimitNames, type GateLimitName, type GateLimits } from '../core/gate-limits.ts';
import type { Interval, Unit } from '../core/measurement.ts';
import type { CellComparison, ComparedMetric, MetricComparison } from './comparison.ts';

export type GateOutcome = 'pass' | 'fail' | 'inconclusive';

/** One limit on one cell. Plain JSON. */
export interface GateCheck {
  readonly taskId: string;
  readonly model: string;
  readonly limit: GateLimitName;
  readonly metric: ComparedMetric;
  /** `difference` and `ratio`: candidate against baseline; `value`: the candidate alone. */
  readonly kind: 'difference' | 'ratio' | 'value';
  readonly unit: Unit | undefined;
  /** What the interval must lie on the good side of: a difference, a ratio, or a value in base units. */
  readonly bound: number;
  readonly isUpper: boolean;
  /** The point; the decision never rests on it alone. */
  readonly estimate: number | undefined;
  readonly interval: Interval | undefined;
  readonly outcome: GateOutcome;
  /** Why nothing could be decided, or what speaks against the numbers; one sentence each. */
  readonly notes: readonly string[];
}

/** What to make of it when the numbers don't decide. */
export type InconclusiveRule = 'report' | 'pass' | 'fail';

/** The gate's decision; the words, the exit code and every file come from `outcome` alone. */
export interface GateResult {
  readonly outcome: GateOutcome;
  /** How many checks were inconclusive although the outcome says pass or fail, because the rule says so. */
  readonly ruled: number;
  readonly rule: InconclusiveRule;
  readonly checks: readonly GateCheck[];
}

interface LimitFacts {
  readonly metric: ComparedMetric;
  readonly kind: GateCheck['kind'];
  readonly isUpper: boolean;
  readonly bound: (limit: number) => number;
}

const same = (limit: number): number => limit;
const drop = (limit: number): number => 1 - limit;
const rise = (limit: number): number => 1 + limit;

const facts = {
  maxAccuracyDrop: { metric: 'accuracy', kind: 'difference', isUpper: false, bound: (limit) => 0 - limit },
  maxThroughputDrop: { metric: 'throughput', kind: 'ratio', isUpper: false, bound: drop },
  maxLatencyRise: { metric: 'latency', kind: 'ratio', isUpper: true, bound: rise },
  maxLatencyP95Rise: { metric: 'latencyP95', kind: 'ratio', isUpper: true, bound: rise },
  maxMemoryRise: { metric: 'memory', kind: 'ratio', isUpper: true, bound: rise },
  minAccuracy: { metric: 'accuracy', kind: 'value', isUpper: false, bound: same },
  minThroughput: { metric: 'throughput', kind: 'value', isUpper: false, bound: same },
  maxLatency: { metric: 'latency', kind: 'value', isUpper: true, bound: same },
  maxLatencyP95: { metric: 'latencyP95', kind: 'value', isUpper: true, bound: same },
  maxMemory: { metric: 'memory', kind: 'value', isUpper: true, bound: same },
} as const satisfies Record<GateLimitName, LimitFacts>;

/**
 * Non-inferiority from an interval: passed where all of it is on the good side of the bound, failed where none of it is,
 * otherwise nobody can tell.
 */
export function intervalOutcome(interval: Interval, bound: number, isUpper: boolean): GateOutcome {
  // Differences and ratios carry rounding errors of the last bits; a limit of 5 % must not fail at exactly 5 %.
  const slack = 1e-12 * Math.max(1, Math.abs(bound));
  const [good, bad] = isUpper ? [interval.high, interval.low] : [interval.low, interval.high];
  const isNoWorse = (value: number): boolean => (isUpper ? value <= bound + slack : value >= bound - slack);
  if (isNoWorse(good)) return 'pass';
  return isNoWorse(bad) ? 'inconclusive' : 'fail';
}

function checkLimit(
  name: GateLimitName,
  limit: number,
  cell: CellComparison,
  found: MetricComparison | undefined,
): GateCheck {
  const { metric, kind, isUpper, bound } = facts[name];
  const base = { taskId: cell.taskId, model: cell.b.model, limit: name, metric, kind, isUpper, bound: bound(limit) };
  const unit = kind === 'value' ? found?.unit : 'ratio';
  if (cell.b.state === 'failed' || cell.b.state === 'unavailable') {
    const note = `the candidate ${cell.b.state === 'failed' ? 'failed' : 'is unavailable'}: ${cell.b.error ?? 'no reason given'}`;
    return { ...base, unit, estimate: undefined, interval: undefined, outcome: 'fail', notes: [note] };
  }
  const own = kind === 'value' ? found?.b : { value: found?.change, interval: found?.interval };
  const { value: estimate, interval } = own ?? {};
  if (interval === undefined) {
    const single = 'from one launch: how far another would differ was not measured';
    const reason = found?.reason ?? (estimate === undefined ? 'not measured' : single);
    return { ...base, unit, estimate, interval, outcome: 'inconclusive', notes: [reason, ...(found?.doubts ?? [])] };
  }
  const outcome = cell.b.state === 'done' ? intervalOutcome(interval, base.bound, isUpper) : 'inconclusive';
  const unfinished = cell.b.state === 'done' ? [] : ['the candidate is not finished'];
  return { ...base, unit, estimate, interval, outcome, notes: [...unfinished, ...(found?.doubts ?? [])] };
}

/**
 * Checks limits on compared cells.
 *
 * @param limitsOf the limits of a task, in base units
 */
export function gateChecks(
  cells: readonly CellComparison[],
  limitsOf: (taskId: string) => GateLimits,
): readonly GateCheck[] {
  return cells.flatMap((cell) => {
    const limits = limitsOf(cell.taskId);
    const names = gateLimitNames.filter((name) => limits[name] !== undefined);
    return names.map((name) => {
      const found = cell.metrics.find(({ metric }) => metric === facts[name].metric);
      return checkLimit(name, limits[name] as number, cell, found);
    });
  });
}

/** One failed check fails the gate; without one, an inconclusive check makes it inconclusive, unless a rule says else. */
export function decideGate(checks: readonly GateCheck[], rule: InconclusiveRule): GateResult {
  const open = checks.filter(({ outcome }) => outcome === 'inconclusive').length;
  const hasFailed = checks.some(({ outcome }) => outcome === 'fail');
  if (hasFailed) return { outcome: 'fail', ruled: 0, rule, checks };
  if (open === 0) return { outcome: checks.length === 0 ? 'inconclusive' : 'pass', ruled: 0, rule, checks };
  if (rule === 'report') return { outcome: 'inconclusive', ruled: 0, rule, checks };
  return { outcome: rule, ruled: open, rule, checks };
}
