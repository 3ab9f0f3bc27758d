import { countText, measuredText } from '../core/amount-text.ts';
import type { Measurement } from '../core/measurement.ts';
import { factorLabels, factorFates, factorNames, type ScoreFlag } from '../scoring/factor.ts';
import { headlineNote } from '../scoring/headline.ts';
import { listText } from '../scoring/board-text.ts';
import type { RowWarning, Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import { isDoubtfulReason, warningAgainst } from '../scoring/create-scoreboards.ts';
import { inferenceNotes, rankNotes, tieNotes } from './board-sections.ts';
import { type Footnote, metricWords } from './document.ts';

function note(text: string, more: Partial<Footnote> = {}): Footnote {
  return { mark: '', text, isAboutIntervals: false, ...more };
}

/** Flags of PER-paper alone, which depends on the set of models: they don't matter to who doesn't see it. */
const paperCodes: ReadonlySet<ScoreFlag['code']> = new Set([
  'set_too_small',
  'degenerate_set',
  'small_set',
  'flat',
  'range_below_noise',
  'worst',
]);

export function isOfPaper({ code }: ScoreFlag): boolean {
  return paperCodes.has(code);
}

const ofPaperScore: Partial<Footnote> = { column: 'PER' };

/** What concerns the whole set; factors with the same fate together: `ACC and MEM equal: ignored in the ranking`. */
function setFlags(flags: readonly ScoreFlag[], more: Partial<Footnote> = {}): Footnote[] {
  const entries = flags.map(({ code, factor, text }) => {
    const fate = factorFates[code];
    return factor === undefined || fate === undefined
      ? { model: '', text }
      : { model: factorLabels[factor], text: ` ${fate}` };
  });
  return groupModels(entries).map(({ models, text }) => note(models + text, more));
}

/** Rows that have no score, and why; those with the same reason together. */
function unscored(rows: readonly ScoreboardRow[]): Footnote[] {
  const without = rows.filter(
    ({ score, flags, anchored }) => score === undefined && anchored === undefined && flags.length > 0,
  );
  const invalid = new Set(
    without.filter(({ flags }) => flags.some(({ code }) => code === 'invalid')).map(({ model }) => model),
  );
  const entries = without.map(({ model, flags, error, threeFactors }) => {
    const reasons = flags.map(({ text }) => text).join('; ');
    const code = error === undefined ? '' : ` (${error.code})`;
    const three = threeFactors && `; PER-A(3) ${threeFactors.score.toFixed(3)} without it, not ranked`;
    return { model, text: `${reasons}${code}${three ?? ''}` };
  });
  return groupModels(entries).map(({ models, names, text }) => {
    const said = `${names.length > 1 ? 'have' : 'has'} no score: `;
    return note(`${models} ${said}${text}`, {
      mark: names.every((name) => invalid.has(name)) ? '!' : '',
      shortText: `${fewModels(names, rows.length)} ${said}${text}`,
    });
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
  return [note(`PER is 0 for the worst model in any factor: ${worst.join(', ')}`, ofPaperScore)];
}

/** Models in a few words: `all 16 models`, `a and 3 more`. */
function fewModels(names: readonly string[], all: number): string {
  if (names.length > 1 && names.length === all) return `all ${all} models`;
  return names.length > 2 ? `${names[0]} and ${names.length - 1} more` : listText(names);
}

/** The factors among metrics, where there is one: what a table shows first. */
function fewMetrics(metrics: readonly string[]): string {
  const factors = factorNames.filter((factor) => metrics.includes(factor));
  return listText(factors.length > 0 ? factors : metrics.map(metricWords));
}

/** `throughput, latency` of a model, where its warnings aren't those of all. */
function places(own: readonly RowWarning[]): string {
  return [...new Set(own.map(({ metric }) => metricWords(metric)))].join(', ');
}

/** Warnings of all rows, one line per reason that names every model. */
function warningLines(rows: readonly ScoreboardRow[]): Footnote[] {
  const all = rows.flatMap(({ model, warnings, flags, measurements }) => {
    // Why a row has no score was said above.
    const told = flags.flatMap(({ code, factor }) =>
      code === 'invalid' && factor !== undefined ? [warningAgainst(measurements[factor])?.detail] : [],
    );
    return warnings.filter(({ detail }) => !told.includes(detail)).map((warning) => ({ model, ...warning }));
  });
  return Array.from(
    Map.groupBy(all, ({ reason }) => reason),
    ([reason, group]) => {
      const byModel = Array.from(
        Map.groupBy(group, ({ model }) => model),
        ([model, own]) => ({ model, text: places(own) }),
      );
      const where = groupModels(byModel).map(({ models, text }) => `${models} ${text}`);
      const details = mergeSentences(group.map(({ detail }) => detail));
      const metrics = [...new Set(group.map(({ metric }) => metric))];
      const few = fewModels([...new Set(group.map(({ model }) => model))], rows.length);
      return note(`${reason}: ${where.join('; ')} (${details})`, {
        mark: isDoubtfulReason(reason) ? '!' : '~',
        shortText: `${reason}: ${fewMetrics(metrics)} of ${few} (${details})`,
      });
    },
  );
}

/** What wasn't measured since the requests failed, and what was said of the first. */
function failedPasses(rows: readonly ScoreboardRow[]): Footnote[] {
  const entries = rows.flatMap(({ model, measurements }) =>
    (['throughput', 'latency'] as const).flatMap((metric) => {
      const found = measurements[metric];
      return found?.status === 'unavailable' && found.reason === 'requests_failed'
        ? [{ model, text: ` no ${metric}: ${found.detail}` }]
        : [];
    }),
  );
  return groupModels(entries).map(({ models, names, text }) =>
    note(`${models} ${names.length > 1 ? 'have' : 'has'}${text}`, { mark: '!' }),
  );
}

export const thinkingHeading = 'Thinking';

/** Whose thoughts nobody counted, and why. */
function uncountedThoughts({ rows }: Pick<Scoreboard, 'rows'>): readonly string[] {
  const entries = rows.flatMap(({ model, measurements: { thinkingTokens } }) =>
    thinkingTokens?.status === 'unavailable' ? [{ model, text: `: ${thinkingTokens.detail}` }] : [],
  );
  return groupModels(entries).map(({ models, text }) => `${thinkingHeading} of ${models}${text}`);
}

/** Columns with the shares of answers that never came. */
export const cutHeadings = { budgetCut: 'Cut', contentFiltered: 'Filtered' } as const;

const cutReasons: Readonly<Record<keyof typeof cutHeadings, string>> = {
  budgetCut: 'since the output ended while the model was thinking',
  contentFiltered: "since the server's content filter held it back",
};

/** What the shares of answers that never came mean, where there are any. */
function cutNotes(rows: readonly ScoreboardRow[]): Footnote[] {
  return (['budgetCut', 'contentFiltered'] as const).flatMap((metric) => {
    const counts = rows.flatMap(({ model, measurements }) => {
      const share = measurements[metric];
      if (share === undefined || share.status === 'unavailable' || share.value === 0) return [];
      return [`${model} ${countText(Math.round(share.value * share.n))} of ${countText(share.n)}`];
    });
    if (counts.length === 0) return [];
    const [heading, what] = [cutHeadings[metric], `share of the items without an answer, ${cutReasons[metric]}`];
    return [
      note(`${heading}: ${what}; they count as wrong (${listText(counts)})`, {
        shortText: `${heading}: ${what}; they count as wrong`,
        column: heading,
      }),
    ];
  });
}

/** Other flags of rows, such as a latency below the clock's resolution. */
function otherFlags(rows: readonly ScoreboardRow[]): Footnote[] {
  const codes = new Set(['lat_below_resolution', 'below_trivial_baseline']);
  const entries = rows.flatMap(({ model, flags }) =>
    flags
      .filter(({ code }) => codes.has(code))
      .map(({ factor, text }) => ({
        model,
        text: `${factor === undefined ? '' : ` ${factorLabels[factor]}`}: ${text}`,
      })),
  );
  return groupModels(entries).map(({ models, text }) => note(models + text));
}

export const intervalForms = '95 % confidence intervals: [low, high], or ± half the width';

/** What the interval of accuracy would be for exactly this benchmark instead of new items of the kind; or nothing. */
export function intervalDetail({ rows, populationItems }: Scoreboard): string {
  const counts = rows.flatMap(({ measurements: { accuracy } }) => itemsBehind(accuracy) ?? []);
  const [items] = counts;
  if (populationItems === undefined || items === undefined || counts.some((count) => count !== items)) return '';
  if (items > populationItems) return '';
  const kind = `that of accuracy is for new items of this kind`;
  if (items === populationItems)
    return `${kind}; for exactly these ${items} items accuracy is exact, without an interval`;
  const factor = Math.sqrt(1 - items / populationItems);
  return `${kind}; for this benchmark itself, of which ${items} of ${populationItems} items were evaluated, it is ${factor.toFixed(2)} of that (finite population)`;
}

/** What a reader of this scoreboard must know, in order of importance. */
export function footnotes(board: Scoreboard): readonly Footnote[] {
  const { rows, flags } = board;
  // Of one model the answer says so itself.
  const told = flags.filter(({ code }) => code !== 'set_too_small');
  const {
    first = [],
    paper = [],
    other = [],
  } = Object.groupBy(told, (flag) => (flag.code === 'no_valid_model' ? 'first' : isOfPaper(flag) ? 'paper' : 'other'));
  const warnings = warningLines(rows);
  return [
    ...headlineNotes(board).map((text) => note(text)),
    ...setFlags(first),
    ...unscored(rows),
    ...failedPasses(rows),
    ...warnings.filter(({ mark }) => mark === '!'),
    ...cutNotes(rows),
    ...uncountedThoughts(board).map((text) => note(text, { column: thinkingHeading })),
    ...otherFlags(rows),
    ...setFlags(other),
    ...setFlags(paper, ofPaperScore),
    ...worstRows(rows),
    ...warnings.filter(({ mark }) => mark !== '!'),
    ...priceNotes(board).map((text) => note(text)),
    ...tieNotes(board).map((text) => note(text, { column: '#' })),
    ...anchorDetails(board).map((text) => note(`${anchorsTerm}: ${text}`, { isDetail: true })),
    ...rankNotes(board).map((text) => note(text, { column: '#', isDetail: true })),
    ...inferenceNotes(board).map((text) => note(text, { isDetail: true })),
    note([intervalForms, intervalDetail(board)].filter((part) => part !== '').join('; '), {
      shortText: intervalForms,
      isAboutIntervals: true,
      isDetail: true,
    }),
  ];
}

/**
 * What concerns all rows of a scoreboard and is no flag, but for its anchors and what its intervals are: its method.
 *
 * @param hasRanks whether ranks and prices are shown
 */
export function generalNotes(board: Scoreboard, hasRanks: boolean): readonly string[] {
  const ofRanks = hasRanks ? [priceNotes, tieNotes, rankNotes] : [];
  return [headlineNotes, uncountedThoughts, ...ofRanks, inferenceNotes].flatMap((notesOf) => notesOf(board));
}

/** Whether anything measured has an interval. */
export function hasIntervals({ rows }: Scoreboard): boolean {
  return rows.some(({ measurements: { extra = {}, ...own } }) =>
    Object.values({ ...own, ...extra }).some(
      (measurement) => measurement.status !== 'unavailable' && measurement.interval !== undefined,
    ),
  );
}

export const anchorsTerm = 'anchors of PER-A';

/** What the factors of PER-A are held against, where there is such a thing. */
export function anchorDetails({ anchors }: Scoreboard): readonly string[] {
  if (anchors === undefined) return [];
  const { trivialAccuracy, throughput, throughputUnit, latency, latencyUnit, memory, provisionalFrom } = anchors;
  const halves = [
    measuredText(throughput, throughputUnit),
    measuredText(latency, latencyUnit),
    measuredText(memory, 'bytes'),
  ];
  const origin = provisionalFrom === undefined ? '' : '; provisional, the medians of these models';
  return [`accuracy ${trivialAccuracy.toFixed(3)} scores 0; ${listText(halves)} score 0.5 each${origin}`];
}

/** What stands in the column of accuracies, where that is something else. */
function headlineNotes(board: Scoreboard): readonly string[] {
  return [headlineNote(board)].filter((text) => text !== undefined);
}

/** An hourly price gives no price of answers where throughput counts tokens. */
function priceNotes({ pricePerHour, units: { throughput } }: Scoreboard): readonly string[] {
  if (pricePerHour === undefined || throughput === undefined || throughput === 'items/s') return [];
  return [`no price per 1,000 answers: throughput is in ${throughput}, and the length of answers is unknown`];
}

/** `GSM8K, 5-shot · gsm8k/per@2 · serving protocol · accuracy metric: exact_match`. */
export function boardTitle({ title, taskId, protocol, metric, versions }: Scoreboard): string {
  const parts = [
    title ?? taskId,
    title === undefined ? undefined : taskId,
    protocol === undefined ? undefined : `${protocol} protocol`,
    metric === undefined ? undefined : `accuracy metric: ${metric}`,
    versions.join(', '),
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** `GSM8K, 5-shot · gsm8k/per@2 · 300 items`. */
export function shortBoardTitle({ title, taskId, rows }: Scoreboard): string {
  const counts = new Set(rows.flatMap(({ measurements: { accuracy } }) => itemsBehind(accuracy) ?? []));
  const [items] = counts;
  const parts = [
    title,
    taskId,
    counts.size === 1 && items !== undefined ? `${countText(items)} ${items === 1 ? 'item' : 'items'}` : undefined,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** How many items an accuracy was counted on, where that is known. */
function itemsBehind(accuracy: Measurement | undefined): number | undefined {
  return accuracy === undefined || accuracy.status === 'unavailable' || accuracy.status === 'published'
    ? undefined
    : accuracy.n;
}

const numbers = /\d+(?:\.\d+)?/gu;

/**
 * Several sentences as one: where they differ only in numbers, each number becomes the range that it has, and others
 * stand side by side.
 */
export function mergeSentences(sentences: readonly string[]): string {
  const byTemplate = Map.groupBy(new Set(sentences), (sentence) => sentence.replaceAll(numbers, '#'));
  return Array.from(byTemplate.values(), mergeAlike).join('; ');
}

function mergeAlike(sentences: readonly string[]): string {
  const [first = ''] = sentences;
  const rows = sentences.map((sentence) => sentence.match(numbers) ?? []);
  let position = 0;
  return first.replaceAll(numbers, () => {
    const column = [...new Set(rows.map((row) => row[position] ?? ''))].toSorted((a, b) => Number(a) - Number(b));
    position += 1;
    return column.length === 1 ? (column[0] ?? '') : `${column[0]} to ${column.at(-1)}`;
  });
}

/** Models with the same sentence, as one line each: `a and b: not finished`. */
function groupModels(
  entries: readonly { readonly model: string; readonly text: string }[],
): readonly { readonly models: string; readonly names: readonly string[]; readonly text: string }[] {
  return Array.from(
    Map.groupBy(entries, ({ text }) => text),
    ([text, group]) => {
      const names = [...new Set(group.map(({ model }) => model))];
      return { models: listText(names), names, text };
    },
  );
}
