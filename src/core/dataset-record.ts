import * as z from 'zod';

/**
 * The one shape that the rows of each data set have after reading, whatever file they came from. Sources produce it,
 * tasks parse it. Text is as published, except for HellaSwag (see there).
 */

/** GSM8K: `answer` ends with a line `#### <number>` and holds calculator notes such as `<<2+3=5>>`. */
export const gsm8kRecord = z.object({ question: z.string().min(1), answer: z.string().min(1) });
export type Gsm8kRecord = Readonly<z.output<typeof gsm8kRecord>>;

/**
 * HellaSwag, cleaned as lm-eval does: `query` is `activity: context`, tags in brackets are gone. An ending keeps the
 * leading space that a removed tag leaves behind.
 */
export const hellaswagRecord = z.object({
  query: z.string().min(1),
  endings: z.array(z.string().min(1)).length(4),
  label: z.int().min(0).max(3),
});
export type HellaswagRecord = Readonly<z.output<typeof hellaswagRecord>>;

/** ARC: three to five choices, labelled by letters or digits; `answerKey` is one of the labels. */
export const arcRecord = z.object({
  id: z.string().min(1),
  question: z.string().min(1),
  choices: z.array(z.object({ label: z.string().min(1), text: z.string().min(1) })).min(2),
  answerKey: z.string().min(1),
});
export type ArcRecord = Readonly<z.output<typeof arcRecord>>;

/** SQuAD 2.0: one row per question; no answers means that the passage has none. */
export const squadRecord = z.object({
  id: z.string().min(1),
  title: z.string(),
  context: z.string().min(1),
  question: z.string().min(1),
  answers: z.array(z.string().min(1)),
});
export type SquadRecord = Readonly<z.output<typeof squadRecord>>;

/** IMDB: `label` is 1 for a positive review, 0 for a negative one. */
export const imdbRecord = z.object({ text: z.string().min(1), label: z.union([z.literal(0), z.literal(1)]) });
export type ImdbRecord = Readonly<z.output<typeof imdbRecord>>;
