import { ScorerError } from '../../core/errors.ts';
import type { ItemScore } from '../../core/task.ts';
import { answerSpan } from '../read-span.ts';

/** A scorer of the user's own: the default export of a module. */
export type OwnScorer = (
  output: string,
  row: Readonly<Record<string, unknown>>,
) => number | boolean | (Pick<ItemScore, 'value'> & Partial<ItemScore>);

/** Why a scorer gave nothing, as the rest of a sentence about its module. */
export class ScorerFault extends Error {}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/gu, ' ').trim();
}

function isScore(value: unknown): value is Pick<ItemScore, 'value'> & Partial<ItemScore> {
  return typeof value === 'object' && value !== null && typeof (value as { value?: unknown }).value === 'number';
}

/**
 * Scores an answer by a scorer of the user's own: right or wrong, a number from 0 to 1, or a whole score.
 *
 * @param module where the scorer comes from
 * @throws {ScorerError} in one line, if it throws or gives anything else
 */
export function scoreByModule(
  scorer: OwnScorer,
  module: string,
  output: string,
  row: { readonly id: string; readonly values: Readonly<Record<string, unknown>> },
): ItemScore {
  const problem = (what: string, cause?: unknown): ScorerError =>
    new ScorerError(`${module}: ${what} for row "${row.id}"`, {
      cause,
      hint: 'Fix the scorer, then score the answers again with `perbench rescore`.',
    });
  let result: unknown;
  try {
    result = scorer(output, row.values);
  } catch (error) {
    throw problem(error instanceof ScorerFault ? oneLine(error) : `threw "${oneLine(error)}"`, error);
  }
  const score = isScore(result) ? result : { value: typeof result === 'boolean' ? Number(result) : result };
  const { value } = score;
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw problem(
      `gave ${oneLine(typeof result === 'number' ? String(result) : (JSON.stringify(result) ?? typeof result))}, not true, false or a number from 0 to 1,`,
    );
  }
  const span = answerSpan(output);
  return { answer: span === '' ? undefined : span, isUnparsed: false, metrics: {}, ...score, value };
}
