/*
 * Loss by the plainest way there is: base and configuration one after the other, one sequence, one token per decode, whole
 * rows of log-probabilities in float64, KL divergence as it is defined. Nothing of the engine's scheduling, of its
 * comparison of rows or of its statistics is used: the engine's tests compare their results with these.
 *
 *   node scripts/reference-loss.ts MODEL.gguf TEXT.txt CHUNK_TOKENS > test/golden/reference-loss-NAME.json
 *
 * The base has a cache of f16, the configuration one of q4_0, both with flash attention. It computes
 * on the haswell kernels of Linux on x64 with 1 thread.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { argv, stdout } from 'node:process';
import { findLibrary, withKernels } from '../src/engines/llama-cpp/library-location.ts';
import { type CacheSettings, LlamaContext } from '../src/engines/llama-cpp/native/llama-context.ts';
import { LlamaModel } from '../src/engines/llama-cpp/native/llama-model.ts';
import { openLibrary } from '../src/engines/llama-cpp/native/open-library.ts';

function logSoftmax(logits: Float32Array): Float64Array {
  const row = Float64Array.from(logits);
  const highest = row.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sum = row.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return row.map((logit) => logit - highest - Math.log(sum));
}

/** Log-probabilities behind each of the counted positions of a chunk. */
function rowsOf(context: LlamaContext, tokens: readonly number[], first: number): readonly Float64Array[] {
  const rows: Float64Array[] = [];
  context.clear();
  for (const [position, token] of tokens.slice(0, -1).entries()) {
    context.batch.clear();
    context.batch.add(token, position, 0, 1, true);
    context.decode();
    if (position >= first) rows.push(logSoftmax(context.logits(1)));
  }
  return rows;
}

const [, , file, textFile, chunkText] = argv;
if (file === undefined || textFile === undefined || chunkText === undefined) {
  throw new Error('usage: node scripts/reference-loss.ts MODEL.gguf TEXT.txt CHUNK_TOKENS');
}
const chunkTokens = Number(chunkText);
const model = new LlamaModel(openLibrary(withKernels(findLibrary('cpu'), 'haswell')), { file, threads: 1 });
const shape = { sequences: 1, cells: 512, isUnified: false, keepsWindow: true, batchTokens: 1, outputs: 1 };
const caches = ['f16', 'q4_0'].map((type) => ({ type, flashAttention: 'on' }) as CacheSettings);
const [base, other] = caches.map((cache) => new LlamaContext(model, shape, cache));
if (base === undefined || other === undefined) throw new Error('there are two caches');
const { tokenizer } = model;
const all = [...tokenizer.encode(await readFile(textFile, 'utf8'))];
// As llama-perplexity takes them: whole chunks, each after a BOS, of which what is behind the middle counts.
const first = Math.floor(chunkTokens / 2);
const divergences: number[] = [];
const sameTop: boolean[] = [];
const lengths = { base: 0, other: 0 };
const chunkDivergences: number[] = [];
for (let start = 0; start + chunkTokens <= all.length; start += chunkTokens) {
  const tokens = all.slice(start, start + chunkTokens);
  if (tokenizer.addsBos) tokens[0] = tokenizer.bos;
  const [p, q] = [rowsOf(base, tokens, first), rowsOf(other, tokens, first)];
  let chunkSum = 0;
  for (const [index, own] of p.entries()) {
    const its = q[index] ?? own;
    const divergence = own.reduce((sum, logP, token) => sum + Math.exp(logP) * (logP - (its[token] ?? 0)), 0);
    divergences.push(divergence);
    chunkSum += divergence;
    sameTop.push(own.indexOf(Math.max(...own)) === its.indexOf(Math.max(...its)));
    const follower = tokens[first + index + 1] ?? 0;
    lengths.base -= own[follower] ?? 0;
    lengths.other -= its[follower] ?? 0;
  }
  chunkDivergences.push(chunkSum / p.length);
}
const count = divergences.length;
const sorted = divergences.toSorted((left, right) => left - right);
const mean = divergences.reduce((sum, each) => sum + each, 0) / count;
// Chunks are equally long: their means are independent values.
const squares = chunkDivergences.reduce((sum, each) => sum + (each - mean) ** 2, 0);
const chunks = chunkDivergences.length;
const figures = {
  tokens: count,
  texts: chunks,
  klMean: mean,
  klStandardError: Math.sqrt(squares / (chunks * (chunks - 1))),
  klMedian: ((sorted[Math.floor((count - 1) / 2)] ?? 0) + (sorted[Math.ceil((count - 1) / 2)] ?? 0)) / 2,
  klMax: sorted.at(-1),
  sameTop: sameTop.filter(Boolean).length / count,
  basePerplexity: Math.exp(lengths.base / count),
  perplexity: Math.exp(lengths.other / count),
};
const modelSha256 = createHash('sha256')
  .update(await readFile(file))
  .digest('hex');
stdout.write(
  `${JSON.stringify({ modelSha256, llama: model.library.llama.version(), chunkTokens, figures }, null, 2)}\n`,
);
