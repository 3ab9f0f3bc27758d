import { countText } from '../../core/amount-text.ts';
import type { PairedDifference } from '../../core/race.ts';
import { differenceInterval } from '../../stats/difference-test.ts';
import { meanOf } from '../../stats/means.ts';
import { brokenReason, type Entrant, judged, type Judgement, type RaceSetup, type Turn } from './race-setup.ts';
import { floorAboveLimit } from './requirements.ts';
import { replayGate } from './score-gate.ts';

/** The model that the others are compared with; undefined where none is asked for. */
export function baseOf(entrants: readonly Entrant[], { question }: RaceSetup): Entrant | undefined {
  return entrants.find(({ model }) => model === question.base);
}

/** Answers of a model less those of the base to the same items, as far as both go. */
function differencesFrom(base: Entrant, { scores }: Entrant): readonly number[] {
  return scores.slice(0, base.scores.length).map((score, index) => score - (base.scores[index] ?? 0));
}

const rounding = 1e-9;

function flipsIn(differences: readonly number[]): number {
  return differences.filter((difference) => Math.abs(difference) > rounding).length;
}

/** Whether all is known of the base that the others are compared by. */
export function isComplete(base: Entrant, { items }: RaceSetup): boolean {
  return base.launches.length > 0 && base.scores.length === items && brokenReason(base, items) === undefined;
}

/** What the base owes the others, whatever limits it may miss itself; undefined once it has answered everything. */
export function baseTurn(base: Entrant, setup: RaceSetup): Turn | undefined {
  const { model, scores, launches, exclusion } = base;
  const broken = brokenReason(base, setup.items) ?? (launches.length === 0 ? exclusion : undefined);
  if (broken !== undefined) return { judgement: judged(base, 'failed', broken, { n: scores.length }) };
  if (launches.length === 0) return { step: { type: 'launch', model, launch: 0 } };
  if (scores.length < setup.items) return { step: { type: 'items', model, upTo: setup.items } };
  const tooLarge = floorAboveLimit(setup, base);
  return tooLarge === undefined ? undefined : { judgement: judged(base, 'pruned', tooLarge) };
}

/** Said of a model where the base couldn't be measured. */
export function withoutBase(entrant: Entrant, { entrant: base, reason }: Judgement): Judgement {
  return judged(entrant, 'failed', `can't be compared with ${base.model}: ${reason}`, { n: entrant.scores.length });
}

export interface DropRule {
  /** It has answered everything. */
  readonly base: Entrant;
  readonly maxDrop: number;
  readonly items: number;
  /** Allowed error of each of the two tests. */
  readonly alpha: number;
}

/**
 * Whether a model is less accurate than the base by no more than is allowed, on all items: from the differences of their
 * answers to the same ones, of which most are 0.
 */
export function dropGate(entrant: Entrant, { base, maxDrop, items, alpha }: DropRule): Turn {
  if (entrant === base) {
    return { judgement: judged(entrant, 'full', 'the base', { n: items, isFinal: false }) };
  }
  const differences = differencesFrom(base, entrant);
  const rule = { tau: -maxDrop, items, failAlpha: alpha, passAlpha: alpha, isDifference: true };
  const { state, count, logEvidence } = replayGate(rule, differences);
  if (state === 'open') return { step: { type: 'items', model: entrant.model, upTo: items } };
  const isWorse = state === 'failed';
  const differ = `${countText(flipsIn(differences.slice(0, count)))} of ${countText(count)} scores differ`;
  const reason = `${isWorse ? '' : 'not '}worse than ${base.model} by more than ${maxDrop} (${differ})`;
  // The base is known in full, so what is needed is.
  const facts = { n: count, tau: Math.max(0, meanOf(base.scores) - maxDrop), logEvidence, isFinal: isWorse };
  return { judgement: judged(entrant, isWorse ? 'eliminated' : state, reason, facts) };
}

/** What a certificate says of the answers of a model beside those of the base: never the mean of an early stop. */
export function pairedDifference(
  { entrant, base }: Judgement,
  { items, confidence }: RaceSetup,
): PairedDifference | undefined {
  if (base === undefined || base === entrant) return undefined;
  const differences = differencesFrom(base, entrant);
  const n = differences.length;
  if (n === 0) return undefined;
  const flips = flipsIn(differences);
  if (n === items) return { n, flips, accuracy: { kind: 'exact', value: meanOf(differences) } };
  const { low, high } = differenceInterval(differences, { level: confidence, populationSize: items });
  return { n, flips, accuracy: { kind: 'interval', low, high } };
}
