import type { RaceValues } from '../../core/race.ts';

/** All that is known of one model in a race. Facts only: what follows from them is computed anew each time. */
export interface Entrant {
  readonly model: string;
  /** Why it can't be launched here at all. */
  readonly exclusion?: string | undefined;
  /** Memory that it needs at least, known before it is launched, in bytes. */
  readonly memoryFloor?: number | undefined;
  /** Bytes of weights that one token passes through; what its cost is guessed from. */
  readonly activeBytes?: number | undefined;
  /** Device seconds per item, measured earlier. */
  readonly knownCost?: number | undefined;
  /** By launch; triage looks at the first alone, so that more launches change nothing that was decided. */
  readonly launches: readonly RaceValues[];
  /** Scores in [0, 1] of the model's own pre-drawn order, up to the first that is missing; a failed item has 0. */
  readonly scores: readonly number[];
  /** Which item of the benchmark each score is of; absent where that isn't known. */
  readonly order?: readonly number[] | undefined;
  /** Times of single requests in milliseconds, in an order drawn beforehand too. */
  readonly latencies: readonly number[];
  /** Items that failed for a reason that isn't the model's. */
  readonly brokenItems: number;
  /** Why it can't be judged. Once all of its items are answered it stays, with the launches that it has. */
  readonly failure?: string | undefined;
  /** Its cell has ended, before a model that failed was let in again: it keeps the launches that it has. */
  readonly isEnded?: boolean | undefined;
}

/** More broken items than this share of all and the model is void. */
const maxBrokenShare = 0.01;

/** Why a model can't be judged, or undefined. */
export function voidReason(entrant: Entrant, items: number): string | undefined {
  if (entrant.brokenItems > maxBrokenShare * items) {
    return `${entrant.brokenItems} of ${items} items failed in the engine: more than 1 %`;
  }
  if (entrant.failure === undefined) return undefined;
  return entrant.scores.length === items && entrant.launches.length > 0 ? undefined : entrant.failure;
}
