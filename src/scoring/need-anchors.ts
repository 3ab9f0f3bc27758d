import type { Limits } from '../core/limits.ts';
import type { Unit } from '../core/measurement.ts';
import type { Anchors, TaskAnchors } from './anchors.ts';
import { createHash } from 'node:crypto';

/** What a user needs at least, as far as it is said; in the units of the serving protocol. */
export type AnchorNeeds = Pick<Limits, 'minAccuracy' | 'minThroughput' | 'maxLatency' | 'maxMemory'>;

type Units = { readonly throughputUnit: Unit | undefined; readonly latencyUnit: Unit | undefined };

/**
 * Accuracy that scores 0 where the needed one is to score 0.5. Never below what no model is needed for: then the needed
 * accuracy scores less. An accuracy of 1 can't be in the middle of a scale that ends there.
 */
function zeroAccuracy(needed: number | undefined, trivial: number): number {
  const middle = needed === undefined || needed >= 1 ? trivial : 2 * needed - 1;
  return Math.max(trivial, middle);
}

/** The part of the needs that anchors in these units can be. */
function statedAnchors(
  { minAccuracy, minThroughput, maxLatency, maxMemory }: AnchorNeeds,
  { throughputUnit, latencyUnit }: Units,
  trivialAccuracy: number,
): Partial<Anchors> {
  const trivial = zeroAccuracy(minAccuracy, trivialAccuracy);
  return {
    ...(trivial !== trivialAccuracy && { trivialAccuracy: trivial }),
    ...(minThroughput !== undefined && throughputUnit === 'items/s' && { throughput: minThroughput }),
    ...(maxLatency !== undefined && latencyUnit === 'ms' && { latency: maxLatency }),
    ...(maxMemory !== undefined && { memory: maxMemory }),
  };
}

/** Other numbers never carry the same name. */
function versionOf(stated: Partial<Anchors>, version: string | undefined): string {
  const { trivialAccuracy, throughput, latency, memory } = stated;
  const numbers = JSON.stringify([trivialAccuracy, throughput, latency, memory]);
  const hash = createHash('sha256').update(numbers).digest('hex').slice(0, 8);
  return version === undefined ? `need-${hash}` : `need-${hash}+${version}`;
}

/**
 * Anchors with what a user needs in place of what others chose.
 *
 * @param base undefined where there are none: then the needs must say all that no accuracy says
 * @param version that `base` has
 * @returns undefined where something is missing; `base` where nothing of the needs can be an anchor in its units
 */
export function anchorsWithNeeds(
  needs: AnchorNeeds,
  base: TaskAnchors | undefined,
  { version, trivialAccuracy }: { readonly version: string | undefined; readonly trivialAccuracy: number },
): TaskAnchors | undefined {
  if (base === undefined) {
    const units = { throughputUnit: 'items/s', latencyUnit: 'ms' } as const;
    const { throughput, latency, memory, ...own } = statedAnchors(needs, units, trivialAccuracy);
    if (throughput === undefined || latency === undefined || memory === undefined) return undefined;
    const whole = { trivialAccuracy, throughput, latency, memory, ...own };
    return { ...whole, ...units, version: versionOf(whole, undefined) };
  }
  const all = Object.entries(statedAnchors(needs, base, base.trivialAccuracy));
  // What the base has already, as that of a race has, is no change.
  const stated: Partial<Anchors> = Object.fromEntries(
    all.filter(([name, value]) => base[name as keyof Anchors] !== value),
  );
  if (Object.keys(stated).length === 0) return base;
  const isWhole = (['throughput', 'latency', 'memory'] as const).every((name) => all.some(([key]) => key === name));
  const { provisionalFrom, ...rest } = base;
  return {
    ...rest,
    ...stated,
    ...(provisionalFrom !== undefined && !isWhole && { provisionalFrom }),
    version: versionOf(stated, isWhole ? undefined : (base.version ?? version)),
  };
}
