import { factorNames, isLessBetter } from '../scoring/factor.ts';
import { minMax } from '../scoring/per-paper.ts';
import { geometricMean, meanOf, standardDeviation } from '../stats/means.ts';
import { kendallTauB } from '../stats/rank-inference.ts';
import type { PaperRow } from './paper-table.ts';

/** A way to bring the values of a factor to [0, 1], the best nearest to 1. */
export interface Normalisation {
  readonly id: string;
  readonly name: string;
  /** @param values one per model, above 0; the larger the better unless `lessIsBetter` */
  readonly scale: (values: readonly number[], lessIsBetter: boolean) => readonly number[];
}

/** The paper's own. */
const paperNormalisation: Normalisation = {
  id: 'min_max',
  name: 'min-max',
  scale: (values, lessIsBetter) => minMax(values, { isLessBetter: lessIsBetter }),
};

function standardised(values: readonly number[]): readonly number[] {
  const [mean, deviation] = [meanOf(values), standardDeviation(values)];
  return values.map((value) => (deviation === 0 ? 0 : (value - mean) / deviation));
}

/** Share of the others that are smaller; of equal ones, half count. */
function percentileRanks(values: readonly number[]): readonly number[] {
  const count = (matches: (other: number) => boolean): number => values.filter((other) => matches(other)).length;
  return values.map(
    (value) => (count((other) => other < value) + (count((other) => other === value) - 1) / 2) / (values.length - 1),
  );
}

/**
 * What composite indices use instead of min-max: the distance to the best, z-scores, ranks, and logarithms first.
 *
 * Source: OECD and JRC, Handbook on Constructing Composite Indicators (2008), step 5. The paper's mean needs values from
 * 0 to 1: z-scores go through the logistic function, and a rank is the share of the others that are worse.
 */
export const otherNormalisations: readonly Normalisation[] = [
  {
    id: 'ratio',
    name: 'ratio to the best',
    scale: (values, lessIsBetter) => {
      const best = lessIsBetter ? Math.min(...values) : Math.max(...values);
      return values.map((value) => (lessIsBetter ? best / value : value / best));
    },
  },
  {
    id: 'z_score',
    name: 'z-score',
    scale: (values, lessIsBetter) => standardised(values).map((z) => 1 / (1 + Math.exp(lessIsBetter ? z : -z))),
  },
  {
    id: 'rank',
    name: 'rank',
    scale: (values, lessIsBetter) => percentileRanks(values.map((value) => (lessIsBetter ? -value : value))),
  },
  {
    id: 'log_min_max',
    name: 'min-max of logarithms',
    scale: (values, lessIsBetter) => minMax(values.map(Math.log), { isLessBetter: lessIsBetter }),
  },
];

/** The paper's PER with another normalisation: one score per row, to 12 digits, so that equal products of ranks tie. */
function perNormalisedBy({ scale }: Normalisation, rows: readonly PaperRow[]): readonly number[] {
  const columns = factorNames.map((factor) =>
    scale(
      rows.map((row) => row[factor]),
      isLessBetter[factor],
    ),
  );
  return rows.map((_, index) =>
    Number(geometricMean(columns.map((column) => column[index] as number)).toPrecision(12)),
  );
}

/** What another normalisation makes of the order of a task. */
export interface NormalisedOrder {
  readonly normalisation: Normalisation;
  /** The first; several only where they tie. */
  readonly winners: readonly string[];
  /** None of them is first by min-max. */
  readonly isOtherWinner: boolean;
  /** Agreement with the order by min-max. */
  readonly tauB: number;
}

function winnersOf(rows: readonly PaperRow[], scores: readonly number[]): readonly string[] {
  const best = Math.max(...scores);
  return rows.filter((_, index) => scores[index] === best).map(({ model }) => model);
}

/** The order of one task by each other normalisation, against that by the paper's. */
export function normalisedOrders(rows: readonly PaperRow[]): readonly NormalisedOrder[] {
  const own = perNormalisedBy(paperNormalisation, rows);
  const first = winnersOf(rows, own);
  return otherNormalisations.map((normalisation) => {
    const scores = perNormalisedBy(normalisation, rows);
    const winners = winnersOf(rows, scores);
    return {
      normalisation,
      winners,
      isOtherWinner: !winners.some((model) => first.includes(model)),
      tauB: kendallTauB(own, scores) ?? 1,
    };
  });
}
