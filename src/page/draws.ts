import { boardReplicates } from '../scoring/board-ranking.ts';
import { scoredRows, type Scoreboard } from '../scoring/scoreboard.ts';
import { factorNames, perFactor } from '../scoring/factor.ts';
import type { ReplicateValues } from '../scoring/bootstrap.ts';
import type { TaskEvidence } from '../scoring/task-evidence.ts';
import type { DrawsPlace } from './page-data.ts';

/** Replicates of the four factors for the models of one scoreboard. */
export interface Draws {
  readonly models: readonly string[];
  readonly replicates: number;
  readonly values: ReplicateValues;
  readonly method: DrawsPlace['method'];
}

/** Replicates of a scoreboard, as few as a page that is to stay small can carry. */
export function drawsOf(board: Scoreboard, evidence: TaskEvidence | undefined): Draws | undefined {
  const replicates = replicatesFor(scoredRows(board).length);
  const found = boardReplicates(board, evidence, { resamples: replicates });
  return found && { models: found.models, replicates, values: found.values, method: found.inference.method };
}

/** Puts the replicates of several scoreboards behind one another. */
export function packDraws(all: readonly (Draws | undefined)[]): {
  readonly places: readonly (DrawsPlace | undefined)[];
  readonly numbers: Float32Array;
} {
  const length = all.reduce((sum, draws) => sum + (draws === undefined ? 0 : 4 * draws.values.accuracy.length), 0);
  const numbers = new Float32Array(length);
  let start = 0;
  const places = all.map((draws) => {
    if (draws === undefined) return undefined;
    const { models, replicates, method, values } = draws;
    const place: DrawsPlace = { models, replicates, method, start };
    for (const factor of factorNames) {
      numbers.set(values[factor], start);
      start += values[factor].length;
    }
    return place;
  });
  return { places, numbers };
}

/** The replicates of one scoreboard out of the page's block of numbers. */
export function unpackDraws(place: DrawsPlace | undefined, numbers: Float32Array): Draws | undefined {
  if (place === undefined) return undefined;
  const size = place.models.length * place.replicates;
  if (place.start + 4 * size > numbers.length) return undefined;
  const at = (index: number): Float64Array =>
    Float64Array.from(numbers.subarray(place.start + index * size, place.start + (index + 1) * size));
  return {
    models: place.models,
    replicates: place.replicates,
    method: place.method,
    values: perFactor((factor) => at(factorNames.indexOf(factor))),
  };
}

/** How many replicates fit a page that is to stay small. */
function replicatesFor(models: number): number {
  return Math.max(200, Math.min(1000, Math.floor(16_000 / Math.max(1, models))));
}
