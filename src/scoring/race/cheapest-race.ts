import {
  overAllLaunches,
  firstLaunch,
  floorAboveLimit,
  latencyTurn,
  openingTurn,
  peakAboveLimit,
} from './requirements.ts';
import {
  type Judgement,
  type RaceSetup,
  type RaceStanding,
  type Entrant,
  voidReason,
  endedReason,
  restated,
  withoutFailure,
  judged,
  type Turn,
} from './race-setup.ts';
import type { LaunchNoise } from '../required-accuracy.ts';
import { baseOf, baseTurn, dropGate, isComplete, withoutBase } from './drop-gate.ts';
import { finals } from './finals.ts';
import { triageNoise } from './launch-noise.ts';
import { relativeGate } from './relative-gate.ts';
import { replayGate, type ScoreGateRule } from './score-gate.ts';

/** The finals: more launches for those whose costs one launch couldn't tell apart, and the comparison over all. */
function decideCheapest(
  finalists: readonly Judgement[],
  judgements: readonly Judgement[],
  setup: RaceSetup,
): RaceStanding {
  return finals(finalists, judgements, setup, (running, noise) => compareCosts(running, noise, judgements));
}

function compareCosts(
  running: readonly Entrant[],
  noise: LaunchNoise,
  judgements: readonly Judgement[],
): Omit<RaceStanding, 'step'> {
  const clearRatio = Math.exp(noise.quantile * noise.throughput * Math.sqrt(2 / noise.launches));
  const costs = running
    .map((entrant) => ({ model: entrant.model, cost: 1 / overAllLaunches(entrant).throughput }))
    .toSorted((a, b) => a.cost - b.cost || a.model.localeCompare(b.model));
  const [first] = costs;
  const named = costs.filter(({ cost }) => first !== undefined && cost <= first.cost * clearRatio);
  const [, second] = named;
  return {
    judgements: judgements.map((judgement) => ({ ...judgement, isFinal: true })),
    named: named.map(({ model }) => model),
    // The first may really cost as much more than the next as the bounds leave open.
    delta: first === undefined || second === undefined ? 0 : (first.cost * clearRatio) / second.cost - 1,
  };
}

interface Field {
  readonly setup: RaceSetup;
  /** All of them, in the order in which they are tried. */
  readonly entrants: readonly Entrant[];
  /** Quantile of the triage. */
  readonly quantile: number;
  /** Ratio of two measured costs from which on the higher one is higher for certain. */
  readonly clearRatio: number;
  /** Whom the others may not be worse than, where that is asked. */
  readonly base: Entrant | undefined;
}

/** A model with at least this many times the weights per token isn't launched to see whether it is cheaper. */
const hopelessWeights = 4;

/** Whoever is out may still be asked, since the best may be among them. */
function isRelative({ setup }: Field): boolean {
  return setup.question.limits.withinBest !== undefined;
}

/** Device seconds per item, by the first launch. */
function measuredCost(entrant: Entrant): number {
  return 1 / firstLaunch(entrant).throughput;
}

/** Why a model that was never launched must be more expensive than one that passed, or undefined. */
function costlierUnseen(entrant: Entrant, passer: Entrant, { clearRatio }: Field): string | undefined {
  if (entrant.knownCost !== undefined) {
    const ratio = entrant.knownCost / measuredCost(passer);
    return ratio > clearRatio ? `costs ${ratio.toFixed(1)} times as much per item as ${passer.model}` : undefined;
  }
  if (entrant.activeBytes === undefined || passer.activeBytes === undefined) return undefined;
  const ratio = entrant.activeBytes / passer.activeBytes;
  if (ratio < hopelessWeights) return undefined;
  return `has ${ratio.toFixed(1)} times the weights per token of ${passer.model}: assumed to be more expensive`;
}

function ruledOutUnseen(entrant: Entrant, passers: readonly Entrant[], field: Field): Judgement | undefined {
  const costlier = passers.map((passer) => costlierUnseen(entrant, passer, field)).find((text) => text !== undefined);
  if (costlier === undefined) return undefined;
  return judged(entrant, 'skipped', costlier, {
    isAssumed: entrant.knownCost === undefined,
    isFinal: !isRelative(field),
  });
}

function costlierMeasured(entrant: Entrant, passers: readonly Entrant[], field: Field): Judgement | undefined {
  const { clearRatio } = field;
  for (const passer of passers) {
    const ratio = measuredCost(entrant) / measuredCost(passer);
    if (ratio > clearRatio) {
      const reason = `costs ${ratio.toFixed(1)} times as much per item as ${passer.model}`;
      return judged(entrant, 'pruned', reason, { isFinal: !isRelative(field) });
    }
  }
  return undefined;
}

/** Each test of each model's accuracy may err so often. */
function gateAlpha({ setup, entrants, base }: Field): number {
  // The base answers everything: there is no test of it.
  const tested = base === undefined ? entrants.length : Math.max(1, entrants.length - 1);
  return setup.budget.accuracy / (2 * tested);
}

function accuracyTurn(entrant: Entrant, field: Field): Turn {
  const { setup } = field;
  const { question, items } = setup;
  const alpha = gateAlpha(field);
  const rule: ScoreGateRule = { tau: question.limits.minAccuracy ?? 0, items, failAlpha: alpha, passAlpha: alpha };
  const gate = replayGate(rule, entrant.scores);
  const facts = { n: gate.count, tau: rule.tau, logEvidence: gate.logEvidence };
  if (gate.state === 'failed') {
    return { judgement: judged(entrant, 'eliminated', `accuracy is below ${rule.tau}`, facts) };
  }
  if (gate.state === 'open') return { step: { type: 'items', model: entrant.model, upTo: items } };
  const reason = `accuracy is at least ${rule.tau}`;
  return { judgement: judged(entrant, gate.state, reason, { ...facts, isFinal: false }) };
}

/** Others that the best may be among: those that run here and keep the limit on memory. */
function rivalsOf(entrant: Entrant, { entrants, setup, quantile }: Field): readonly Entrant[] {
  return entrants.filter(
    (other) =>
      other !== entrant &&
      other.exclusion === undefined &&
      voidReason(other, setup.items) === undefined &&
      floorAboveLimit(setup, other) === undefined &&
      (other.launches.length === 0 || peakAboveLimit(setup, other, quantile) === undefined),
  );
}

/** The gate that the question asks for. */
function gateTurn(entrant: Entrant, field: Field): Turn {
  const { setup, base } = field;
  const { items } = setup;
  const { withinBest, maxAccuracyDrop: maxDrop } = setup.question.limits;
  if (base !== undefined && maxDrop !== undefined) {
    return dropGate(entrant, { base, maxDrop, items, alpha: gateAlpha(field) });
  }
  if (withinBest === undefined) return accuracyTurn(entrant, field);
  return relativeGate(entrant, rivalsOf(entrant, field), { withinBest, items, alpha: 2 * gateAlpha(field) });
}

function takeTurn(entrant: Entrant, passers: readonly Entrant[], field: Field): Turn {
  const { setup, entrants, quantile } = field;
  const owed = entrant === field.base ? baseTurn(entrant, setup) : undefined;
  if (owed !== undefined) return owed;
  const opening = openingTurn(entrant, setup, quantile, () => ruledOutUnseen(entrant, passers, field));
  if (opening !== undefined) return opening;
  const costlier = costlierMeasured(entrant, passers, field);
  if (costlier !== undefined) return { judgement: costlier };
  const inTime = latencyTurn(entrant, setup, entrants.length);
  if (inTime?.judgement !== undefined) return inTime;
  const turn = gateTurn(entrant, field);
  const isIn = turn.step === undefined && turn.judgement.status !== 'eliminated';
  return isIn ? (inTime ?? turn) : turn;
}

/** The turn of a model, unless somebody owes something for it that can't be given any more. */
function possible(entrant: Entrant, turn: Turn, entrants: readonly Entrant[]): Turn {
  const { step } = turn;
  // Within … of the best, the step may be a rival's.
  const asked = entrants.find(({ model }) => model === step?.model);
  if (asked?.isEnded === true) {
    const facts = { n: entrant.scores.length, isFinal: false };
    return { judgement: judged(entrant, 'failed', endedReason(asked), facts) };
  }
  return asked === undefined || asked === entrant ? withoutFailure(entrant, turn) : turn;
}

/** The verdict or the next step of a model, with what was said of it before. */
function nextTurn(entrant: Entrant, judgements: readonly Judgement[], passers: readonly Entrant[], field: Field): Turn {
  const { base, setup, entrants } = field;
  const said = restated(entrant);
  if (said !== undefined) return { judgement: said };
  const ofBase = judgements.find((judgement) => judgement.entrant === base);
  if (ofBase !== undefined && !isComplete(ofBase.entrant, setup)) return { judgement: withoutBase(entrant, ofBase) };
  return possible(entrant, takeTurn(entrant, passers, field), entrants);
}

/**
 * Where the race for the cheapest model stands whose accuracy is good enough: cheapest first, each through a gate that
 * opens or closes as soon as it can. Models that can't be cheaper than one that passed aren't asked anything. Where they
 * are compared with a base, that comes first, and answers everything.
 *
 * @param entrants in the order in which they are tried
 */
export function replayCheapestRace(entrants: readonly Entrant[], setup: RaceSetup): RaceStanding {
  const noise = triageNoise(setup, entrants.length);
  const clearRatio = Math.exp(noise.quantile * noise.throughput * Math.SQRT2);
  const base = baseOf(entrants, setup);
  const field = { setup, entrants, quantile: noise.quantile, clearRatio, base };
  const judgements: Judgement[] = [];
  let passers: readonly Judgement[] = [];
  for (const entrant of base === undefined ? entrants : [base, ...entrants.filter((each) => each !== base)]) {
    const known = passers.map((passer) => passer.entrant);
    const turn = nextTurn(entrant, judgements, known, field);
    if (turn.step !== undefined) return { step: turn.step, judgements, named: [], delta: 0 };
    const judgement = { ...turn.judgement, base };
    judgements.push(judgement);
    if (judgement.status === 'full' || judgement.status === 'passed') passers = [...passers, judgement];
  }
  const cheapest = Math.min(...passers.map((passer) => measuredCost(passer.entrant)));
  const finalists = passers.filter((passer) => measuredCost(passer.entrant) <= cheapest * clearRatio);
  return decideCheapest(finalists, judgements, setup);
}
