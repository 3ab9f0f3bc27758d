import { factorLabels } from '../stats/factor.ts';
import type { Scoreboard, ScoreboardRow } from '../stats/scoreboard.ts';
import { isDoubtfulReason } from '../stats/scoreboard-metrics.ts';
import type { Mark } from './column.ts';
import { plainText } from './text-width.ts';

/** A sentence below a table; its mark is that of the numbers that it explains. */
export interface Footnote {
  readonly mark: Mark;
  readonly text: string;
}

/** Rows that have no score, and why. */
function unscored(rows: readonly ScoreboardRow[]): Footnote[] {
  return rows
    .filter(({ score, flags }) => score === undefined && flags.length > 0)
    .map(({ model, flags, error }) => {
      const reasons = flags.map(({ text }) => text).join('; ');
      const code = error === undefined ? '' : ` (${error.code})`;
      return { mark: '', text: plainText(`${model} has no score: ${reasons}${code}`) };
    });
}

/** Scores of 0 that say no more than "worst of these models". */
function worstRows(rows: readonly ScoreboardRow[]): Footnote[] {
  const worst = rows.flatMap(({ model, flags }) => {
    const labels = flags.flatMap(({ code, factor }) =>
      code === 'worst' && factor !== undefined ? [factorLabels[factor]] : [],
    );
    return labels.length === 0 ? [] : [`${model} (${labels.join(', ')})`];
  });
  if (worst.length === 0) return [];
  return [{ mark: '', text: plainText(`PER is 0 for the worst model in any factor: ${worst.join(', ')}`) }];
}

/** Warnings of all rows, one line per reason. */
function warningLines(rows: readonly ScoreboardRow[]): Footnote[] {
  const all = rows.flatMap(({ model, warnings }) => warnings.map((warning) => ({ model, ...warning })));
  return Array.from(
    Map.groupBy(all, ({ reason }) => reason),
    ([reason, group]) => {
      const byModel = Map.groupBy(group, ({ model }) => model);
      const places = Array.from(byModel, ([model, own]) => {
        const details = [...new Set(own.map(({ detail }) => detail))].join('; ');
        return `${model} ${[...new Set(own.map(({ metric }) => metric))].join(', ')} (${details})`;
      });
      return {
        mark: isDoubtfulReason(reason) ? '!' : '~',
        text: plainText(`${reason}: ${places.join('; ')}`),
      } as const;
    },
  );
}

/** Other flags of rows, such as a latency below the clock's resolution. */
function otherFlags(rows: readonly ScoreboardRow[]): Footnote[] {
  const codes = new Set(['lat_below_resolution', 'below_trivial_baseline']);
  return rows.flatMap(({ model, flags }) =>
    flags
      .filter(({ code }) => codes.has(code))
      .map(({ factor, text }): Footnote => {
        const label = factor === undefined ? '' : ` ${factorLabels[factor]}`;
        return { mark: '', text: plainText(`${model}${label}: ${text}`) };
      }),
  );
}

/** What a reader of this scoreboard must know, in order of importance. */
export function footnotes(board: Scoreboard, options: { readonly hasIntervals: boolean }): readonly Footnote[] {
  const { rows, flags } = board;
  return [
    ...flags.map(({ text }): Footnote => ({ mark: '', text: plainText(text) })),
    ...unscored(rows),
    ...worstRows(rows),
    ...warningLines(rows).toSorted((left, right) => (left.mark < right.mark ? -1 : left.mark > right.mark ? 1 : 0)),
    ...otherFlags(rows),
    ...(options.hasIntervals ? [{ mark: '' as const, text: '± is half of the 95 % interval' }] : []),
  ];
}

/** `GSM8K, 5-shot · gsm8k/per@1 · serving protocol · accuracy is exact_match`. */
export function boardTitle({ title, taskId, protocol, metric, versions }: Scoreboard): string {
  const parts = [
    title ?? taskId,
    title === undefined ? undefined : taskId,
    protocol === undefined ? undefined : `${protocol} protocol`,
    metric === undefined ? undefined : `accuracy is ${metric}`,
    versions.join(', '),
  ];
  return plainText(parts.filter((part) => part !== undefined && part !== '').join(' · '));
}
