import { createHash, hash } from 'node:crypto';
import * as z from 'zod';
import { jsonInside } from '../../core/json-inside.ts';
import type { Sample } from '../../core/sample.ts';
import { itemMetric } from '../write-parts.ts';
import type { LmEvalTask } from './task-names.ts';

/** Hashes of a row as lm-eval computes them: sha256, hex. */
export interface RowHashes {
  readonly doc_hash: string;
  readonly prompt_hash: string;
  readonly target_hash: string;
}

/**
 * `doc_hash` is over the record as JSON with two spaces of indent, `prompt_hash` over the first argument of the first
 * request, `target_hash` over the target as text. Records that hold only texts and whole numbers hash as in Python.
 */
export function rowHashes(doc: unknown, prompt: string, target: string): RowHashes {
  return {
    doc_hash: hash('sha256', JSON.stringify(doc, undefined, 2)),
    prompt_hash: hash('sha256', prompt),
    target_hash: hash('sha256', target),
  };
}

/** lm-eval's `task_hashes`: sha256 over the hashes of all rows, one after the other. */
export class TaskHash {
  readonly #hash = createHash('sha256');

  add({ doc_hash, prompt_hash, target_hash }: RowHashes): void {
    this.#hash.update(doc_hash + prompt_hash + target_hash);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** What one of our samples was asked, in lm-eval's terms. */
interface Asked {
  readonly prompt: string;
  readonly arguments: Readonly<Record<string, { readonly arg_0: string; readonly arg_1: unknown }>>;
}

const likelihoodPrompt = z.object({ context: z.string(), continuations: z.array(z.string()) });
const likelihoodRaw = z.object({ continuations: z.array(z.object({ logprob: z.number(), isGreedy: z.boolean() })) });

function askedOf(sample: Sample, kind: string): Asked {
  const likelihood = kind === 'loglikelihood' ? likelihoodPrompt.safeParse(jsonInside(sample.prompt)) : undefined;
  if (likelihood?.success !== true) {
    return { prompt: sample.prompt, arguments: { gen_args_0: { arg_0: sample.prompt, arg_1: {} } } };
  }
  const { context, continuations } = likelihood.data;
  const requests = continuations.map((text, index) => [`gen_args_${index}`, { arg_0: context, arg_1: text }] as const);
  return { prompt: context, arguments: Object.fromEntries(requests) };
}

function responsesOf(sample: Sample, kind: string): { readonly resps: unknown; readonly filtered_resps: unknown } {
  const likelihood = kind === 'loglikelihood' ? likelihoodRaw.safeParse(jsonInside(sample.raw)) : undefined;
  if (likelihood?.success !== true) {
    return { resps: [[sample.output]], filtered_resps: [sample.answer ?? '[invalid]'] };
  }
  // Python writes both leaves as text.
  const pairs = likelihood.data.continuations.map(({ logprob, isGreedy }) => [
    String(logprob),
    isGreedy ? 'True' : 'False',
  ]);
  return { resps: pairs.map((pair) => [pair]), filtered_resps: pairs };
}

/** Everything about a sample that lm-eval has no place for; the import reads it back. */
function ownPart(sample: Sample): object {
  const { promptSha256, answer, isUnparsed, isTruncated, failure, cluster, detail, times } = sample;
  const { cut, thoughts, thinkingTokens } = sample;
  const tokens = {
    promptTokens: sample.promptTokens,
    reusedTokens: sample.reusedTokens,
    outputTokens: sample.outputTokens,
  };
  const verdict = { answer, isUnparsed, isTruncated, cut, thoughts, thinkingTokens, failure };
  return { promptSha256, ...verdict, cluster, detail, times, ...tokens };
}

/** A sample as a line of `samples_<task>_<stamp>.jsonl`. */
export function sampleRow(
  sample: Sample,
  task: LmEvalTask,
  kind: 'generate' | 'loglikelihood',
): { readonly row: object; readonly hashes: RowHashes; readonly metrics: Readonly<Record<string, number>> } {
  const { prompt, arguments: args } = askedOf(sample, kind);
  const doc = { id: sample.itemId, target: sample.expected };
  const hashes = rowHashes(doc, prompt, sample.expected);
  const scale = task.isPercent ? 100 : 1;
  const shares = { [itemMetric(task.metric)]: sample.score, ...sample.metrics };
  const metrics = Object.fromEntries(Object.entries(shares).map(([name, value]) => [name, value * scale]));
  const row = {
    doc_id: sample.position,
    doc,
    target: sample.expected,
    arguments: args,
    ...responsesOf(sample, kind),
    filter: task.filter,
    metrics: Object.keys(metrics),
    ...hashes,
    ...metrics,
    perbench: ownPart(sample),
  };
  return { row, hashes, metrics };
}
