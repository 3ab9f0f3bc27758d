/*
 * Log-likelihoods by the plainest way there is: one sequence, one token per decode, log-softmax in float64 JavaScript.
 * No batching, no sharing, no scheduler and no WebAssembly: what the engine's tests compare its results with.
 *
 *   node scripts/reference-loglikelihood.ts MODEL.gguf > test/golden/reference-loglikelihood-NAME.json
 *
 * The committed files were made on the `haswell` kernel variant with 1 thread.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { argv, stdout } from 'node:process';
import { findLibrary } from '../src/engines/llama-cpp/library-location.ts';
import { LlamaContext } from '../src/engines/llama-cpp/native/llama-context.ts';
import { LlamaModel } from '../src/engines/llama-cpp/native/llama-model.ts';
import { openLibrary } from '../src/engines/llama-cpp/native/open-library.ts';
import { referenceCases } from './reference-cases.ts';

function logProbability(logits: Float32Array, token: number): number {
  let highest = -Infinity;
  for (const logit of logits) highest = Math.max(highest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return (logits[token] ?? Number.NaN) - highest - Math.log(sum);
}

function score(model: LlamaModel, context: LlamaContext, text: string, continuation: string): number[] {
  const { tokenizer } = model;
  const before = tokenizer.encode(text).length;
  const tokens = [...tokenizer.encode(text + continuation)];
  if (before === 0) tokens.unshift(tokenizer.prefixToken ?? 0);
  const start = Math.max(1, before);
  const values: number[] = [];
  context.clear();
  for (const [position, token] of tokens.slice(0, -1).entries()) {
    context.batch.clear();
    context.batch.add(token, position, 0, 1, true);
    context.decode();
    const next = tokens[position + 1] ?? 0;
    if (position + 1 >= start) values.push(logProbability(context.logits(1), next));
  }
  return values;
}

const file = argv[2];
if (file === undefined) throw new Error('usage: node scripts/reference-loglikelihood.ts MODEL.gguf');
const model = new LlamaModel(openLibrary(findLibrary('cpu')), { file, threads: 1 });
const shape = { sequences: 1, cells: 512, isUnified: false, keepsWindow: true, batchTokens: 1, outputs: 1 };
const context = new LlamaContext(model, shape);
const cases = referenceCases.map(({ context: text, continuations }) => ({
  context: text,
  continuations: continuations.map((continuation) => ({
    text: continuation,
    tokenLogprobs: score(model, context, text, continuation),
  })),
}));
const modelSha256 = createHash('sha256')
  .update(await readFile(file))
  .digest('hex');
stdout.write(`${JSON.stringify({ modelSha256, llama: model.library.llama.version(), cases }, null, 2)}\n`);
