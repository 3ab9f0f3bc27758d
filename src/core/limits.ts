import type { LoadTime } from './load.ts';
import type { MetricName } from './measurement.ts';
import { quantities, type Quantity } from './quantities.ts';

/** What a bound is relative to: nothing, a baseline (`drop`, `rise`), or the best model. */
export type LimitRelation = 'at least' | 'at most' | 'drop' | 'rise' | 'within best';

/** What can be limited, and how such a limit is written. */
export interface LimitKind extends Quantity {
  /** In the words of the grammar. */
  readonly subject: string;
  readonly relation: LimitRelation;
  /** Which measurement of a cell it is on; undefined where cells have none, as of most percentiles. */
  readonly metric: MetricName | undefined;
  /** Name for people, where the grammar is terse. */
  readonly label?: string;
  /** Largest bound. */
  readonly max: number;
  readonly help: string;
}

const share = { ...quantities.share, expected: 'a share from 0 to 1, such as 0.7 or 70%', max: 1 };
const loss = { ...quantities.share, expected: 'a share from 0 to 1, such as 0.05 or 5%', max: 1 };
const growth = { ...quantities.share, expected: 'a share of at least 0, such as 0.1 or 10%', max: 1000 };
const time = { ...quantities.time, max: 1e12 };
const size = { ...quantities.size, max: 1e18 };
const energy = { ...quantities.energy, max: 1e12 };
const amount = { ...quantities.amount, max: 1e12 };

type Subject = Pick<LimitKind, 'subject' | 'metric' | 'label'>;
type Written = Quantity & Pick<LimitKind, 'max'>;

const accuracy: Subject = { subject: 'accuracy', metric: 'accuracy' };
const relativeAccuracy: Subject = { subject: 'relative accuracy', metric: 'accuracy' };
const throughput: Subject = { subject: 'throughput', metric: 'throughput' };
const latency: Subject = { subject: 'latency', metric: 'latency' };
const latencyP95: Subject = { subject: 'latency p95', metric: 'latencyP95' };
const memory: Subject = { subject: 'memory', metric: 'memory' };
const energyPerAnswer: Subject = { subject: 'energy', metric: 'energyPerItem', label: 'energy per answer' };
const price: Subject = { subject: 'price', metric: 'pricePerThousand', label: 'price per 1,000 answers' };

function limited(of: Subject, relation: LimitRelation, written: Written, help: string): LimitKind {
  return { ...of, ...written, relation, help };
}

/** Every limit under its short name, which flags and the keys of suite files are. */
const limitKinds = {
  maxAccuracyDrop: limited(
    accuracy,
    'drop',
    loss,
    'maximum drop in accuracy, absolute: 0.01 or 1% is one percentage point',
  ),
  maxRelativeAccuracyDrop: limited(
    relativeAccuracy,
    'drop',
    loss,
    'maximum drop in accuracy, relative to the baseline: 5% of 0.4 is two percentage points',
  ),
  maxThroughputDrop: limited(throughput, 'drop', loss, 'maximum drop in throughput, relative to the baseline'),
  maxLatencyRise: limited(latency, 'rise', growth, 'maximum rise in median latency, relative to the baseline'),
  maxLatencyP95Rise: limited(latencyP95, 'rise', growth, 'maximum rise in p95 latency, relative to the baseline'),
  maxMemoryRise: limited(memory, 'rise', growth, 'maximum rise in peak memory, relative to the baseline'),
  maxEnergyRise: limited(
    energyPerAnswer,
    'rise',
    growth,
    'maximum rise in energy per answer, relative to the baseline',
  ),
  minAccuracy: limited(accuracy, 'at least', share, 'minimum accuracy'),
  minThroughput: limited(throughput, 'at least', amount, 'minimum throughput, in the unit of its table'),
  maxLatency: limited(latency, 'at most', time, 'maximum median latency, such as 500ms'),
  maxLatencyP95: limited(latencyP95, 'at most', time, 'maximum p95 latency'),
  maxMemory: limited(memory, 'at most', size, 'maximum peak memory, such as 2GiB'),
  maxEnergy: limited(energyPerAnswer, 'at most', energy, 'maximum energy per answer, such as 2J'),
  maxPrice: limited(price, 'at most', amount, 'maximum price per 1,000 answers'),
  withinBest: limited(accuracy, 'within best', share, 'maximum accuracy gap to the best model'),
} as const satisfies Record<string, LimitKind>;

const loadTimes = { Ttft: 'ttft', Tpot: 'tpot', E2el: 'e2el' } as const satisfies Record<string, LoadTime>;

/** Percentiles of latency beside the 95th have names too: `maxLatencyP99`; and those of the times of requests under load. */
export type LimitName = keyof typeof limitKinds | `maxLatencyP${number}` | `max${keyof typeof loadTimes}P${number}`;

/** One limit; shares are ratios, times milliseconds, sizes bytes. */
export interface Limit {
  readonly name: LimitName;
  readonly bound: number;
}

/** Limits by name; one that isn't there isn't checked. */
export type Limits = { readonly [Name in LimitName]?: number | undefined };

/** Limits that fail a gate, and advisory ones, which it checks and shows. */
export type GateLimits = Limits & { readonly advisory?: Limits | undefined };

/** What a gate can check, those against the baseline first. */
export const gateLimitNames = [
  'maxAccuracyDrop',
  'maxRelativeAccuracyDrop',
  'maxThroughputDrop',
  'maxLatencyRise',
  'maxLatencyP95Rise',
  'maxMemoryRise',
  'maxEnergyRise',
  'minAccuracy',
  'minThroughput',
  'maxLatency',
  'maxLatencyP95',
  'maxMemory',
  'maxEnergy',
  'maxPrice',
] as const satisfies readonly LimitName[];

/** Limits on a model alone that have a short name. */
export const constraintNames = [
  'minAccuracy',
  'minThroughput',
  'maxMemory',
  'maxLatency',
  'maxLatencyP95',
  'maxPrice',
] as const satisfies readonly LimitName[];

/** The percentile of a latency that a limit is on, such as 99; undefined for all others. */
export function percentileOf(name: LimitName): number | undefined {
  const [, percentile] = /^maxLatencyP([\d.]+)$/.exec(name) ?? [];
  return percentile === undefined ? undefined : Number(percentile);
}

/** The percentile of a time under load that a limit is on; undefined for all others. */
export function loadPercentileOf(
  name: LimitName,
): { readonly time: LoadTime; readonly percentile: number } | undefined {
  const [, word, percentile] = /^max(Ttft|Tpot|E2el)P([\d.]+)$/.exec(name) ?? [];
  if (word === undefined) return undefined;
  return { time: loadTimes[word as keyof typeof loadTimes], percentile: Number(percentile) };
}

const measuredPercentiles: Readonly<Record<number, MetricName>> = {
  50: 'latencyP50',
  90: 'latencyP90',
  99: 'latencyP99',
};

export function limitKind(name: LimitName): LimitKind {
  if (Object.hasOwn(limitKinds, name)) return limitKinds[name as keyof typeof limitKinds];
  const load = loadPercentileOf(name);
  if (load !== undefined) {
    return { ...limitKinds.maxLatencyP95, subject: `${load.time} p${load.percentile}`, metric: undefined };
  }
  const percentile = percentileOf(name) ?? Number.NaN;
  const metric = measuredPercentiles[percentile];
  return { ...limitKinds.maxLatencyP95, subject: `latency p${percentile}`, metric };
}

/** Name of what is limited, for people. */
export function limitLabel(name: LimitName): string {
  const { subject, label = subject } = limitKind(name);
  return label;
}

/** Whether good values lie below the bound. */
export function isUpperLimit(name: LimitName): boolean {
  const { relation } = limitKind(name);
  return relation === 'at most' || relation === 'rise';
}

/** Whether a gate can check it. */
export function isGateLimit(name: LimitName): name is (typeof gateLimitNames)[number] {
  return gateLimitNames.some((known) => known === name);
}

/** Whether it is on a model alone, without a baseline, other models or a load. */
export function isConstraint(name: LimitName): boolean {
  const { relation } = limitKind(name);
  return loadPercentileOf(name) === undefined && (relation === 'at most' || relation === 'at least');
}

/** Whether a value keeps a bound. */
export function keepsBound(value: number, bound: number, isUpper: boolean): boolean {
  // Differences and ratios carry rounding errors of the last bits; a limit of 5 % must not fail at exactly 5 %.
  const slack = 1e-12 * Math.max(1, Math.abs(bound));
  return isUpper ? value <= bound + slack : value >= bound - slack;
}

/**
 * The bound of a limit that was given by name.
 *
 * @returns undefined where the value is none
 */
export function parseBound(name: LimitName, value: number | string): number | undefined {
  const { parse, max } = limitKind(name);
  const parsed = typeof value === 'number' ? value : parse(value);
  return parsed !== undefined && parsed >= 0 && parsed <= max ? parsed : undefined;
}

const subjectText = ({ subject, relation }: LimitKind): string =>
  relation === 'drop' || relation === 'rise' ? `${subject} ${relation}` : subject;

const operatorOf = ({ relation }: LimitKind): string => (relation === 'at least' ? '>=' : '<=');

/** The limit as {@link parseLimit} reads it: `memory <= 2 GiB`. */
export function formatLimit({ name, bound }: Limit): string {
  const kind = limitKind(name);
  const text = kind.format(bound);
  if (kind.relation === 'within best') return `${kind.subject} within ${text} of the best`;
  return `${subjectText(kind)} ${operatorOf(kind)} ${text}`;
}

const examples = '`accuracy >= 0.7`, `memory <= 2GiB` or `latency p95 <= 800ms`';

function nameOf(subject: string): LimitName | undefined {
  const [, word, percentile] = /^(latency|ttft|tpot|e2el) p(\d+(?:\.\d+)?)$/.exec(subject) ?? [];
  if (word !== undefined && percentile !== undefined) {
    if (!(Number(percentile) > 0 && Number(percentile) < 100)) return undefined;
    const named = `${word.charAt(0).toUpperCase()}${word.slice(1)}` as 'Latency' | keyof typeof loadTimes;
    return `max${named}P${Number(percentile)}`;
  }
  const names = Object.keys(limitKinds) as readonly (keyof typeof limitKinds)[];
  return names.find((name) => name !== 'withinBest' && subjectText(limitKinds[name]) === subject);
}

/**
 * Reads one limit: `accuracy >= 0.7`, `latency p95 <= 800ms`, `accuracy drop <= 0.01`, `accuracy within 0.02 of the best`.
 * Capitals don't matter.
 *
 * @param wanted what could be written there, for the error
 * @throws {RangeError} if it is none, with what was expected
 */
export function parseLimit(text: string, wanted = examples): Limit {
  const plain = text.toLowerCase().replaceAll('≥', '>=').replaceAll('≤', '<=').replaceAll(/\s+/g, ' ').trim();
  const [, tolerance] = /^accuracy within (.+) of (?:the )?best$/.exec(plain) ?? [];
  const [, subject = '', operator = '<=', written = tolerance ?? ''] =
    /^([a-z][a-z\d. ]*?) ?([<>]=) ?(.+)$/.exec(plain) ?? [];
  const name = tolerance === undefined ? nameOf(subject) : 'withinBest';
  if (name === undefined) throw new RangeError(`\`${text}\` is not a limit: expected one such as ${wanted}`);
  const kind = limitKind(name);
  if (operatorOf(kind) !== operator) {
    throw new RangeError(`\`${text}\` is not a limit: expected \`${subject} ${operatorOf(kind)} …\``);
  }
  const bound = parseBound(name, written);
  if (bound === undefined) throw new RangeError(`\`${text}\` is not a limit: expected ${kind.expected}`);
  return { name, bound };
}

/**
 * Limits with one more, given as text.
 *
 * @param isAllowed which make sense where it was written
 * @throws {RangeError} if the text isn't a limit, doesn't apply here, or limits what another does
 */
export function withLimit(limits: Limits, text: string, isAllowed: (name: LimitName) => boolean): Limits {
  const { name, bound } = parseLimit(text);
  if (!isAllowed(name)) throw new RangeError(`\`${text}\` does not apply here`);
  if (limits[name] !== undefined) throw new RangeError(`\`${text}\` is given twice`);
  return { ...limits, [name]: bound };
}

/** The limits that are there, in the order of `names`, those without a short name last. */
export function limitList(limits: Limits, names: readonly LimitName[]): readonly Limit[] {
  const others = (Object.keys(limits) as LimitName[]).filter((name) => !names.includes(name));
  return [...names, ...others].flatMap((name) => {
    const bound = limits[name];
    return bound === undefined ? [] : [{ name, bound }];
  });
}

/** Without the names that have no bound. */
export function withoutGaps(limits: Limits = {}): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}
