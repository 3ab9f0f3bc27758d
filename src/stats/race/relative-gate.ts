import type { Entrant } from './entrant.ts';
import { judged, meanOf, type Turn } from './race-setup.ts';
import { replayGate } from './score-gate.ts';

export interface RelativeGateRule {
  /** By how much the most accurate of all may be better. */
  readonly withinBest: number;
  readonly items: number;
  /** Allowed error of each of the two tests of each rival. */
  readonly alpha: number;
}

const rounding = 1e-9;

/**
 * Whether no rival is more accurate by more than the tolerance. The model itself answers everything, so that rivals are
 * held against a number; each of them is asked until it is certain on which side of it it is, the cheapest first.
 *
 * A wrong answer takes a false test: of the best rival, against a model that is let in, or of any rival, against the
 * true answer. Over all models these are twice as many as there are models.
 */
export function relativeGate(
  entrant: Entrant,
  rivals: readonly Entrant[],
  { withinBest, items, alpha }: RelativeGateRule,
): Turn {
  const { model, scores } = entrant;
  if (scores.length < items) return { step: { type: 'items', model, gate: { tau: 0, items, failAlpha: alpha } } };
  const tau = meanOf(scores) + withinBest;
  for (const rival of rivals) {
    // Nobody can be ahead by more.
    if (tau >= 1) break;
    if (rival.launches.length === 0) return { step: { type: 'launch', model: rival.model, launch: 0 } };
    const rule = { tau, items, failAlpha: alpha, passAlpha: alpha };
    const gate = replayGate(rule, rival.scores);
    if (gate.state === 'open') return { step: { type: 'items', model: rival.model, gate: rule } };
    const isAhead = gate.state === 'passed' || (gate.state === 'full' && gate.sum > tau * items + rounding);
    if (isAhead) {
      const reason = `${rival.model} is more accurate by more than ${withinBest}`;
      return { judgement: judged(entrant, 'eliminated', reason, { n: items, logEvidence: gate.passLogEvidence }) };
    }
  }
  const reason = `nobody is more accurate by more than ${withinBest}`;
  return { judgement: judged(entrant, 'full', reason, { n: items, isFinal: false }) };
}
