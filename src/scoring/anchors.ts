import type { Unit } from '../core/measurement.ts';
import type { Factors } from './factor.ts';

/** What scores 0.5 in each factor of PER-A on one task; a demand, an objective or a budget, not a goal to reach. */
export interface Anchors {
  /** Accuracy of the best answer that needs no model; it scores 0. */
  readonly trivialAccuracy: number;
  readonly throughput: number;
  readonly latency: number;
  /** In bytes. */
  readonly memory: number;
}

/** Anchors of several tasks for one class of hardware; never changed within a version. */
export interface AnchorSet {
  /** Such as `2026-1/paper-gpu`; part of the score's version string. */
  readonly version: string;
  readonly summary: string;
  /** By task id, by task id without its version, or by its first part; the most exact one counts. */
  readonly tasks: Readonly<Record<string, TaskAnchors | readonly TaskAnchors[]>>;
}

export interface TaskAnchors extends Anchors {
  readonly throughputUnit: Unit;
  readonly latencyUnit: Unit;
  /** Where it isn't the set's, as with anchors frozen or chosen for one task. */
  readonly version?: string;
  /** Taken from the set itself: from how many models whose numbers are sound. */
  readonly provisionalFrom?: number;
}

/** Units of the two factors that are measured in several. */
export type AnchorUnits = Readonly<Record<'throughput' | 'latency', Unit | undefined>>;

const tokens = { throughputUnit: 'tokens/s', latencyUnit: 'ms/token', memory: 8192 * 2 ** 20 } as const;
const items = { throughputUnit: 'items/s', latencyUnit: 'ms/item', memory: 8192 * 2 ** 20 } as const;

/**
 * For the paper's units and hardware (A10 and A100 GPUs): throughput and latency are geometric medians of its tables to
 * two digits, memory is a tenth of an 80 GB device. Source: docs/scores.md, "PER-A".
 */
export const paperAnchors: AnchorSet = {
  version: '2026-1/paper-gpu',
  summary: "the paper's units on A10 and A100 GPUs",
  tasks: {
    gsm8k: { ...tokens, trivialAccuracy: 0, throughput: 330, latency: 1.5 },
    // Always abstaining would score 0.5007; the paper's protocol is unknown and five of its rows lie below that.
    squad2: { ...tokens, trivialAccuracy: 0, throughput: 85, latency: 4.5 },
    hellaswag: { ...items, trivialAccuracy: 0.25, throughput: 9.5, latency: 48 },
    imdb: { ...items, trivialAccuracy: 0.5, throughput: 10, latency: 45 },
    arc_easy: { ...items, trivialAccuracy: 0.2502, throughput: 12, latency: 22 },
  },
};

/**
 * Anchors for a task id such as `gsm8k/per@2`, or undefined where the set has none.
 *
 * @param units in which they must be; a unit that isn't known fits all. Without it the first that the set has
 */
export function anchorsOf(set: AnchorSet, taskId: string, units?: AnchorUnits): TaskAnchors | undefined {
  const names = [taskId, taskId.split('@')[0] ?? taskId, taskId.split('/')[0] ?? taskId];
  const fits = (wanted: Unit | undefined, own: Unit): boolean => wanted === undefined || wanted === own;
  for (const name of names.filter((candidate) => Object.hasOwn(set.tasks, candidate))) {
    const found = [set.tasks[name] ?? []]
      .flat()
      .find((each) => fits(units?.throughput, each.throughputUnit) && fits(units?.latency, each.latencyUnit));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Version string of PER-A on a task, such as `PER-A/2026-1/paper-gpu`; undefined where the set has no anchors for it. */
export function anchoredVersion(set: AnchorSet, taskId: string, units?: AnchorUnits): string | undefined {
  const anchors = anchorsOf(set, taskId, units);
  return anchors && versionOf(anchors, set);
}

/** @param set undefined where anchors name their own version, as provisional ones do */
export function versionOf({ version }: TaskAnchors, set: AnchorSet | undefined): string {
  return `PER-A/${version ?? set?.version}`;
}

/**
 * The memory anchor of a device: a tenth of its memory, which is rounded up to a size that is sold (a power of two GiB,
 * or one and a half of it), since what is left of it for programs differs from host to host.
 *
 * @param memoryBytes what the device reports, above 0
 */
export function memoryBudget(memoryBytes: number): number {
  const gib = memoryBytes / 2 ** 30;
  const power = 2 ** Math.ceil(Math.log2(gib));
  return Math.round((0.75 * power >= gib ? 0.75 * power : power) * 2 ** 30 * 0.1);
}

function checkAbove(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new RangeError(`the anchor of ${name} must be above 0, got ${value}`);
}

/**
 * Checks chosen anchors.
 *
 * @throws {RangeError} if one isn't above 0, or the trivial accuracy isn't in [0, 1)
 */
export function checkAnchors(anchors: Anchors): void {
  const { trivialAccuracy, throughput, latency, memory } = anchors;
  if (!(trivialAccuracy >= 0 && trivialAccuracy < 1)) {
    throw new RangeError(`the trivial accuracy must be in [0, 1), got ${trivialAccuracy}`);
  }
  checkAbove('throughput', throughput);
  checkAbove('latency', latency);
  checkAbove('memory', memory);
}

/** Rounds to two significant digits. */
function twoDigits(value: number): number {
  return Number(value.toPrecision(2));
}

/** Median on the logarithmic scale. */
function geometricMedian(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  if (!Number.isInteger(middle)) return sorted[Math.floor(middle)] as number;
  return Math.sqrt((sorted[middle - 1] as number) * (sorted[middle] as number));
}

/**
 * Anchors from a first set of measurements, for hardware without anchors: store them and never compute them
 * again, or old scores lose their meaning.
 *
 * @param rows what was measured, at least one
 * @param options `memoryBudget` in bytes, such as a tenth of the device's memory
 * @throws {RangeError} if there is no row, or a result isn't above 0
 */
export function freezeAnchors(
  rows: readonly Factors[],
  options: { readonly trivialAccuracy: number; readonly memoryBudget: number },
): Anchors {
  if (rows.length === 0) throw new RangeError('anchors need at least one measured model');
  const anchors = {
    trivialAccuracy: options.trivialAccuracy,
    throughput: twoDigits(geometricMedian(rows.map(({ throughput }) => throughput))),
    latency: twoDigits(geometricMedian(rows.map(({ latency }) => latency))),
    memory: options.memoryBudget,
  };
  checkAnchors(anchors);
  return anchors;
}
