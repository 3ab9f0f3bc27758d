/** Two models whose latencies are known: log-normal over items, requests and launches. */
import type { PassResult } from '../src/core/cell.ts';
import type { Task } from '../src/core/task.ts';
import { latencyItems, launchEvidence } from '../src/metrics/launches.ts';
import { servingMeasurements } from '../src/metrics/performance.ts';
import type { CellEvidence } from '../src/scoring/compare-cells.ts';
import { briefPass } from '../test/setup/bare-pass.ts';
import { cell } from '../test/setup/compared-cells.ts';

/** Of the logarithm: items with a coefficient of variation of 0.5, requests of one item by 5 %. */
const ofItems = Math.sqrt(Math.log(1.25));
const ofRequests = 0.05;
/** By how much more or less an item asks of the candidate than of the baseline. */
const ofPair = 0.15;
const slower = 1.1;
const p95 = 1.644854;

const baselineDeviation = Math.hypot(ofItems, ofRequests);
const candidateDeviation = Math.hypot(baselineDeviation, ofPair);

/** Limits that the candidate meets exactly, in ms and as ratios less 1. */
export const exactLimits = {
  maxLatency: 100 * slower,
  maxLatencyP95: 100 * slower * Math.exp(p95 * candidateDeviation),
  maxLatencyRise: slower - 1,
  maxLatencyP95Rise: slower * Math.exp(p95 * (candidateDeviation - baselineDeviation)) - 1,
} as const;

const task = { id: 'toy/per@1', kind: 'loglikelihood' } as Task;
/** So many that a panel is a small part of them. */
const { answers } = cell(4000, 4000);

function evidenceOf(
  logs: readonly number[],
  level: number,
  deviation: number,
  launches: number,
  normal: () => number,
): CellEvidence {
  const itemIds = logs.map((_, item) => `i${item}`);
  const passes = Array.from({ length: launches }, (_, launch): PassResult => {
    const luck = deviation * normal();
    const endToEndMs = logs.map((log) => level * Math.exp(log + luck + ofRequests * normal()));
    const unknown = endToEndMs.map(() => null);
    const latencies = {
      endToEndMs,
      timeToFirstTokenMs: unknown,
      timePerOutputTokenMs: unknown,
      outputTokens: [],
      itemIds,
    };
    return { ...briefPass, pass: 'latency', launch, latencies };
  });
  const measurements = servingMeasurements(task, passes);
  return cell(1, 1, {
    answers,
    measurements,
    launches: launchEvidence(measurements, 'serving', passes),
    latencyItems: latencyItems(passes),
  });
}

/** A baseline and a candidate on the same items, in launches of their own. */
export function latencyPair(
  {
    items,
    deviation,
    launches = 3,
  }: { readonly items: number; readonly deviation: number; readonly launches?: number },
  normal: () => number,
): readonly [baseline: CellEvidence, candidate: CellEvidence] {
  const logs = Array.from({ length: items }, () => ofItems * normal());
  const others = logs.map((log) => log + ofPair * normal());
  return [
    evidenceOf(logs, 100, deviation, launches, normal),
    evidenceOf(others, 100 * slower, deviation, launches, normal),
  ];
}
