import type { AnswerFacts } from './answer.ts';
import { performanceResiduals, type BootstrapModel } from './bootstrap.ts';
import { performanceNames } from './factor.ts';

/** What stands behind a scoreboard: models side by side on the same items, with their performance over launches. */
export interface TaskEvidence {
  /** All with scores of the same items in the same order. */
  readonly models: readonly BootstrapModel[];
  /** For each item what it depends on, where items do. */
  readonly clusters: readonly string[] | undefined;
  /** Items that every model answered. */
  readonly items: number;
  /** By model, also of those whose performance isn't known. */
  readonly answers: ReadonlyMap<string, AnswerFacts>;
  /** Launch 1 of every model ran before launch 2 of any, and so on. */
  readonly isInRounds: boolean;
  /** What a reader should know of it, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Whether models were launched in rounds, each as often as the others: launch 1 of every model started before launch 2 of
 * any, and so on.
 *
 * @param starts of the launches of each model, in their order; empty where they aren't known
 */
export function areInRounds(starts: readonly (readonly number[])[]): boolean {
  const [first, ...others] = starts;
  if (first === undefined || first.length < 2 || others.length === 0) return false;
  if (others.some(({ length }) => length !== first.length)) return false;
  const at = (launch: number): readonly number[] => starts.map((own) => own[launch] as number);
  return first.slice(1).every((_, launch) => Math.max(...at(launch)) < Math.min(...at(launch + 1)));
}

/** With fewer degrees of freedom intervals are several times as wide as they could be. */
const fewDegrees = 4;

/** What a reader should know of the spread between launches, one sentence each. */
export function launchNotes(models: readonly BootstrapModel[], isInRounds: boolean): readonly string[] {
  const residuals = performanceResiduals(models, isInRounds);
  if (residuals === undefined) return [];
  const { degrees } = residuals.launches;
  const uneven = performanceNames.filter((_, place) => residuals.isUneven[place] === true);
  return [
    ...uneven.map((name) => `${name} varies much more between launches of some models than of others`),
    ...(degrees < fewDegrees ? [`the spread between launches is known from few launches (df ${degrees})`] : []),
  ];
}
