import { triageNoise } from './error-budget.ts';
import { type Entrant, voidReason } from './entrant.ts';
import { decideFinal } from './winner-final.ts';
import { firstLaunch } from './launch-values.ts';
import { floorAboveLimit, latencyGate, peakAboveLimit } from './limits.ts';
import { bestImaginable, type KnownModel, type Requirement, strictestRequirement } from './required.ts';
import { judged, type Judgement, type RaceSetup, type RaceStanding, type Turn } from './race-setup.ts';
import { meanOf } from '../../stats/standard-deviation.ts';
import { replayGate } from './score-gate.ts';
import type { LaunchNoise } from '../required-accuracy.ts';

interface Field {
  readonly setup: RaceSetup;
  readonly models: number;
  readonly noise: LaunchNoise;
}

function needText({ tau, against }: Requirement): string {
  return `needs accuracy ${tau.toFixed(3)} against ${against}`;
}

/** Before it is launched: what it needs at the best performance that its memory leaves. */
function ruledOutUnseen(entrant: Entrant, champions: readonly KnownModel[], field: Field): Judgement | undefined {
  if (entrant.launches.length > 0) return undefined;
  const reason = entrant.exclusion ?? floorAboveLimit(field.setup, entrant);
  if (reason !== undefined) return judged(entrant, 'skipped', reason);
  if (entrant.memoryFloor === undefined) return undefined;
  const best = bestImaginable(entrant.memoryFloor);
  const need = strictestRequirement(champions, best, field.setup, field.noise);
  if (need === undefined || need.tau < 1) return undefined;
  return judged(entrant, 'skipped', `${needText(need)} at any speed: its memory rules it out`, { tau: need.tau });
}

function takeTurn(entrant: Entrant, champions: readonly KnownModel[], field: Field): Turn {
  const { setup, models, noise } = field;
  const broken = voidReason(entrant, setup.items);
  if (broken !== undefined) return { judgement: judged(entrant, 'failed', broken, { n: entrant.scores.length }) };
  const unseen = ruledOutUnseen(entrant, champions, field);
  if (unseen !== undefined) return { judgement: unseen };
  if (entrant.launches.length === 0) return { step: { type: 'launch', model: entrant.model, launch: 0 } };
  const tooLarge = peakAboveLimit(setup, entrant, noise.quantile);
  if (tooLarge !== undefined) return { judgement: judged(entrant, 'pruned', tooLarge) };
  const need = strictestRequirement(champions, firstLaunch(entrant), setup, noise);
  if (need !== undefined && need.tau >= 1) {
    return { judgement: judged(entrant, 'pruned', `${needText(need)}: too slow or too large`, { tau: need.tau }) };
  }
  const inTime = latencyGate(setup, entrant, models);
  if (inTime?.state === 'failed') {
    return { judgement: judged(entrant, 'eliminated', inTime.reason, { n: entrant.scores.length }) };
  }
  const rule = { tau: need?.tau ?? 0, items: setup.items, failAlpha: setup.budget.accuracy };
  const gate = replayGate(rule, entrant.scores);
  const facts = { n: gate.count, tau: need?.tau, logEvidence: need === undefined ? undefined : gate.logEvidence };
  if (gate.state === 'failed' && need !== undefined) {
    return { judgement: judged(entrant, 'eliminated', `${needText(need)}, is below that`, facts) };
  }
  if (gate.state === 'open') return { step: { type: 'items', model: entrant.model, gate: rule } };
  if (inTime?.state === 'open') return { step: { type: 'latencies', model: entrant.model, gate: inTime.rule } };
  return { judgement: judged(entrant, 'full', '', { ...facts, isFinal: false }) };
}

/** Drops champions that the newcomer beats whatever another launch would say. */
function withNewcomer(
  champions: readonly KnownModel[],
  newcomer: KnownModel,
  { setup, noise }: Field,
  onOut: (model: string, need: Requirement) => void,
): readonly KnownModel[] {
  const kept = champions.filter((champion) => {
    const need = strictestRequirement([newcomer], champion.values, setup, noise);
    if (need === undefined || need.tau <= champion.accuracy) return true;
    onOut(champion.model, need);
    return false;
  });
  return [...kept, newcomer];
}

/** Says that a model which answered everything has less than it needs. */
function beaten(judgement: Judgement, need: Requirement): Judgement {
  const has = meanOf(judgement.entrant.scores).toFixed(3);
  return { ...judgement, reason: `${needText(need)}, has ${has} (all items)`, tau: need.tau, isFinal: true };
}

/**
 * Where the race for the highest PER-A stands: champion against challenger, cheapest first.
 *
 * Each challenger is tested once, against the accuracy that it needs; only the true winner's own test can lose it, so
 * testing many models costs nothing. Source: docs/scores.md, "Deciding early".
 *
 * @param entrants in the order in which they are tried
 */
export function replayWinnerRace(entrants: readonly Entrant[], setup: RaceSetup): RaceStanding {
  const field = { setup, models: entrants.length, noise: triageNoise(setup.budget, entrants.length) };
  const judgements = new Map<string, Judgement>();
  let champions: readonly KnownModel[] = [];
  for (const entrant of entrants) {
    const turn = takeTurn(entrant, champions, field);
    if (turn.step !== undefined) return { step: turn.step, judgements: [...judgements.values()], named: [], delta: 0 };
    const { judgement } = turn;
    judgements.set(entrant.model, judgement);
    if (judgement.status !== 'full') continue;
    const accuracy = meanOf(entrant.scores);
    const newcomer = { model: entrant.model, accuracy, values: firstLaunch(entrant) };
    champions = withNewcomer(champions, newcomer, field, (model, need) => {
      const before = judgements.get(model);
      if (before !== undefined) judgements.set(model, beaten(before, need));
    });
  }
  const finalists = champions.map(({ model }) => judgements.get(model)).filter((judgement) => judgement !== undefined);
  return decideFinal(finalists, [...judgements.values()], setup);
}
