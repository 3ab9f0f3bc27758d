/** Answers of a model that were made elsewhere, one a row: what a log of an API or another program's outputs say. */
import { readFinish } from '../core/finish-reason.ts';
import * as z from 'zod';
import type { FinishReason } from '../core/engine.ts';
import { ImportError } from '../core/errors.ts';
import { issueText } from '../core/schema-issue.ts';
import { namesText } from '../core/row-places.ts';

/** A row of a table, wherever it was read from. */
export interface AnswerRow {
  readonly file: string;
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface OutsideAnswer {
  readonly row: AnswerRow;
  readonly output: string;
  readonly thoughts: string | undefined;
  readonly finishReason: FinishReason;
  readonly latencyMs: number | undefined;
  readonly promptTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** Of `outputTokens`. */
  readonly thinkingTokens: number | undefined;
  /** Why there is no output. */
  readonly failure: string | undefined;
}

/** Names of the columns, in the order in which they are looked for. */
const columnNames = {
  output: ['output'],
  latencyMs: ['latencyMs', 'latency_ms'],
  promptTokens: ['promptTokens', 'prompt_tokens'],
  outputTokens: ['outputTokens', 'output_tokens', 'completion_tokens'],
  thinkingTokens: ['thinkingTokens', 'thinking_tokens', 'reasoning_tokens'],
  thoughts: ['thoughts', 'reasoning_content', 'reasoning'],
  finishReason: ['finishReason', 'finish_reason'],
  error: ['error'],
} as const;

/** Columns of rows with outputs that say nothing here. */
function unusedColumns(columns: readonly string[]): readonly string[] {
  const used = Object.values(columnNames).map((names: readonly string[]) =>
    names.find((name) => columns.includes(name)),
  );
  return columns.filter((column) => !used.includes(column));
}

function valueOf({ values }: AnswerRow, name: keyof typeof columnNames): unknown {
  const found = columnNames[name].map((column) => values[column]).find((value) => value !== undefined);
  return found === null || found === '' ? undefined : found;
}

/** Texts stay as they are; other values are told as JSON, as somebody who prints them would. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

type Count = 'latencyMs' | 'promptTokens' | 'outputTokens' | 'thinkingTokens';

function numberOf(row: AnswerRow, name: Count): number | undefined {
  const value = valueOf(row, name);
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  const isWhole = name === 'latencyMs' || Number.isInteger(number);
  if (Number.isFinite(number) && number >= 0 && isWhole) return number;
  const expected = name === 'latencyMs' ? 'milliseconds' : 'a number of tokens';
  const at = { file: row.file, line: row.line, key: name };
  throw new ImportError(at, `expected ${expected}, got ${JSON.stringify(textOf(value))}`);
}

/** Other programs have other words; what isn't known ended by itself. */
function finishOf(word: string | undefined): FinishReason {
  if (word === 'budget_cut') return word;
  const finish = readFinish(word);
  return finish === 'length' || finish === 'content_filter' ? finish : 'stop';
}

function plainAnswer(row: AnswerRow): OutsideAnswer {
  const error = textOf(valueOf(row, 'error'));
  const output = textOf(row.values['output']);
  return {
    row,
    output: output ?? '',
    thoughts: textOf(valueOf(row, 'thoughts')),
    finishReason: finishOf(textOf(valueOf(row, 'finishReason'))),
    latencyMs: numberOf(row, 'latencyMs'),
    promptTokens: numberOf(row, 'promptTokens'),
    outputTokens: numberOf(row, 'outputTokens'),
    thinkingTokens: numberOf(row, 'thinkingTokens'),
    failure: error ?? (output === undefined ? 'the row has no output' : undefined),
  };
}

const count = z.int().min(0);
const batchError = z.looseObject({ message: z.string().nullish(), code: z.string().nullish() });

/** A line of the file that OpenAI's batch API gives back, and of those of its kind. */
const batchResponse = z.looseObject({
  status_code: z.int().nullish(),
  body: z
    .looseObject({
      choices: z
        .array(
          z.looseObject({
            message: z
              .looseObject({
                content: z.string().nullish(),
                reasoning_content: z.string().nullish(),
                reasoning: z.string().nullish(),
                refusal: z.string().nullish(),
              })
              .optional(),
            text: z.string().nullish(),
            finish_reason: z.string().nullish(),
          }),
        )
        .optional(),
      usage: z
        .looseObject({
          prompt_tokens: count.nullish(),
          completion_tokens: count.nullish(),
          completion_tokens_details: z.looseObject({ reasoning_tokens: count.nullish() }).nullish(),
        })
        .nullish(),
      error: batchError.nullish(),
    })
    .nullish(),
});

const isBatch = (columns: readonly string[]): boolean => columns.includes('custom_id') && columns.includes('response');

function errorText(error: unknown): string | undefined {
  const { message, code } = batchError.safeParse(error).data ?? {};
  return message ?? code ?? (typeof error === 'string' ? error : undefined);
}

function batchAnswer(row: AnswerRow): OutsideAnswer {
  const { response, error } = row.values;
  const parsed = batchResponse.nullish().safeParse(response);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = ['response', ...(issue?.path ?? [])].join('.');
    throw new ImportError({ file: row.file, line: row.line, key }, issueText(issue));
  }
  const { status_code: status, body } = parsed.data ?? {};
  const [choice] = body?.choices ?? [];
  const { content, refusal, reasoning_content: thoughts, reasoning } = choice?.message ?? {};
  const refused = status === undefined || status === null || status === 200 ? undefined : `status ${status}`;
  const said = errorText(error) ?? errorText(body?.error) ?? refused;
  const usage = body?.usage;
  return {
    row,
    output: content ?? choice?.text ?? refusal ?? '',
    thoughts: thoughts ?? reasoning ?? undefined,
    finishReason: finishOf(choice?.finish_reason ?? undefined),
    latencyMs: undefined,
    promptTokens: usage?.prompt_tokens ?? undefined,
    outputTokens: usage?.completion_tokens ?? undefined,
    thinkingTokens: usage?.completion_tokens_details?.reasoning_tokens ?? undefined,
    failure: said ?? (choice === undefined ? 'the response has no choices' : undefined),
  };
}

export interface OutsideAnswers {
  /** In which form they came, for people. */
  readonly form: string;
  readonly answers: readonly OutsideAnswer[];
  /** Columns that were not read; the ids may be among them. */
  readonly unused: readonly string[];
}

/**
 * Reads answers: rows with a column `output`, or the output of OpenAI's batch API.
 *
 * @param file for messages
 * @throws {ImportError} for rows that are neither, or a value that can't be what its column says
 */
export function readOutsideAnswers(
  file: string,
  columns: readonly string[],
  rows: readonly AnswerRow[],
): OutsideAnswers {
  if (isBatch(columns)) return { form: 'OpenAI batch output', answers: rows.map(batchAnswer), unused: [] };
  if (!columns.includes('output')) {
    throw new ImportError(
      { file },
      `expected a column "output" with what the model answered, got ${namesText(columns)}`,
      {
        hint: 'Rename the column, or use the output file of a batch (custom_id, response).',
      },
    );
  }
  return { form: 'rows with outputs', answers: rows.map(plainAnswer), unused: unusedColumns(columns) };
}
