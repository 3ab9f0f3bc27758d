import type { Random } from './random.ts';

/** Scores of all models on the same items. */
export interface ItemScores {
  /** For each model its scores in [0, 1], all in the same order of items. */
  readonly models: readonly ArrayLike<number>[];
  /** For each item the cluster that it belongs to, where items depend on each other. */
  readonly clusters?: readonly (string | number)[] | undefined;
}

/** Fills in which units (items or clusters, from 0) a replicate consists of. */
export type Resample = (units: Uint32Array, replicate: number) => void;

/** Units of resampling: how many items each has, and the models' sums of scores over them in packed columns. */
interface Units {
  readonly count: number;
  readonly models: number;
  readonly sizes: Float64Array;
  readonly columns: readonly Float64Array[];
  /** Models that share a column, each in its own digits. */
  readonly modelsPerColumn: number;
}

/**
 * Whole sums below this can share a double with two others, since 3 x 17 digits are fewer than its 53: a column then adds
 * up three models at once, exactly.
 */
const packedBase = 2 ** 17;
const modelsInPackedColumn = 3;

/** Draws as many units as there are, with replacement. */
export function randomResample(random: Random): Resample {
  return (units) => random.fillBelow(units, units.length);
}

function checkScores({ models, clusters }: ItemScores): number {
  const items = models[0]?.length ?? 0;
  if (items === 0) throw new RangeError('a bootstrap needs at least one model with one item');
  const uneven = models.findIndex(({ length }) => length !== items);
  if (uneven !== -1)
    throw new RangeError(`model ${uneven} has ${models[uneven]?.length} items, the first has ${items}`);
  if (clusters !== undefined && clusters.length !== items) {
    throw new RangeError(`${items} items need as many cluster labels, got ${clusters.length}`);
  }
  return items;
}

/** Numbers the clusters from 0; without clusters each item is its own. */
function unitNumbers(
  items: number,
  clusters: ItemScores['clusters'],
): { readonly unitOf: Uint32Array; readonly count: number } {
  if (clusters === undefined) return { unitOf: Uint32Array.from({ length: items }, (_, item) => item), count: items };
  const seen = new Map<string | number, number>();
  const unitOf = Uint32Array.from(clusters, (label) => {
    const unit = seen.get(label) ?? seen.size;
    seen.set(label, unit);
    return unit;
  });
  return { unitOf, count: seen.size };
}

function sumsByUnit(scores: ArrayLike<number>, unitOf: Uint32Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  for (const [item, unit] of unitOf.entries()) sums[unit] = (sums[unit] as number) + (scores[item] as number);
  return sums;
}

function unitsOf(scores: ItemScores): Units {
  const items = checkScores(scores);
  const { unitOf, count } = unitNumbers(items, scores.clusters);
  const sums = scores.models.map((model) => sumsByUnit(model, unitOf, count));
  const sizes = sumsByUnit(new Uint8Array(items).fill(1), unitOf, count);
  const largest = Math.max(...sums.map((model) => model.reduce((most, sum) => Math.max(most, sum), 0)));
  const isPackable = largest * count < packedBase && sums.every((model) => model.every(Number.isInteger));
  const modelsPerColumn = isPackable ? modelsInPackedColumn : 1;
  const columns = Array.from({ length: Math.ceil(sums.length / modelsPerColumn) }, (_, column) => {
    const group = sums.slice(column * modelsPerColumn, (column + 1) * modelsPerColumn);
    return new Float64Array(count).map((_value, unit) =>
      group.reduceRight((packed, model) => packed * packedBase + (model[unit] as number), 0),
    );
  });
  return { count, models: sums.length, sizes, columns, modelsPerColumn };
}

/** Weighted sums of three columns in one pass, so that the weights are read once and the additions overlap. */
function weightedSums(
  weights: Float64Array,
  columns: readonly Float64Array[],
  first: number,
  empty: Float64Array,
): [number, number, number] {
  const [one = empty, two = empty, three = empty] = [columns[first], columns[first + 1], columns[first + 2]];
  let [a, b, c] = [0, 0, 0];
  for (let unit = 0; unit < weights.length; unit += 1) {
    const weight = weights[unit] as number;
    a += weight * (one[unit] as number);
    b += weight * (two[unit] as number);
    c += weight * (three[unit] as number);
  }
  return [a, b, c];
}

/** Splits a column's sum into those of its models. */
function unpack(sum: number, models: number): number[] {
  const parts: number[] = [];
  let rest = sum;
  for (let model = 1; model < models; model += 1) {
    const higher = Math.floor(rest / packedBase);
    parts.push(rest - higher * packedBase);
    rest = higher;
  }
  return [...parts, rest];
}

/**
 * Accuracies over resampled items: each replicate takes one draw of items, or of clusters, that all models share.
 *
 * @param resamples how many replicates
 * @returns by replicate, then by model
 * @throws {RangeError} if the models don't have the same items
 */
export function resampleAccuracies(scores: ItemScores, resamples: number, resample: Resample): Float64Array {
  const { count, models, sizes, columns, modelsPerColumn } = unitsOf(scores);
  const drawn = new Uint32Array(count);
  const times = new Float64Array(count);
  const empty = new Float64Array(count);
  const out = new Float64Array(resamples * models);
  for (let replicate = 0; replicate < resamples; replicate += 1) {
    resample(drawn, replicate);
    times.fill(0);
    let items = 0;
    for (let index = 0; index < count; index += 1) {
      const unit = drawn[index] as number;
      times[unit] = (times[unit] as number) + 1;
      items += sizes[unit] as number;
    }
    for (let column = 0; column < columns.length; column += 3) {
      const sums = weightedSums(times, columns, column, empty).flatMap((sum) => unpack(sum, modelsPerColumn));
      const first = column * modelsPerColumn;
      for (let model = first; model < Math.min(models, first + sums.length); model += 1) {
        out[replicate * models + model] = (sums[model - first] as number) / items;
      }
    }
  }
  return out;
}
