import {
  gateLimitNames,
  isUpperLimit,
  keepsBound,
  limitKind,
  type Limit,
  limitList,
  type LimitName,
  type Limits,
} from '../core/limits.ts';
import { type Interval, singleLaunch, type Unit } from '../core/measurement.ts';
import type { CellComparison, ComparedMetric } from './comparison.ts';

export type GateOutcome = 'pass' | 'fail' | 'inconclusive';

/** One limit on one cell. Plain JSON. */
export interface GateCheck {
  readonly taskId: string;
  readonly model: string;
  readonly limit: LimitName;
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

/** What a limit is on, and what its interval must lie on the good side of. */
function boundOf({ name, bound }: Limit): Pick<GateCheck, 'metric' | 'kind' | 'bound' | 'isUpper'> {
  const { metric, relation } = limitKind(name);
  const own = { metric: metric as ComparedMetric, isUpper: isUpperLimit(name) };
  if (relation === 'rise') return { ...own, kind: 'ratio', bound: 1 + bound };
  if (relation !== 'drop') return { ...own, kind: 'value', bound };
  return metric === 'accuracy'
    ? { ...own, kind: 'difference', bound: 0 - bound }
    : { ...own, kind: 'ratio', bound: 1 - bound };
}

/**
 * Non-inferiority from an interval: passed where all of it is on the good side of the bound, failed where none of it is,
 * otherwise inconclusive.
 */
export function intervalOutcome(interval: Interval, bound: number, isUpper: boolean): GateOutcome {
  const [worst, best] = isUpper ? [interval.high, interval.low] : [interval.low, interval.high];
  if (keepsBound(worst, bound, isUpper)) return 'pass';
  return keepsBound(best, bound, isUpper) ? 'inconclusive' : 'fail';
}

function checkLimit(limit: Limit, cell: CellComparison): GateCheck {
  const { metric, kind, bound, isUpper } = boundOf(limit);
  const found = cell.metrics.find((compared) => compared.metric === metric);
  const base = { taskId: cell.taskId, model: cell.b.model, limit: limit.name, metric, kind, isUpper, bound };
  const unit = kind === 'value' ? found?.unit : 'ratio';
  if (cell.b.state === 'failed' || cell.b.state === 'unavailable') {
    const note = `the candidate ${cell.b.state === 'failed' ? 'failed' : 'is unavailable'}: ${cell.b.error ?? 'no reason given'}`;
    return { ...base, unit, estimate: undefined, interval: undefined, outcome: 'fail', notes: [note] };
  }
  const own = kind === 'value' ? found?.b : { value: found?.change, interval: found?.interval };
  const { value: estimate, interval } = own ?? {};
  if (interval === undefined) {
    const reason = found?.reason ?? (estimate === undefined ? 'not measured' : singleLaunch);
    return { ...base, unit, estimate, interval, outcome: 'inconclusive', notes: [reason, ...(found?.doubts ?? [])] };
  }
  const outcome = cell.b.state === 'done' ? intervalOutcome(interval, bound, isUpper) : 'inconclusive';
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
  limitsOf: (taskId: string) => Limits,
): readonly GateCheck[] {
  return cells.flatMap((cell) =>
    limitList(limitsOf(cell.taskId), gateLimitNames).map((limit) => checkLimit(limit, cell)),
  );
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
