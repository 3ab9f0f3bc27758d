import {
  finalQuantile,
  triageNoise,
  type Entrant,
  type Judgement,
  type RaceSetup,
  type RaceStanding,
  judged,
  type Turn,
} from './race-setup.ts';
import {
  overAllLaunches,
  poolLaunches,
  type KnownModel,
  raceAnchors,
  scoreOf,
  strictestRequirement,
  firstLaunch,
  latencyGate,
  openingTurn,
  bestImaginable,
  type Requirement,
} from './requirements.ts';
import { meanOf } from '../../stats/means.ts';
import type { LaunchNoise } from '../required-accuracy.ts';
import { replayGate } from './score-gate.ts';

function known(entrant: Entrant): KnownModel {
  return { model: entrant.model, accuracy: meanOf(entrant.scores), values: overAllLaunches(entrant) };
}

/** Of several finalists one that still owes a launch; one that failed in a launch, or has ended, keeps those that it has. */
export function nextLaunch(
  finalists: readonly Entrant[],
  { extraLaunches }: RaceSetup,
): RaceStanding['step'] | undefined {
  if (finalists.length < 2) return undefined;
  const owing = finalists.find(
    ({ launches, failure, isEnded }) =>
      launches.length < 1 + extraLaunches && failure === undefined && isEnded !== true,
  );
  return owing && { type: 'launch', model: owing.model, launch: owing.launches.length };
}

/** Noise of the finals: what the launches of the finalists showed, or the prior where no model has two. */
export function finalNoise(finalists: readonly Entrant[], setup: RaceSetup): LaunchNoise {
  const pooled = poolLaunches(finalists);
  if (pooled === undefined) return triageNoise(setup.budget, finalists.length);
  return { ...pooled, quantile: finalQuantile(setup.budget, finalists.length, pooled.degrees) };
}

/** How far the first of the named may be behind the best of the others: the gap that the bounds leave open, as a share. */
function openGap(first: KnownModel, others: readonly KnownModel[], setup: RaceSetup, noise: LaunchNoise): number {
  const { trivialAccuracy } = raceAnchors(setup);
  const [own, weight] = [first.accuracy - trivialAccuracy, setup.weights.accuracy];
  return others.reduce((widest, other) => {
    // What the other would need at least: below what it has, it may be ahead by this ratio.
    const need = strictestRequirement([first], other.values, setup, noise)?.tau ?? 1;
    const ratio = own <= 0 ? 1 : ((other.accuracy - trivialAccuracy) / (need - trivialAccuracy)) ** weight;
    return Math.max(widest, ratio - 1);
  }, 0);
}

/** The finals: more launches for whoever is left, and the comparison over all of them. */
function decideFinal(
  finalists: readonly Judgement[],
  judgements: readonly Judgement[],
  setup: RaceSetup,
): RaceStanding {
  const running = finalists.map(({ entrant }) => entrant);
  const step = nextLaunch(running, setup);
  if (step !== undefined) return { step, judgements, named: [], delta: 0 };
  const models = running.map(known);
  const noise = finalNoise(running, setup);
  const out = new Map(
    models.flatMap((model) => {
      const others = models.filter((other) => other !== model);
      const need = strictestRequirement(others, model.values, setup, noise);
      return need !== undefined && need.tau > model.accuracy ? [[model.model, need] as const] : [];
    }),
  );
  const left = models
    .filter(({ model }) => !out.has(model))
    .toSorted((a, b) => scoreOf(b, setup) - scoreOf(a, setup) || a.model.localeCompare(b.model));
  const [first, ...others] = left;
  return {
    step: { type: 'end' },
    judgements: judgements.map((judgement) => {
      const need = out.get(judgement.entrant.model);
      if (need === undefined) return { ...judgement, isFinal: true };
      const has = meanOf(judgement.entrant.scores).toFixed(3);
      const reason = `${needText(need)}, has ${has} (all items, after more launches)`;
      return { ...judgement, reason, tau: need.tau, isFinal: true };
    }),
    named: left.map(({ model }) => model),
    delta: first === undefined || others.length === 0 ? 0 : openGap(first, others, setup, noise),
  };
}

interface Field {
  readonly setup: RaceSetup;
  readonly models: number;
  readonly noise: LaunchNoise;
}

function needText({ tau, against }: Requirement): string {
  return `needs accuracy ${tau.toFixed(3)} to beat ${against}`;
}

/** Before it is launched: what it needs at the best performance that its memory leaves. */
function ruledOutUnseen(entrant: Entrant, champions: readonly KnownModel[], field: Field): Judgement | undefined {
  if (entrant.memoryFloor === undefined) return undefined;
  const best = bestImaginable(entrant.memoryFloor);
  const need = strictestRequirement(champions, best, field.setup, field.noise);
  if (need === undefined || need.tau < 1) return undefined;
  return judged(entrant, 'skipped', `${needText(need)} at any speed: its memory rules it out`, { tau: need.tau });
}

function takeTurn(entrant: Entrant, champions: readonly KnownModel[], field: Field): Turn {
  const { setup, models, noise } = field;
  const opening = openingTurn(entrant, setup, noise.quantile, () => ruledOutUnseen(entrant, champions, field));
  if (opening !== undefined) return opening;
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
    return { judgement: judged(entrant, 'eliminated', `${needText(need)}, but is below that`, facts) };
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
