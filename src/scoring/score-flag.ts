import { factorLabels, type FactorName } from './factor.ts';

/**
 * What is degenerate or doubtful about a score.
 *
 * `no_valid_model`, `set_too_small` (1 model), `degenerate_set` (2), `small_set` (3): the set;
 * `flat`: all values of a factor are equal; `range_below_noise`: they differ by less than they vary;
 * `lat_below_resolution`: counted as the smallest latency that can be told;
 * `failed`, `missing`, `invalid`, `unit`: why a model has no score; `worst`: why a score is 0;
 * `doubtful`: the score rests on a number that can't be trusted;
 * `below_trivial_baseline`: accuracy no better than always giving the same answer.
 */
export type ScoreFlagCode =
  | 'no_valid_model'
  | 'set_too_small'
  | 'degenerate_set'
  | 'small_set'
  | 'flat'
  | 'range_below_noise'
  | 'lat_below_resolution'
  | 'failed'
  | 'missing'
  | 'invalid'
  | 'unit'
  | 'worst'
  | 'doubtful'
  | 'below_trivial_baseline';

export interface ScoreFlag {
  readonly code: ScoreFlagCode;
  readonly factor?: FactorName;
  /** For people: what it means for the reader, as a phrase. */
  readonly text: string;
}

/** What becomes of a factor in which the models of a set don't differ. */
export const factorFates: Readonly<Partial<Record<ScoreFlagCode, string>>> = {
  flat: 'equal: ignored in the order',
  range_below_noise: 'differences are within noise',
};

/** The flag in one word for files: `flat:THR`, `small_set`. */
export function flagId(flag: ScoreFlag): string {
  return flag.factor === undefined ? flag.code : `${flag.code}:${factorLabels[flag.factor]}`;
}
