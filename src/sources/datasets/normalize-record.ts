import * as z from 'zod';
import {
  arcRecord,
  gsm8kRecord,
  hellaswagRecord,
  imdbRecord,
  squadRecord,
  type ArcRecord,
  type Gsm8kRecord,
  type HellaswagRecord,
  type ImdbRecord,
  type SquadRecord,
} from '../../core/dataset-record.ts';
import type { DatasetName } from '../../core/task.ts';

/**
 * Brings a row of any known format into the record shape of its data set. Keys in errors are those of the file.
 *
 * @throws {z.ZodError} or {RangeError} if the row doesn't fit
 */
export function normalizeRecord(name: DatasetName, row: unknown): unknown {
  const normalize: Readonly<Record<DatasetName, (row: unknown) => unknown>> = {
    gsm8k: (value): Gsm8kRecord => gsm8kRecord.parse(value),
    imdb: (value): ImdbRecord => imdbRecord.parse(labelledReview.parse(value)),
    hellaswag: normalizeHellaswag,
    arc_easy: normalizeArc,
    squad2: normalizeSquad,
  };
  return normalize[name](row);
}

function has(row: unknown, key: string): boolean {
  return typeof row === 'object' && row !== null && key in row;
}

const sentiments: ReadonlyMap<string, 0 | 1> = new Map([
  ...['0', 'neg', 'negative'].map((label) => [label, 0] as const),
  ...['1', 'pos', 'positive'].map((label) => [label, 1] as const),
]);
const sentimentOf = (label: unknown): 0 | 1 | undefined =>
  typeof label === 'string' || typeof label === 'number' ? sentiments.get(String(label).toLowerCase()) : undefined;
// The hub has numbers; folders of the archive and tables made from them have names.
const labelledReview = imdbRecord.extend({
  label: z
    .unknown()
    .refine((label) => sentimentOf(label) !== undefined, '0 or 1, or "neg" or "pos"')
    .transform(sentimentOf),
});

const endings = z.array(z.string().min(1)).length(4);
// The hub has labels as text.
const hellaswagLabel = z
  .unknown()
  .refine((label) => ['0', '1', '2', '3'].includes(String(label)), '0, 1, 2 or 3')
  .transform(Number);
const activity = z.string().min(1);
const officialHellaswag = z.object({
  activity_label: activity,
  ctx_a: z.string().min(1),
  ctx_b: z.string(),
  endings,
  label: hellaswagLabel,
});
const cleanedHellaswag = z.object({ activity_label: activity, ctx: z.string().min(1), endings, label: hellaswagLabel });

/** Official rows are told by `ctx_a`; without it the text counts as cleaned. */
function normalizeHellaswag(row: unknown): HellaswagRecord {
  if (has(row, 'ctx_a')) {
    const official = officialHellaswag.parse(row);
    return hellaswagRecord.parse({
      query: officialQuery(official.activity_label, official.ctx_a, official.ctx_b),
      endings: official.endings.map(cleanHellaswagText),
      label: official.label,
    });
  }
  const cleaned = cleanedHellaswag.parse(row);
  const query = cleanedQuery(cleaned.activity_label, cleaned.ctx);
  return { query, endings: cleaned.endings, label: cleaned.label };
}

const hubArc = z.object({
  id: z.string().min(1),
  question: z.string().min(1),
  choices: z.object({ text: z.array(z.string().min(1)).min(2), label: z.array(z.string().min(1)) }),
  answerKey: z.string().min(1),
});
const officialArc = z.object({
  id: z.string().min(1),
  question: z.object({ stem: z.string().min(1), choices: arcRecord.shape.choices }),
  answerKey: z.string().min(1),
});

/** Official rows are told by a question that is an object; the hub's has lists of texts and labels. */
function normalizeArc(row: unknown): ArcRecord {
  if (has(row, 'question') && typeof (row as { readonly question: unknown }).question === 'object') {
    const { id, question, answerKey } = officialArc.parse(row);
    return { id, question: question.stem, choices: question.choices, answerKey };
  }
  const { id, question, choices, answerKey } = hubArc.parse(row);
  if (choices.text.length !== choices.label.length) {
    throw new RangeError(
      `choices.label: must be as long as choices.text (${choices.text.length}), got ${choices.label.length}`,
    );
  }
  const pairs = choices.label.map((label, index) => ({ label, text: choices.text[index] ?? '' }));
  return { id, question, choices: pairs, answerKey };
}

const squadBase = squadRecord.omit({ answers: true });
const hubSquad = squadBase.extend({ answers: z.object({ text: z.array(z.string().min(1)) }) });
const officialSquad = squadBase.extend({
  answers: z.array(z.object({ text: z.string().min(1) })),
  is_impossible: z.boolean().optional(),
});

/** Official rows have a list of answers; the hub's has one object with lists. */
function normalizeSquad(row: unknown): SquadRecord {
  const answers = has(row, 'answers') ? (row as { readonly answers: unknown }).answers : undefined;
  if (!Array.isArray(answers) && typeof answers === 'object') {
    const { answers: found, ...rest } = hubSquad.parse(row);
    return { ...rest, answers: found.text };
  }
  const { answers: found, is_impossible: isImpossible, ...rest } = officialSquad.parse(row);
  if (isImpossible !== undefined && isImpossible !== (found.length === 0)) {
    throw new RangeError(
      `is_impossible: must be ${found.length === 0}, as there are ${found.length} answers, got ${isImpossible}`,
    );
  }
  return { ...rest, answers: found.map(({ text }) => text) };
}

/**
 * Text rules of HellaSwag. Published rows carry tags such as `[header]` and a second sentence in lower case; lm-eval
 * cleans both, and its texts are what every published score was made with.
 */

/** Python's `str.capitalize()`: the first character in upper case, all others in lower case. */
function capitalize(text: string): string {
  const [first = '', ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/**
 * lm-eval's cleaning. Spaces are trimmed before tags are removed, so a tag at the start leaves a space behind; double
 * spaces are replaced once, from left to right. Both are kept: the published numbers have them.
 */
export function cleanHellaswagText(text: string): string {
  return text
    .trim()
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[.*?\]/gu, '')
    .replaceAll('  ', ' ');
}

/** Context of a row of the official file, as lm-eval builds it. */
export function officialQuery(activityLabel: string, contextA: string, contextB: string): string {
  return cleanHellaswagText(`${activityLabel}: ${contextA} ${capitalize(contextB)}`);
}

/**
 * Context of a row whose text was cleaned before, but whose last, unfinished sentence kept its lower case: its first
 * letter becomes a capital. A context that ends with a full stop has no such sentence. Cleaning again would change
 * texts.
 */
export function cleanedQuery(activityLabel: string, context: string): string {
  if (/[.!?]$/u.test(context)) return `${activityLabel}: ${context}`;
  const sentenceEnd = context
    .matchAll(/[.!?]["'”’)\]]*\s+/gu)
    .toArray()
    .at(-1);
  const start = sentenceEnd === undefined ? 0 : sentenceEnd.index + sentenceEnd[0].length;
  const [first = ''] = context.slice(start);
  return `${activityLabel}: ${context.slice(0, start)}${first.toUpperCase()}${context.slice(start + first.length)}`;
}
