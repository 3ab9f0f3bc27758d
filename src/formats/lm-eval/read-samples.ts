import * as z from 'zod';
import { rowId } from '../../core/item-id.ts';
import { ImportError } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import { jsonLines, parseForeign, ownFields } from '../foreign-text.ts';
import type { ForeignFile } from '../format.ts';
import { itemMetric } from '../write-parts.ts';
import { rowHashes, TaskHash } from './sample-row.ts';
import type { LmEvalTask } from './task-names.ts';

const sampleLine = z.looseObject({
  doc_id: z.int().min(0),
  doc: z.unknown().optional(),
  target: z.unknown().optional(),
  arguments: z.unknown().optional(),
  resps: z.unknown().optional(),
  filtered_resps: z.unknown().optional(),
  filter: z.string().default('none'),
  doc_hash: z.string().optional(),
  prompt_hash: z.string().optional(),
  target_hash: z.string().optional(),
});
export type SampleLine = z.output<typeof sampleLine>;

/** Rows of one `samples_<task>_<time>.jsonl`, and what their hashes say. */
export interface SamplesFile {
  readonly name: string;
  /** As the file name has it: characters outside words are `_`. */
  readonly task: string;
  /** Time in the file name, to find the results beside it. */
  readonly stamp: string;
  readonly lines: readonly SampleLine[];
  /** As in `task_hashes` of the results; undefined where a row has no hashes. */
  readonly taskHash: string | undefined;
  /** Rows whose prompt isn't the one that was hashed. */
  readonly changedPrompts: number;
}

/** First argument of the first request: an object of requests in lm-eval 0.4.5 and later, a list before. */
function promptOf(args: unknown): string {
  const requests: readonly unknown[] = typeof args === 'object' && args !== null ? Object.values(args) : [];
  const [first] = requests;
  const words: readonly unknown[] = typeof first === 'object' && first !== null ? Object.values(first) : [];
  return typeof words[0] === 'string' ? words[0] : '';
}

function isChanged({ arguments: args, prompt_hash: hash }: SampleLine): boolean {
  const prompt = promptOf(args);
  return hash !== undefined && prompt !== '' && rowHashes(null, prompt, '').prompt_hash !== hash;
}

/** @throws {ImportError} naming file and line, if a row isn't what lm-eval writes */
export function readSamples(file: ForeignFile): SamplesFile {
  const [, task = '', stamp = ''] = /samples_(.+?)_(\d{4}-\d\d-\d\dT[^/\\]*)\.jsonl$/u.exec(file.name) ?? [];
  if (task === '') {
    throw new ImportError(
      { file: file.name },
      'expected a name such as samples_gsm8k_2026-11-24T16-30-12.000000.jsonl',
      {
        hint: 'Keep the name that lm-eval gave the file: it says which task the rows are of.',
      },
    );
  }
  const lines: SampleLine[] = [];
  const hash = new TaskHash();
  let isHashed = true;
  for (const { line, value } of jsonLines(file)) {
    const read = parseForeign(sampleLine, value, { file: file.name, line }, 'a sample of lm-eval');
    const { doc_hash, prompt_hash, target_hash } = read;
    if (doc_hash === undefined || prompt_hash === undefined || target_hash === undefined) isHashed = false;
    else hash.add({ doc_hash, prompt_hash, target_hash });
    lines.push(read);
  }
  if (lines.length === 0) throw new ImportError({ file: file.name }, 'expected rows, got an empty file');
  const changedPrompts = lines.filter(isChanged).length;
  return { name: file.name, task, stamp, lines, taskHash: isHashed ? hash.digest() : undefined, changedPrompts };
}

const ownPart = z.object(ownFields).omit({ position: true, metrics: true }).extend({
  answer: z.string().optional(),
  promptTokens: z.number().optional(),
  reusedTokens: z.number(),
  outputTokens: z.number().optional(),
});

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** The text generated, or the log-probabilities of the choices as JSON. */
function outputOf(resps: unknown): string {
  const first: unknown = Array.isArray(resps) ? resps[0] : undefined;
  const inner: unknown = Array.isArray(first) ? first[0] : undefined;
  if (typeof inner === 'string') return inner;
  if (!Array.isArray(resps)) return '';
  const sums = resps.map((pair: unknown) => {
    const nested: unknown = Array.isArray(pair) ? pair[0] : undefined;
    const logprob: unknown = Array.isArray(nested) ? nested[0] : undefined;
    return Number(logprob);
  });
  return JSON.stringify(sums);
}

function answerOf(filtered: unknown): string | undefined {
  const first: unknown = Array.isArray(filtered) ? filtered[0] : undefined;
  return typeof first === 'string' && first !== '[invalid]' ? first : undefined;
}

/** The choices of a likelihood task stand in their requests; text tasks keep the prompt alone. */
function promptText(line: SampleLine): string {
  const context = promptOf(line.arguments);
  const requests = typeof line.arguments === 'object' && line.arguments !== null ? Object.values(line.arguments) : [];
  const continuations = requests.map((request: unknown) => {
    const words: readonly unknown[] = typeof request === 'object' && request !== null ? Object.values(request) : [];
    return words[1];
  });
  const isChoice = continuations.length > 1 && continuations.every((text) => typeof text === 'string');
  return isChoice ? JSON.stringify({ context, continuations }) : context;
}

/** Numbers of a row: every key beside lm-eval's own that holds one. */
function metricsOf(
  line: SampleLine,
  { metric, isPercent }: LmEvalTask,
): { readonly score: number | undefined; readonly metrics: Readonly<Record<string, number>> } {
  const fixed = new Set([...Object.keys(sampleLine.shape), 'metrics', 'perbench']);
  const numbers = Object.entries(line)
    .filter((entry): entry is [string, number] => !fixed.has(entry[0]) && typeof entry[1] === 'number')
    .map(([name, value]) => [name, value / (isPercent ? 100 : 1)] as const);
  const { [itemMetric(metric)]: score, ...metrics } = Object.fromEntries(numbers);
  return { score, metrics };
}

/** A row as a sample, or undefined where it has no score of its own, as in tasks that are scored only as a whole. */
export function sampleOf(line: SampleLine, task: LmEvalTask): Sample | undefined {
  const { score, metrics } = metricsOf(line, task);
  if (score === undefined || !(score >= 0 && score <= 1)) return undefined;
  const own = ownPart.safeParse(line['perbench']).data;
  const hashes = { doc_hash: line.doc_hash, prompt_hash: line.prompt_hash, target_hash: line.target_hash };
  return {
    itemId: itemIdOf(task.name, line.doc_id, line.doc),
    position: line.doc_id,
    prompt: promptText(line),
    promptSha256: own?.promptSha256 ?? line.prompt_hash ?? '',
    output: outputOf(line.resps),
    raw: '',
    expected: textOf(line.target),
    answer: own === undefined ? answerOf(line.filtered_resps) : own.answer,
    score,
    metrics,
    detail:
      own?.detail ??
      Object.fromEntries(Object.entries(hashes).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    isUnparsed: own?.isUnparsed ?? (Array.isArray(line.filtered_resps) && line.filtered_resps[0] === '[invalid]'),
    isTruncated: own?.isTruncated ?? false,
    cut: own?.cut,
    thoughts: own?.thoughts,
    thinkingTokens: own?.thinkingTokens,
    failure: own?.failure,
    cluster: own?.cluster,
    promptTokens: own?.promptTokens,
    reusedTokens: own?.reusedTokens ?? 0,
    outputTokens: own?.outputTokens,
    times: own?.times,
  };
}

const withId = z.object({ id: z.union([z.string().min(1), z.int()]) });
const withQuestion = z.object({ question: z.string().min(1) });
const hellaswag = z.object({ query: z.string(), choices: z.array(z.string()) });

/**
 * The id that perbench's task gives this record, so that samples of both programs can be set side by side; where the
 * record is of another data set, a position with a hash of its text.
 */
export function itemIdOf(task: string, position: number, doc: unknown): string {
  const named = withId.safeParse(doc);
  if (named.success) return String(named.data.id);
  if (task === 'hellaswag') {
    const ending = hellaswag.safeParse(doc);
    // Two copies of the data set differ in spaces around endings; their items are the same.
    if (ending.success) {
      return rowId(position, [ending.data.query, ...ending.data.choices].map((text) => text.trim()).join('\n'));
    }
  }
  const asked = withQuestion.safeParse(doc);
  return rowId(position, asked.success ? asked.data.question : textOf(doc));
}
