import type { RaceValues } from '../../core/race.ts';
import type { Factors } from '../factor.ts';
import { anchoredScore } from '../per-anchored.ts';
import { requiredAccuracy, type LaunchNoise } from '../required-accuracy.ts';
import type { Anchors } from '../anchors.ts';
import type { RaceSetup } from './race-setup.ts';

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

export function raceAnchors({ anchors }: RaceSetup): Anchors {
  if (anchors === undefined) throw new RangeError('the question "winner" needs anchors');
  return anchors;
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
