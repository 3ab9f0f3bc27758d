import { countText } from '../core/amount-text.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import type { PageData } from './page-data.ts';

/** How much was asked and where: what an answer rests on. Undefined is what isn't known. */
export interface Scope {
  /** `100`, or `50 to 200 per task`. */
  readonly items: string | undefined;
  readonly launches: string | undefined;
  readonly models: string;
  readonly tasks: string;
  readonly host: string | undefined;
  readonly timeMs: number | undefined;
}

/** Items behind the accuracies of a scoreboard. */
function itemsOf({ rows }: Scoreboard): readonly number[] {
  return rows.flatMap(({ measurements: { accuracy } }) =>
    accuracy === undefined || accuracy.status === 'unavailable' || accuracy.status === 'published' || accuracy.n === 0
      ? []
      : [accuracy.n],
  );
}

function rangeText(counts: readonly number[]): string | undefined {
  if (counts.length === 0) return undefined;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? countText(most) : `${countText(least)} to ${countText(most)}`;
}

function launchesOf({ runs }: PageData): readonly number[] {
  return runs.flatMap(({ suite }) => {
    const launches =
      typeof suite === 'object' && suite !== null ? (Reflect.get(suite, 'launches') as unknown) : undefined;
    return typeof launches === 'number' ? [launches] : [];
  });
}

/** What a page's answer rests on. */
export function scopeOf(data: PageData): Scope {
  const { scoreboards, run } = data.report;
  const models = new Set(scoreboards.flatMap(({ rows }) => rows.map(({ model }) => model)));
  const items = rangeText(scoreboards.flatMap(itemsOf));
  const times = data.runs.map(({ createdAtMs }) => createdAtMs);
  return {
    items: items === undefined || scoreboards.length < 2 ? items : `${items} per task`,
    launches: rangeText(launchesOf(data)),
    models: countText(models.size),
    tasks: countText(scoreboards.length),
    host: run?.host,
    timeMs: times.length === 0 ? undefined : Math.max(...times),
  };
}
