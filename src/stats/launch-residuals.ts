import { meanOf } from './means.ts';
import { createGammaSource, createNormalSource, type Random } from './random.ts';

/** What one launch of a model measured: the logarithm of each quantity, in the same order everywhere. */
export type LaunchLogs = readonly number[];

/** How far launches lie from what is expected of them, several quantities at once, so that it is known how these go together. */
interface Residuals {
  readonly vectors: readonly LaunchLogs[];
  /** Degrees of freedom: their sum of squares over this is the variance. */
  readonly degrees: number;
}

/** How much launches vary, pooled over models. */
export interface LaunchResiduals {
  /** Of single launches; `degrees` is 0 where no model was launched twice. */
  readonly launches: Residuals;
  /** What all models of a round have in common, such as a warm host; undefined where models weren't launched in rounds. */
  readonly rounds: Residuals | undefined;
  /** By quantity: one model varies over ten times as much (in variance) as another, which pooling hides. */
  readonly isUneven: readonly boolean[];
}

const quantitiesOf = (models: readonly (readonly LaunchLogs[])[]): readonly number[] => [
  ...(models[0]?.[0] ?? []).keys(),
];

function meanVector(vectors: readonly LaunchLogs[], quantities: readonly number[]): LaunchLogs {
  return quantities.map((quantity) => meanOf(vectors.map((vector) => vector[quantity] as number)));
}

const minus = (left: LaunchLogs, right: LaunchLogs): LaunchLogs =>
  left.map((value, quantity) => value - (right[quantity] as number));

function squaresOf({ vectors }: Pick<Residuals, 'vectors'>, quantity: number): number {
  return vectors.reduce((sum, vector) => sum + (vector[quantity] as number) ** 2, 0);
}

/** Variance of one quantity; undefined without degrees of freedom. */
function residualVariance(residuals: Residuals, quantity: number): number | undefined {
  return residuals.degrees === 0 ? undefined : squaresOf(residuals, quantity) / residuals.degrees;
}

function unevenQuantities(deviations: readonly (readonly LaunchLogs[])[], quantities: readonly number[]): boolean[] {
  const repeated = deviations.filter((vectors) => vectors.length > 1);
  return quantities.map((quantity) => {
    const variances = repeated.map((vectors) => squaresOf({ vectors }, quantity) / (vectors.length - 1));
    return variances.length > 1 && Math.max(...variances) > 10 * Math.min(...variances);
  });
}

/**
 * Splits launches into what a model is, what a round did to all of its models, and the rest.
 *
 * In rounds (launch 1 of every model, then launch 2 of every model) drift of the host is common to the models of a round,
 * so differences between models are free of it: the rest are the residuals of a two-way layout, and the round means, less
 * what the rest explains of them, are kept apart. Otherwise the rest is each launch's distance from its model's mean.
 *
 * @param models the launches of each, in the order in which they ran
 * @param isInRounds only if every model has as many launches as the first
 */
export function launchResiduals(models: readonly (readonly LaunchLogs[])[], isInRounds: boolean): LaunchResiduals {
  const quantities = quantitiesOf(models);
  const deviations = models.map((launches) => {
    const mean = meanVector(launches, quantities);
    return launches.map((launch) => minus(launch, mean));
  });
  const isUneven = unevenQuantities(deviations, quantities);
  const count = models[0]?.length ?? 0;
  if (!isInRounds || models.length < 2 || count < 2) {
    const degrees = models.reduce((sum, launches) => sum + launches.length - 1, 0);
    const vectors = deviations.filter((launches) => launches.length > 1).flat();
    return { launches: { vectors, degrees }, rounds: undefined, isUneven };
  }
  const effects = Array.from({ length: count }, (_, round) =>
    meanVector(
      deviations.map((own) => own[round] as LaunchLogs),
      quantities,
    ),
  );
  const rest = {
    vectors: deviations.flatMap((own) => own.map((launch, round) => minus(launch, effects[round] as LaunchLogs))),
    degrees: (models.length - 1) * (count - 1),
  };
  // Round means vary by chance too, by the variance of the rest over the models.
  const kept = quantities.map((quantity) => {
    const between = (models.length * squaresOf({ vectors: effects }, quantity)) / (count - 1);
    return between === 0 ? 0 : Math.sqrt(Math.max(0, 1 - (residualVariance(rest, quantity) ?? 0) / between));
  });
  const vectors = effects.map((effect) => effect.map((value, quantity) => value * (kept[quantity] as number)));
  return { launches: rest, rounds: { vectors, degrees: count - 1 }, isUneven };
}

/** Standard error of the mean of one quantity over so many launches, as far as models differ by it: without their rounds. */
export function launchError({ launches }: LaunchResiduals, quantity: number, count: number): number {
  return Math.sqrt((residualVariance(launches, quantity) ?? 0) / count);
}

/** As many vectors as quantities with the same squares and products in sum (Cholesky): draws from them are alike, and quick. */
function condensed({ vectors, degrees }: Residuals, quantities: number): Residuals {
  const factor = Array.from({ length: quantities }, () => new Float64Array(quantities));
  const at = (row: number, column: number): number => factor[row]?.[column] ?? 0;
  for (const [row, own] of factor.entries()) {
    const size = squaresOf({ vectors }, row);
    for (let column = 0; column <= row; column += 1) {
      let rest = vectors.reduce((sum, vector) => sum + (vector[row] as number) * (vector[column] as number), 0);
      for (let before = 0; before < column; before += 1) rest -= at(row, before) * at(column, before);
      if (column < row) own[column] = at(column, column) === 0 ? 0 : rest / at(column, column);
      // What is left of a quantity that follows from the others is rounding.
      else own[column] = rest > 1e-12 * size ? Math.sqrt(rest) : 0;
    }
  }
  return { vectors: factor.map((_, column) => factor.map((_own, row) => at(row, column))), degrees };
}

/** Adds a draw of the mean of `count` launches to `target`: a normal number per vector keeps their covariance as it is. */
function addDraw(target: Float64Array, { vectors, degrees }: Residuals, factor: number, normal: () => number): void {
  if (degrees === 0) return;
  for (const vector of vectors) {
    const times = (factor * normal()) / Math.sqrt(degrees);
    for (let quantity = 0; quantity < target.length; quantity += 1) {
      target[quantity] = (target[quantity] as number) + times * (vector[quantity] as number);
    }
  }
}

/** One model as its draws need it. */
export interface DrawnLaunches {
  readonly count: number;
  /** Smallest standard deviation between launches that is believed, by quantity. */
  readonly floors: readonly number[];
}

/**
 * Draws how far the means of all models over their launches are from the truth: Student's t in all quantities and models
 * at once, with the covariance of the residuals.
 *
 * Of one quantity the difference of two models is that of the pooled t-test. Rounds move all models alike.
 * Source: Kalibera and Jones, arXiv 2007.10899; docs/scores.md, "Ranks".
 *
 * @returns for each call one draw: for each model the logarithms to add, valid until the next call
 */
export function createLaunchSource(
  residuals: LaunchResiduals,
  models: readonly DrawnLaunches[],
  random: Random,
): () => readonly Float64Array[] {
  const quantities = models[0]?.floors.length ?? 0;
  const launches = condensed(residuals.launches, quantities);
  const rounds = residuals.rounds && condensed(residuals.rounds, quantities);
  const normal = createNormalSource(random);
  const gamma = createGammaSource(random);
  const scale = (degrees: number): number => (degrees === 0 ? 1 : Math.sqrt(degrees / (2 * gamma(degrees / 2))));
  const drawn = models.map(() => new Float64Array(quantities));
  const round = new Float64Array(quantities);
  // What is missing to the smallest deviation that is believed.
  const extra = models.map(({ floors }) =>
    floors.map((floor, quantity) => Math.sqrt(Math.max(0, floor ** 2 - (residualVariance(launches, quantity) ?? 0)))),
  );
  return () => {
    const own = scale(launches.degrees);
    round.fill(0);
    if (rounds !== undefined) addDraw(round, rounds, scale(rounds.degrees), normal);
    for (const [model, { count }] of models.entries()) {
      const target = drawn[model] as Float64Array;
      target.fill(0);
      addDraw(target, launches, own, normal);
      for (let quantity = 0; quantity < quantities; quantity += 1) {
        const more = extra[model]?.[quantity] as number;
        const floor = more === 0 ? 0 : own * more * normal();
        target[quantity] = ((target[quantity] as number) + floor + (round[quantity] as number)) / Math.sqrt(count);
      }
    }
    return drawn;
  };
}
