import { launchPrior } from '../../stats/launch-prior.ts';
import type { Entrant } from './entrant.ts';
import { firstLaunch } from './launch-values.ts';
import { latencyLimit } from './question.ts';
import type { RaceSetup } from './race-setup.ts';
import { replayGate, type GateState, type ScoreGateRule } from './score-gate.ts';

function memoryText(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** Why a model can't keep the limit on memory whatever is measured, or undefined. */
export function floorAboveLimit({ question }: RaceSetup, { memoryFloor }: Entrant): string | undefined {
  const limit = question.limits.maxMemory;
  if (limit === undefined || memoryFloor === undefined || memoryFloor <= limit) return undefined;
  return `its weights alone need ${memoryText(memoryFloor)}, above ${memoryText(limit)}`;
}

/** Why the measured peak, with what another launch may add, is above the limit on memory, or undefined. */
export function peakAboveLimit({ question }: RaceSetup, entrant: Entrant, quantile: number): string | undefined {
  const limit = question.limits.maxMemory;
  if (limit === undefined) return undefined;
  const peak = firstLaunch(entrant).memory;
  const withMargin = peak * Math.exp(quantile * launchPrior.memory);
  if (withMargin <= limit) return undefined;
  return `needs ${memoryText(peak)}, ${memoryText(withMargin)} with its margin, above ${memoryText(limit)}`;
}

export interface LatencyGate {
  readonly state: GateState;
  readonly rule: ScoreGateRule;
  readonly n: number;
  readonly reason: string;
}

/** The limit on a percentile of the latency as a gate on "answered in time"; undefined where none is asked. */
export function latencyGate(
  { question, budget, items }: RaceSetup,
  { latencies }: Entrant,
  models: number,
): LatencyGate | undefined {
  const latency = latencyLimit(question.limits);
  if (latency === undefined) return undefined;
  const alpha = budget.latency / (2 * models);
  const rule: ScoreGateRule = { tau: latency.share, items, failAlpha: alpha, passAlpha: alpha };
  const gate = replayGate(
    rule,
    latencies.map((ms) => Number(ms <= latency.maxMs)),
  );
  const percentile = `p${Number((latency.share * 100).toFixed(6))}`;
  const reason = `latency ${percentile} is above ${latency.maxMs} ms (${gate.count} requests)`;
  return { state: gate.state, rule, n: gate.count, reason };
}
