/**
 * What a task file says: a task of the user's own, on data that somebody already has (docs/own-tasks.md). A file may
 * leave out everything but `data`; what it leaves out is inferred from the data, and then a run stores the whole.
 */
import type * as z from 'zod';
import type { Zod } from './settings.ts';

/** Kinds of answers. `free` is any text, which only a scorer of the user's own can judge. */
export const answerKinds = ['label', 'choice', 'text', 'number', 'json', 'free'] as const;
export type AnswerKind = (typeof answerKinds)[number];

export const taskMetrics = ['accuracy', 'mean', 'macro_f1'] as const;
export type TaskMetric = (typeof taskMetrics)[number];

/** Scorers without settings of their own. */
export const plainScorers = [
  'exact',
  'label',
  'choice',
  'letter',
  'number',
  'contains',
  'f1',
  'rouge_l',
  'json',
] as const;

export type PlainScorer = (typeof plainScorers)[number];

export interface ByStyle<Value> {
  readonly plain: Value;
  readonly chat: Value;
}

/** The bytes of a data file, where they don't tell by themselves. */
export interface DataSource {
  /** A path, or `hf:owner/name`. Absolute once it is resolved. */
  readonly path: string;
  readonly config?: string | undefined;
  readonly split?: string | undefined;
  readonly revision?: string | undefined;
  readonly encoding?: TextEncodingName | undefined;
  /** One character. */
  readonly separator?: string | undefined;
}

export const textEncodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type TextEncodingName = (typeof textEncodings)[number];

/** What a task file says of one task. */
export interface TaskDefinition {
  readonly task?: string | undefined;
  readonly title?: string | undefined;
  readonly data: string | DataSource;
  readonly examples?:
    | {
        readonly from?: string | DataSource | undefined;
        readonly count: number | ByStyle<number>;
        readonly pick?: 'first' | 'balanced' | undefined;
        readonly sha256?: string | undefined;
      }
    | undefined;
  readonly input?: string | undefined;
  readonly target?: string | undefined;
  readonly id?: string | undefined;
  readonly cluster?: string | undefined;
  readonly answer?: AnswerKind | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly choices?: string | readonly string[] | undefined;
  /** Number of the first choice, where the target counts them; 0 by default. */
  readonly firstChoice?: 0 | 1 | undefined;
  /** Sign before the fraction of numbers in the target; a point by default. */
  readonly decimal?: '.' | ',' | undefined;
  readonly by?: 'generate' | 'likelihood' | undefined;
  readonly system?: string | undefined;
  readonly prompt?: string | ByStyle<string> | undefined;
  readonly maxTokens?: number | ByStyle<number> | undefined;
  readonly stop?: readonly string[] | ByStyle<readonly string[]> | undefined;
  readonly score?:
    | PlainScorer
    | (string & {})
    | { readonly number: { readonly tolerance: number } }
    | { readonly regex: string }
    | { readonly json: { readonly schema: string | Readonly<Record<string, unknown>> } }
    | { readonly module: string }
    | undefined;
  readonly unanswerable?: string | undefined;
  readonly metric?: TaskMetric | undefined;
  readonly need?: Readonly<Record<string, number | string>> | undefined;
}

/** A value for both prompt styles, or one for each. */
function byStyle<Value>(
  zod: Zod,
  schema: z.ZodType<Value, Value>,
): z.ZodType<Value | ByStyle<Value>, Value | ByStyle<Value>> {
  return zod.union([schema, zod.strictObject({ plain: schema, chat: schema })]);
}

function dataSchema(zod: Zod): z.ZodType<string | DataSource, string | DataSource> {
  const path = zod
    .string()
    .min(1)
    .describe('a CSV, TSV, JSON, JSON Lines or Parquet file (.gz too), a folder of them, or hf:owner/name');
  return zod.union([
    path,
    zod.strictObject({
      path,
      config: zod.string().min(1).optional().describe('configuration of a data set of the hub'),
      split: zod.string().min(1).optional().describe('split of a data set of the hub, or the file of a folder'),
      revision: zod.string().min(1).optional().describe('revision of a data set of the hub'),
      encoding: zod.enum(textEncodings).optional(),
      separator: zod
        .string()
        .regex(/^[^"\r\n]$/, 'expected one character, and no quote or line break')
        .optional()
        .describe('character between the values of a row'),
    }),
  ]);
}

type Score = TaskDefinition['score'];

const scoreForms = [
  ...plainScorers,
  '"module ./score.ts"',
  '{ number: { tolerance: 0.01 } }',
  '{ regex: "…" }',
  '{ json: { schema: schema.json } }',
  '{ module: ./score.ts }',
].join(', ');

function scoreSchema(zod: Zod): z.ZodType<Score, Score> {
  const forms = [
    zod.enum(plainScorers),
    zod.string().regex(/^module\s+\S/, `expected one of ${scoreForms}`),
    zod.strictObject({ number: zod.strictObject({ tolerance: zod.number().min(0) }) }),
    zod.strictObject({ regex: zod.string().min(1) }),
    zod.strictObject({
      json: zod.strictObject({ schema: zod.union([zod.string().min(1), zod.record(zod.string(), zod.unknown())]) }),
    }),
    zod.strictObject({ module: zod.string().min(1) }),
  ] as const;
  return zod.union(forms, `expected one of ${scoreForms}`);
}

/** How a target is to be read. */
function targetSchemas(zod: Zod) {
  return {
    firstChoice: zod
      .union([zod.literal(0), zod.literal(1)])
      .optional()
      .describe('number of the first choice, where the target counts them; by default 0'),
    decimal: zod
      .enum(['.', ','])
      .optional()
      .describe('sign before the fraction of numbers in the target; inferred from them by default'),
  };
}

type Examples = TaskDefinition['examples'];

function examplesSchema(zod: Zod): z.ZodType<Examples, Examples> {
  return zod
    .strictObject({
      from: dataSchema(zod)
        .optional()
        .describe('where examples come from; by default rows of the data, which are then not evaluated'),
      count: byStyle(zod, zod.int().min(0).max(64)).describe('examples in each prompt'),
      pick: zod.enum(['first', 'balanced']).optional().describe('the first rows, or the same number of each label'),
      sha256: zod
        .string()
        .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower case')
        .optional()
        .describe('of the rows of `from`; runs store it, and other rows are refused'),
    })
    .optional()
    .describe('few-shot examples; by default none');
}

/** Schema of one task of a task file. */
export function taskDefinitionSchema(zod: Zod): z.ZodType<TaskDefinition, TaskDefinition> {
  const column = zod.string().min(1);
  const bound = zod.union([zod.number(), zod.string().min(1)]);
  return zod.strictObject({
    task: zod
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]*$/, 'expected lower-case letters, digits, _ and -')
      .optional()
      .describe('name of the task; by default that of its data file'),
    title: zod.string().min(1).optional().describe('title in tables and reports'),
    data: dataSchema(zod).describe('where the rows are; relative to the task file'),
    examples: examplesSchema(zod),
    input: column.optional().describe('column with the input: a text, or a list of chat messages as OpenAI has them'),
    target: column.optional().describe('column with the right answer, or a list of right answers'),
    id: column.optional().describe('column with an id that no two rows share; by default a hash of the row'),
    cluster: column.optional().describe('column whose equal values mark rows that depend on each other'),
    answer: zod.enum(answerKinds).optional(),
    labels: zod.array(zod.string().min(1)).min(2).optional(),
    choices: zod
      .union([column, zod.array(column).min(2)])
      .optional()
      .describe(
        'column with a list of choices, or the columns with one each; the target is the text, letter or position of the right one',
      ),
    ...targetSchemas(zod),
    by: zod.enum(['generate', 'likelihood']).optional(),
    system: zod.string().min(1).optional().describe('system message of a chat'),
    prompt: byStyle(zod, zod.string().min(1))
      .optional()
      .describe('Jinja template over the columns, labels and choices'),
    maxTokens: byStyle(zod, zod.int().min(1)).optional().describe('tokens that an answer may have'),
    stop: byStyle(zod, zod.array(zod.string().min(1))).optional(),
    score: scoreSchema(zod).optional(),
    unanswerable: zod
      .string()
      .min(1)
      .optional()
      .describe('what a model should write where the target is empty; without it, an empty target is an error'),
    metric: zod.enum(taskMetrics).optional(),
    need: zod
      .record(zod.string(), bound)
      .optional()
      .describe(
        'what is needed at least: accuracy, throughput, latency, memory, price; they become limits and anchors',
      ),
  });
}

/** One type for each of the kinds. */
type ScoreOf<Kind extends string> = Kind extends string ? { readonly kind: Kind } : never;

export type TaskScore =
  | ScoreOf<'exact' | 'label' | 'choice' | 'letter' | 'contains' | 'f1' | 'rouge_l'>
  | { readonly kind: 'number'; readonly tolerance: number }
  | { readonly kind: 'regex'; readonly pattern: string }
  /** `schema` as JSON Schema; undefined where any JSON will do. */
  | { readonly kind: 'json'; readonly schema: Readonly<Record<string, unknown>> | undefined }
  /** `path` is absolute; the hash is of the module's text. */
  | { readonly kind: 'module'; readonly path: string; readonly sha256: string };

/**
 * A task definition with nothing left open: what a run stores, and, where things lie, what they are called and the text of
 * a scorer's module aside, what the task's id is a hash of.
 */
export interface ResolvedTask {
  readonly name: string;
  readonly title: string;
  readonly data: DataSource;
  readonly examples:
    | {
        /** Undefined: the first rows of the data itself, which aren't evaluated then. */
        readonly from: DataSource | undefined;
        readonly count: ByStyle<number>;
        readonly pick: 'first' | 'balanced';
        /** Of the rows of `from`, once they were read. */
        readonly sha256?: string | undefined;
      }
    | undefined;
  readonly input: string;
  /** Undefined only for answers that a scorer of the user's own judges without one. */
  readonly target: string | undefined;
  readonly id: string | undefined;
  readonly cluster: string | undefined;
  readonly answer: AnswerKind;
  /** Of label tasks. */
  readonly labels: readonly string[] | undefined;
  /** Of choice tasks: the column with a list, or the columns with one choice each. */
  readonly choices: string | readonly string[] | undefined;
  /** Number of the first choice, where the target counts them; 0 by default. */
  readonly firstChoice?: 0 | 1 | undefined;
  /** Sign before the fraction of numbers in the target; a point by default. */
  readonly decimal?: '.' | ',' | undefined;
  readonly by: 'generate' | 'likelihood';
  readonly system: string | undefined;
  readonly prompt: ByStyle<string>;
  readonly maxTokens: ByStyle<number>;
  readonly stop: ByStyle<readonly string[]>;
  readonly score: TaskScore;
  readonly unanswerable: string | undefined;
  readonly metric: TaskMetric;
  readonly need: Readonly<Record<string, number | string>> | undefined;
}

/** A row of the user's data, as a task parses it. */
export interface OwnRecord {
  /** Unique among the rows: the value of the id column, else a hash of the row. */
  readonly id: string;
  /** By column; texts as they are in the file, other values as JSON and Parquet have them. */
  readonly values: Readonly<Record<string, unknown>>;
}
