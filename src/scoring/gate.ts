import {
  formatLimit,
  type GateLimits,
  gateLimitNames,
  isUpperLimit,
  keepsBound,
  limitKind,
  type Limit,
  limitList,
  type LimitName,
} from '../core/limits.ts';
import { type Interval, singleLaunch, type Unit } from '../core/measurement.ts';
import type { CellComparison, ComparedMetric, MetricComparison } from './comparison.ts';

export type GateOutcome = 'pass' | 'fail' | 'inconclusive';

/** One limit on one cell. Plain JSON. */
export interface GateCheck {
  readonly taskId: string;
  readonly model: string;
  readonly limit: LimitName;
  /** Never fails the gate. */
  readonly isAdvisory: boolean;
  readonly metric: ComparedMetric;
  /** `difference` and `ratio`: candidate against baseline; `value`: the candidate alone. */
  readonly kind: 'difference' | 'ratio' | 'value';
  readonly unit: Unit | undefined;
  /** What the interval must lie on the good side of: a difference, a ratio, or a value in base units. */
  readonly bound: number;
  /** Accuracy of the baseline, where the bound is a share of it. */
  readonly ofBaseline: number | undefined;
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

type Bound = Pick<GateCheck, 'metric' | 'kind' | 'bound' | 'ofBaseline' | 'isUpper'>;

/** What a limit is on, and what its interval must lie on the good side of. */
function boundOf({ name, bound }: Limit, cell: CellComparison): Bound {
  const { metric, relation } = limitKind(name);
  const own = { metric: metric as ComparedMetric, ofBaseline: undefined, isUpper: isUpperLimit(name) };
  if (relation === 'rise') return { ...own, kind: 'ratio', bound: 1 + bound };
  if (relation !== 'drop') return { ...own, kind: 'value', bound };
  if (metric !== 'accuracy') return { ...own, kind: 'ratio', bound: 1 - bound };
  if (name !== 'maxRelativeAccuracyDrop') return { ...own, kind: 'difference', bound: 0 - bound };
  const ofBaseline = comparisonOf('accuracy', cell)?.a?.value;
  return { ...own, kind: 'difference', bound: 0 - bound * (ofBaseline ?? 1), ofBaseline };
}

function comparisonOf(metric: ComparedMetric, { metrics }: CellComparison): MetricComparison | undefined {
  return metrics.find((compared) => compared.metric === metric);
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

/** Why a cell may have nothing to check a limit on. */
const unmeasured: Partial<Record<ComparedMetric, string>> = {
  energyPerItem: 'energy was not measured: no meter of the machine reports it',
  pricePerThousand: 'there is no price: the suite sets no pricePerHour',
};

/** A drop that would lose this share of what the baseline has right is hardly meant. */
const largeShare = 0.25;

/** What is to be known of a limit on the drop of accuracy where the baseline has little to lose. */
function baselineNotes({ name, bound }: Limit, found: MetricComparison | undefined): readonly string[] {
  const baseline = found?.a?.value;
  if (limitKind(name).metric !== 'accuracy' || limitKind(name).relation !== 'drop' || baseline === undefined) return [];
  if (baseline === 0) return ['the accuracy of the baseline is 0: there is nothing to lose'];
  const share = bound / baseline;
  if (name === 'maxRelativeAccuracyDrop' || share < largeShare) return [];
  const lost = share >= 1 ? 'all' : `${Math.round(100 * share)} %`;
  const proposed = formatLimit({ name: 'maxRelativeAccuracyDrop', bound: 0.05 });
  return [`the limit allows a loss of ${lost} of the baseline's accuracy of ${baseline.toFixed(3)}; try ${proposed}`];
}

function checkLimit(limit: Limit, cell: CellComparison, isAdvisory: boolean): GateCheck {
  const own = boundOf(limit, cell);
  const found = comparisonOf(own.metric, cell);
  const base = { taskId: cell.taskId, model: cell.b.model, limit: limit.name, isAdvisory, ...own };
  const unit = own.kind === 'value' ? found?.unit : 'ratio';
  if (cell.b.state === 'failed' || cell.b.state === 'unavailable') {
    const note = `the candidate ${cell.b.state === 'failed' ? 'failed' : 'is unavailable'}: ${cell.b.error ?? 'no reason given'}`;
    return { ...base, unit, estimate: undefined, interval: undefined, outcome: 'fail', notes: [note] };
  }
  const isValue = own.kind === 'value';
  const estimate = isValue ? found?.b?.value : found?.change;
  const boundless = isValue ? found?.b?.boundless : undefined;
  const known = isValue ? (found?.b?.bounds ?? found?.b?.interval) : found?.interval;
  const interval = boundless === undefined ? known : undefined;
  const doubts = [...(found?.doubts ?? []), ...baselineNotes(limit, found)];
  if (interval === undefined) {
    const missing = unmeasured[own.metric] ?? 'not measured';
    const reason = boundless ?? found?.reason ?? (estimate === undefined ? missing : singleLaunch);
    return { ...base, unit, estimate, interval, outcome: 'inconclusive', notes: [reason, ...doubts] };
  }
  const byInterval = intervalOutcome(interval, own.bound, own.isUpper);
  const isOpen =
    cell.b.state !== 'done' ||
    // What is in the way of a measurement may slow either side; answers are the same on a busy machine.
    (own.metric !== 'accuracy' && (found?.b?.isDoubtful === true || (!isValue && found?.a?.isDoubtful === true))) ||
    (byInterval === 'fail' && own.kind === 'difference' && (found?.leastDrop ?? Infinity) <= -own.bound);
  const outcome = isOpen ? 'inconclusive' : byInterval;
  const unfinished = cell.b.state === 'done' ? [] : ['the candidate is not finished'];
  return { ...base, unit, estimate, interval, outcome, notes: [...unfinished, ...doubts] };
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
    const { advisory = {}, ...required } = limitsOf(cell.taskId);
    return [
      ...limitList(required, gateLimitNames).map((limit) => checkLimit(limit, cell, false)),
      ...limitList(advisory, gateLimitNames).map((limit) => checkLimit(limit, cell, true)),
    ];
  });
}

/**
 * One failed check fails the gate; without one, an inconclusive check makes it inconclusive, unless a rule says else.
 * Advisory checks decide nothing.
 */
export function decideGate(checks: readonly GateCheck[], rule: InconclusiveRule): GateResult {
  const required = checks.filter(({ isAdvisory }) => !isAdvisory);
  const open = required.filter(({ outcome }) => outcome === 'inconclusive').length;
  const hasFailed = required.some(({ outcome }) => outcome === 'fail');
  if (hasFailed) return { outcome: 'fail', ruled: 0, rule, checks };
  if (open === 0) return { outcome: checks.length === 0 ? 'inconclusive' : 'pass', ruled: 0, rule, checks };
  if (rule === 'report') return { outcome: 'inconclusive', ruled: 0, rule, checks };
  return { outcome: rule, ruled: open, rule, checks };
}
