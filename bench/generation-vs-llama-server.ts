/*
 * Generation at 16 sequences: perbench's llama engine against llama.cpp's own server at 16 slots, with the same GGUF
 * file, threads, prompts and token limits. Output tokens per second over a closed loop. Target: at least 1.05. What bounds
 * both is in README.md, "Generation beside llama-server".
 *
 *   python3 -m venv VENV && VENV/bin/pip install xllamacpp==2026.10.11549
 *   node bench/generation-vs-llama-server.ts --model FILE.gguf --python VENV/bin/python [--rounds 5]
 *     [--sequences 16] [--requests 48] [--tokens 64] [--threads 2] [--kernels haswell]
 *
 * The wheel has kernels for AVX2 (and FMA) alone; with `--kernels haswell` both sides compute by those, each as its own
 * compiler made them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import * as z from 'zod';
import type { GenerateRequest } from '../src/core/engine.ts';
import { createLlamaEngine } from '../src/engines/llama-cpp/llama-engine.ts';
import { modelSpec } from '../test/setup/model-spec.ts';
import { alternate, type Side } from './alternate.ts';
import { generationPrompts } from './generation-prompts.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    python: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    sequences: { type: 'string', default: '16' },
    requests: { type: 'string', default: '48' },
    tokens: { type: 'string', default: '64' },
    threads: { type: 'string', default: String(availableParallelism()) },
    kernels: { type: 'string' },
  },
});
const { model: file, python } = values;
if (file === undefined || python === undefined) throw new Error('give --model FILE.gguf and --python VENV/bin/python');
const [sequences, tokens, threads] = [values.sequences, values.tokens, values.threads].map(Number) as [
  number,
  number,
  number,
];
const prompts = generationPrompts(Number(values.requests));
const contextTokens = 512;

async function openEngine(path: string): Promise<Side & AsyncDisposable> {
  const engineOptions = values.kernels === undefined ? {} : { kernels: values.kernels };
  const spec = modelSpec({ name: 'm', engine: 'llama', file: path, engineOptions });
  const signal = new AbortController().signal;
  const model = await createLlamaEngine().open(spec, { threads, contextTokens }, signal);
  async function* requests(): AsyncGenerator<GenerateRequest> {
    for (const [index, text] of prompts.entries()) {
      yield { id: String(index), prompt: { style: 'plain', text }, maxTokens: tokens, stop: [] };
    }
  }
  return {
    name: 'perbench',
    run: async () => {
      const startMs = performance.now();
      let generated = 0;
      for await (const result of model.generate(requests(), { concurrency: sequences, reuse: 'none', signal })) {
        if (result.status === 'failed') throw new Error(result.message);
        generated += result.outputTokens;
      }
      const seconds = (performance.now() - startMs) / 1000;
      const { peakBytes } = await model.memory();
      return {
        perSecond: generated / seconds,
        note: `${generated} tokens, peak ${Math.round(peakBytes / 2 ** 20)} MiB`,
      };
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

const completion = z.object({ tokens_predicted: z.number() });

async function openServer(path: string, interpreter: string): Promise<Side & AsyncDisposable> {
  const args = [path, sequences, contextTokens, threads, 'no-prompt-cache'].map(String);
  const script = join(import.meta.dirname, '../test/setup/llama-server.py');
  const child = spawn(interpreter, [script, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  const [address] = (await once(createInterface(child.stdout), 'line')) as [string];
  const pool = new Pool(address, { connections: sequences, bodyTimeout: 0, headersTimeout: 0 });
  const ask = async (prompt: string): Promise<number> => {
    const body = JSON.stringify({ prompt, n_predict: tokens, temperature: 0, cache_prompt: false });
    const headers = { 'content-type': 'application/json' };
    const response = await pool.request({ method: 'POST', path: '/completion', headers, body });
    return completion.parse(await response.body.json()).tokens_predicted;
  };
  return {
    name: 'llama-server',
    run: async () => {
      const startMs = performance.now();
      let next = 0;
      let generated = 0;
      const loop = async (): Promise<void> => {
        for (let prompt = prompts[next++]; prompt !== undefined; prompt = prompts[next++]) {
          // Not `generated += await …`: that would add to the value from before the wait.
          const count = await ask(prompt);
          generated += count;
        }
      };
      await Promise.all(Array.from({ length: sequences }, loop));
      return { perSecond: (generated * 1000) / (performance.now() - startMs), note: `${generated} tokens` };
    },
    [Symbol.asyncDispose]: async () => {
      await pool.destroy();
      child.kill('SIGKILL');
      await closed;
    },
  };
}

await using ours = await openEngine(file);
await using theirs = await openServer(file, python);
await alternate({
  title: `generation, ${sequences} sequences, ${prompts.length} requests of at most ${tokens} tokens, ${threads} threads`,
  unit: 'tokens/s',
  rounds: Number(values.rounds),
  target: 1.05,
  ours,
  theirs,
});
