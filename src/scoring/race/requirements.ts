import { memoryText } from '../../core/amount-text.ts';
import type { RaceValues } from '../../core/race.ts';
import { type LaunchNoise, requiredAccuracy } from '../required-accuracy.ts';
import {
  type Entrant,
  judged,
  type Judgement,
  raceAnchors,
  type RaceSetup,
  type Turn,
  brokenReason,
} from './race-setup.ts';
import type { Factors } from '../factor.ts';
import { anchoredScore } from '../per-anchored.ts';
import { latencyLimit } from '../../core/race-question.ts';
import { spreadQuantile } from './launch-noise.ts';
import { type GateState, replayGate } from './score-gate.ts';

/** The first launch, which alone decides until the finals. */
export function firstLaunch({ model, launches }: Entrant): RaceValues {
  const [first] = launches;
  if (first === undefined) throw new RangeError(`${model} was not launched`);
  return first;
}

function meanLog(launches: readonly RaceValues[], name: keyof RaceValues): number {
  return launches.reduce((sum, launch) => sum + Math.log(launch[name]), 0) / launches.length;
}

/** Geometric means over all launches. */
export function overAllLaunches({ model, launches }: Entrant): RaceValues {
  if (launches.length === 0) throw new RangeError(`${model} was not launched`);
  const mean = (name: keyof RaceValues): number => Math.exp(meanLog(launches, name));
  return { throughput: mean('throughput'), latency: mean('latency'), memory: mean('memory') };
}

/** A model whose accuracy is known on all items. */
export interface KnownModel {
  readonly model: string;
  readonly accuracy: number;
  readonly values: RaceValues;
}

/** The accuracy that a challenger needs against the strongest of several models, and which that is. */
export interface Requirement {
  readonly tau: number;
  readonly against: string;
}

function factorsOf({ accuracy, values }: KnownModel): Factors {
  return { accuracy, ...values };
}

/** PER-A of a model whose accuracy is known. */
export function scoreOf(known: KnownModel, setup: RaceSetup): number {
  return anchoredScore(factorsOf(known), raceAnchors(setup), setup.weights);
}

/** The highest required accuracy against `champions`; undefined where there is none. */
export function strictestRequirement(
  champions: readonly KnownModel[],
  challenger: RaceValues,
  setup: RaceSetup,
  noise: LaunchNoise,
): Requirement | undefined {
  let strictest: Requirement | undefined;
  for (const champion of champions) {
    const tau = requiredAccuracy(factorsOf(champion), challenger, raceAnchors(setup), {
      weights: setup.weights,
      noise,
    });
    if (strictest === undefined || tau > strictest.tau) strictest = { tau, against: champion.model };
  }
  return strictest;
}

/** Performance that nothing beats, with the memory that a model needs at least: what it could be at best. */
export function bestImaginable(memoryFloor: number): RaceValues {
  return { throughput: Number.MAX_VALUE / 2, latency: 0, memory: memoryFloor };
}

/** Why a model can't keep the limit on memory whatever is measured, or undefined. */
export function floorAboveLimit({ question }: RaceSetup, { memoryFloor }: Entrant): string | undefined {
  const limit = question.limits.maxMemory;
  if (limit === undefined || memoryFloor === undefined || memoryFloor <= limit) return undefined;
  return `its weights alone need ${memoryText(memoryFloor)}, above the limit of ${memoryText(limit)}`;
}

/** Why the measured peak, with what another launch may add, is above the limit on memory, or undefined. */
export function peakAboveLimit(
  { question, spread }: RaceSetup,
  entrant: Entrant,
  quantile: number,
): string | undefined {
  const limit = question.limits.maxMemory;
  if (limit === undefined) return undefined;
  const peak = firstLaunch(entrant).memory;
  const withMargin = peak * Math.exp(quantile * spread.memory);
  if (withMargin <= limit) return undefined;
  return `needs ${memoryText(peak)} (${memoryText(withMargin)} with a margin), above the limit of ${memoryText(limit)}`;
}

/**
 * What can be said of a model, or must be done, before its speed and its answers count.
 *
 * @param ruledOut why a model that was never launched can't be the answer
 * @returns undefined once they count
 */
export function openingTurn(
  entrant: Entrant,
  setup: RaceSetup,
  quantile: number,
  ruledOut: () => Judgement | undefined,
): Turn | undefined {
  const broken = brokenReason(entrant, setup.items);
  if (broken !== undefined) return { judgement: judged(entrant, 'failed', broken, { n: entrant.scores.length }) };
  if (entrant.launches.length === 0) {
    const reason = entrant.exclusion ?? floorAboveLimit(setup, entrant);
    const judgement = reason === undefined ? ruledOut() : judged(entrant, 'skipped', reason);
    return judgement === undefined ? { step: { type: 'launch', model: entrant.model, launch: 0 } } : { judgement };
  }
  const tooLarge = peakAboveLimit(setup, entrant, quantile);
  return tooLarge === undefined ? undefined : { judgement: judged(entrant, 'pruned', tooLarge) };
}

/** The limit on a percentile of the latency: what is certain of it after the requests that are known. */
interface LatencyGate {
  /** `unclear`: every item was timed, and the percentile is nearer to the limit than launches differ. */
  readonly state: 'open' | 'passed' | 'failed' | 'unclear';
  readonly reason: string;
}

const rounding = 1e-9;

/**
 * What is certain of the share of all items that were in time. The first ones are a panel, chosen to be spread over the
 * lengths of prompts; what they did is known, so the test is about the others, which come in a random order.
 */
function inTimeGate(
  inTime: readonly boolean[],
  { share, items, panel, alpha }: { share: number; items: number; panel: number; alpha: number },
): Exclude<GateState, 'full'> {
  if (inTime.length < panel) return 'open';
  const needed = share * items - inTime.slice(0, panel).filter(Boolean).length;
  const others = items - panel;
  if (needed <= rounding) return 'passed';
  if (needed > others + rounding) return 'failed';
  const rule = { tau: Math.min(1, needed / others), items: others, failAlpha: alpha, passAlpha: alpha };
  const { state } = replayGate(rule, inTime.slice(panel).map(Number));
  return state === 'full' ? 'passed' : state;
}

/**
 * The limit on a percentile of the latency as two gates on "answered in time"; undefined where none is asked.
 *
 * All requests are of one launch, and another may be slower or faster as a whole: a model is through with times that are
 * worse by what launches differ, and out with times that are better by it. Half of what each side may err is for that,
 * half for the requests.
 */
function latencyGate(
  { question, budget, items, spread }: RaceSetup,
  { latencies, panelRequests: panel = 0 }: Entrant,
  models: number,
): LatencyGate | undefined {
  const latency = latencyLimit(question.limits);
  if (latency === undefined) return undefined;
  const alpha = budget.latency / (4 * models);
  const margin = Math.exp(spreadQuantile(alpha, spread.degrees) * spread.latency);
  const gateAt = (maxMs: number): GateState =>
    inTimeGate(
      latencies.map((ms) => ms <= maxMs),
      { share: latency.share, items, panel, alpha },
    );
  const [worse, better] = [gateAt(latency.maxMs / margin), gateAt(latency.maxMs * margin)];
  const percentile = `p${Number((latency.share * 100).toFixed(6))}`;
  if (worse === 'passed') return { state: 'passed', reason: '' };
  if (better === 'failed') {
    return {
      state: 'failed',
      reason: `latency ${percentile} is above ${latency.maxMs} ms (${latencies.length} requests)`,
    };
  }
  if (latencies.length < items) return { state: 'open', reason: '' };
  return {
    state: 'unclear',
    reason: `can't be judged: its latency ${percentile} is within the spread between launches of ${latency.maxMs} ms`,
  };
}

/** What a limit on latency comes to before a model counts: a verdict, a block of requests, or undefined where it is kept. */
export function latencyTurn(entrant: Entrant, setup: RaceSetup, models: number): Turn | undefined {
  const gate = latencyGate(setup, entrant, models);
  if (gate === undefined) return undefined;
  switch (gate.state) {
    case 'passed':
      return undefined;
    case 'open':
      return { step: { type: 'latencies', model: entrant.model } };
    case 'failed':
      return { judgement: judged(entrant, 'eliminated', gate.reason, { n: entrant.scores.length }) };
    case 'unclear':
      return { judgement: judged(entrant, 'failed', gate.reason, { n: entrant.scores.length }) };
    default:
      return gate.state satisfies never;
  }
}
