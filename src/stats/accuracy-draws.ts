import { createGammaSource, type Random } from './random.ts';

/** Scores of all models on the same items. */
export interface ItemScores {
  /** For each model its scores in [0, 1], all in the same order of items. */
  readonly models: readonly ArrayLike<number>[];
  /** For each item the cluster that it belongs to, where items depend on each other. */
  readonly clusters?: readonly (string | number)[] | undefined;
}

/** Units (items or clusters) on which all models did the same. */
interface Pattern {
  /** Of each model over the items of one unit. */
  readonly sums: readonly number[];
  /** Items in a unit. */
  readonly size: number;
  readonly units: number;
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

/** Scores unit by unit; without clusters each item is its own unit. */
function unitsOf({ models, clusters }: ItemScores, items: number): readonly Omit<Pattern, 'units'>[] {
  const units = new Map<string | number, { readonly sums: number[]; size: number }>();
  for (let item = 0; item < items; item += 1) {
    const label = clusters?.[item] ?? item;
    const unit = units.get(label) ?? { sums: models.map(() => 0), size: 0 };
    for (const [model, scores] of models.entries()) {
      unit.sums[model] = (unit.sums[model] as number) + (scores[item] as number);
    }
    unit.size += 1;
    units.set(label, unit);
  }
  return [...units.values()];
}

function patternsOf(units: readonly Omit<Pattern, 'units'>[]): readonly Pattern[] {
  const alike = Map.groupBy(units, ({ sums, size }) => `${size} ${sums.join(' ')}`);
  return Array.from(alike.values(), (own) => ({ ...(own[0] as Pattern), units: own.length }));
}

/** Units that the prior is worth: Beta(1/2, 1/2) for each right-or-wrong model by itself. */
const priorUnits = 1;
/** What is left of the prior below this share is one last unit. */
const leastStick = 1 / 1024;

/** Equal parts of the exponential distribution; a draw is the mean of one, which is as good and much faster than a logarithm. */
const exponentialParts = 4096;

function exponentialTable(): Float64Array {
  /** Integral of the exponential's quantile from `p` to 1. */
  const above = (part: number): number => {
    const left = 1 - part / exponentialParts;
    return left === 0 ? 0 : left * (1 - Math.log(left));
  };
  return Float64Array.from(
    { length: exponentialParts },
    (_, part) => exponentialParts * (above(part) - above(part + 1)),
  );
}

/** Up to so many units a gamma number is the sum of exponential ones. */
const fewUnits = 4;

/** Draws the weights of patterns: Gamma(units). */
function createWeightSource(patterns: readonly Pattern[], random: Random): (weights: Float64Array) => void {
  const table = exponentialTable();
  const gamma = createGammaSource(random);
  const few = patterns.flatMap(({ units }, pattern) =>
    units <= fewUnits ? Array.from({ length: units }, () => pattern) : [],
  );
  const owners = Uint32Array.from(few);
  const parts = new Uint32Array(owners.length);
  const many = patterns.flatMap(({ units }, pattern) => (units > fewUnits ? [[pattern, units] as const] : []));
  return (weights) => {
    weights.fill(0);
    random.fillBelow(parts, exponentialParts);
    for (let index = 0; index < parts.length; index += 1) {
      const owner = owners[index] as number;
      weights[owner] = (weights[owner] as number) + (table[parts[index] as number] as number);
    }
    for (const [pattern, units] of many) weights[pattern] = gamma(units);
  };
}

/**
 * Draws of the models' accuracies on new items of the kind: weights of the items (or clusters) from a Dirichlet
 * distribution, which all models share.
 *
 * Units on which the models' scores are the same have one weight, Gamma(number of units). Resampling the items could never
 * draw what was not seen, so that a model without errors would look certain; therefore one more unit's weight goes to
 * units on which each model, independently, is right or wrong with equal chance. By itself a model has Jeffreys' prior then,
 * and two models that agreed everywhere may still differ.
 *
 * Source: Rubin, Annals of Statistics 9 (1981) 130-134 (the weights); Ferguson, Annals of Statistics 1 (1973) 209-230, and
 * Sethuraman, Statistica Sinica 4 (1994) 639-650 (the prior and its sticks).
 *
 * @param count how many draws
 * @returns by draw, then by model
 * @throws {RangeError} if the models don't have the same items
 */
export function drawAccuracies(scores: ItemScores, count: number, random: Random): Float64Array {
  const items = checkScores(scores);
  const units = unitsOf(scores, items);
  const patterns = patternsOf(units);
  const models = scores.models.length;
  const columns = [
    Float64Array.from(patterns, ({ size }) => size),
    ...scores.models.map((_, model) => Float64Array.from(patterns, ({ sums }) => sums[model] as number)),
  ];
  const meanSize = items / units.length;
  const gamma = createGammaSource(random);
  const drawWeights = createWeightSource(patterns, random);
  const weights = new Float64Array(patterns.length);
  const sums = new Float64Array(columns.length);
  const out = new Float64Array(count * models);
  for (let offset = 0; offset < out.length; offset += models) {
    drawWeights(weights);
    addWeighted(sums, weights, columns);
    const prior = gamma(priorUnits) * meanSize;
    const total = (sums[0] as number) + prior;
    const own = out.subarray(offset, offset + models);
    own.set(sums.subarray(1));
    addPrior(own, prior, random);
    for (let model = 0; model < models; model += 1) own[model] = (own[model] as number) / total;
  }
  return out;
}

const noColumn = new Float64Array();

/** Weighted sums of the columns, four in one pass, so that the weights are read once and the additions overlap. */
function addWeighted(sums: Float64Array, weights: Float64Array, columns: readonly Float64Array[]): void {
  for (let first = 0; first < columns.length; first += 4) {
    const [one = noColumn, two = one, three = one, four = one] = columns.slice(first, first + 4);
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let pattern = 0; pattern < weights.length; pattern += 1) {
      const weight = weights[pattern] as number;
      a += weight * (one[pattern] as number);
      b += weight * (two[pattern] as number);
      c += weight * (three[pattern] as number);
      d += weight * (four[pattern] as number);
    }
    sums.set([a, b, c, d].slice(0, columns.length - first), first);
  }
}

/** Breaks the prior's weight into sticks, each for units that any of the models has right with a chance of one half. */
function addPrior(sums: Float64Array, weight: number, random: Random): void {
  for (let left = 1; left > 0;) {
    const share = left < leastStick ? left : left * (1 - random.nextFloat() ** (1 / priorUnits));
    left -= share;
    let bits = 0;
    for (let model = 0; model < sums.length; model += 1) {
      if (model % 32 === 0) bits = random.nextUint32();
      if ((bits & 1) === 1) sums[model] = (sums[model] as number) + share * weight;
      bits >>>= 1;
    }
  }
}
