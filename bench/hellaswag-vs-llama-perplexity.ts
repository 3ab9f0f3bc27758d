/*
 * HellaSwag items per second: perbench's llama engine against `llama-perplexity --hellaswag` at the best of several
 * context sizes and sequence counts, same GGUF file, threads and items. Loading is left out on both sides.
 * Target: at least 2.
 *
 *   node bench/hellaswag-vs-llama-perplexity.ts --model FILE.gguf --llama-perplexity PATH
 *     --data FOLDER/hellaswag_val.jsonl [--items 96] [--rounds 5] [--threads 2]
 *
 * The data file has one object a line with activity_label, ctx, endings and label.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import type { LoglikelihoodRequest } from '../src/core/engine.ts';
import { createLlamaEngine } from '../src/engines/llama-cpp/llama-engine.ts';
import { modelSpec } from '../test/setup/model-spec.ts';
import { alternate, type Side } from './alternate.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    'llama-perplexity': { type: 'string' },
    data: { type: 'string' },
    items: { type: 'string', default: '96' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const { model: file, 'llama-perplexity': tool, data } = values;
if (file === undefined || tool === undefined || data === undefined) {
  throw new Error('give --model FILE.gguf, --llama-perplexity PATH and --data FILE.jsonl');
}
const threads = Number(values.threads);
const row = z.object({
  activity_label: z.string(),
  ctx: z.string(),
  endings: z.array(z.string()),
  label: z.coerce.number(),
});
const lines = (await readFile(data, 'utf8')).split('\n').slice(0, Number(values.items));
const items = lines.map((line) => row.parse(JSON.parse(line)));

async function openEngine(path: string): Promise<Side & AsyncDisposable> {
  const spec = modelSpec({ name: 'm', engine: 'llama', file: path });
  const signal = new AbortController().signal;
  const model = await createLlamaEngine().open(spec, { threads }, signal);
  async function* requests(): AsyncGenerator<LoglikelihoodRequest> {
    for (const [index, { activity_label, ctx, endings }] of items.entries()) {
      yield {
        id: String(index),
        context: `${activity_label}: ${ctx}`,
        continuations: endings.map((each) => ` ${each}`),
      };
    }
  }
  return {
    name: 'perbench',
    run: async () => {
      const startMs = performance.now();
      let right = 0;
      for await (const result of model.loglikelihood(requests(), { concurrency: 64, reuse: 'none', signal })) {
        if (result.status === 'failed') throw new Error(result.message);
        // Their score: the highest mean log-probability per token.
        const means = result.continuations.map(({ logprob, tokenIds }) => logprob / tokenIds.length);
        if (means.indexOf(Math.max(...means)) === items[Number(result.id)]?.label) right += 1;
      }
      const perSecond = (items.length * 1000) / (performance.now() - startMs);
      const { peakBytes } = await model.memory();
      const accuracy = ((100 * right) / items.length).toFixed(1);
      return { perSecond, note: `acc ${accuracy} %, peak ${Math.round(peakBytes / 2 ** 20)} MiB` };
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

interface Setting {
  readonly context: number;
  readonly sequences: number;
}

/** Items per second from the line before the first result to the last result. */
async function runTool(
  path: string,
  promptFile: string,
  count: number,
  setting: Setting,
): Promise<{ perSecond: number; note: string }> {
  const args = ['-m', file ?? '', '-f', promptFile, '--hellaswag', '--hellaswag-tasks', String(count)];
  const shape = ['-c', String(setting.context), '-np', String(setting.sequences), '-t', String(threads), '-ngl', '0'];
  const child = spawn(path, [...args, ...shape], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  child.stderr.resume();
  let startMs: number | undefined;
  let endMs = 0;
  let last = '';
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('task\t')) startMs = performance.now();
    if (!/^\d+\t/.test(line)) continue;
    endMs = performance.now();
    last = line;
  }
  await closed;
  if (startMs === undefined || !last.startsWith(`${count}\t`))
    throw new Error(`${path} scored up to: ${last || 'nothing'}`);
  return {
    perSecond: (count * 1000) / (endMs - startMs),
    note: `acc ${Number.parseFloat(last.split('\t')[1] ?? '').toFixed(1)} %`,
  };
}

async function bestSetting(path: string, promptFile: string): Promise<Setting> {
  let best: { readonly setting: Setting; readonly perSecond: number } | undefined;
  for (const sequences of [4, 128]) {
    for (const context of sequences === 4 ? [512] : [4, 8, 16]) {
      const setting = { context, sequences };
      const { perSecond } = await runTool(path, promptFile, Math.min(24, items.length), setting);
      console.log(`llama-perplexity -c ${context} -np ${sequences}: ${perSecond.toFixed(2)} items/s`);
      if (best === undefined || perSecond > best.perSecond) best = { setting, perSecond };
    }
  }
  return best?.setting ?? { context: 512, sequences: 4 };
}

const folder = await mkdtemp(join(tmpdir(), 'perbench-bench-'));
try {
  const promptFile = join(folder, 'hellaswag.txt');
  const text = items.flatMap(({ activity_label, ctx, label, endings }) => [
    `${activity_label}: ${ctx}`,
    label,
    ...endings,
  ]);
  await writeFile(promptFile, text.join('\n'));
  const setting = await bestSetting(tool, promptFile);
  await using ours = await openEngine(file);
  await alternate({
    title: `HellaSwag, ${items.length} items, ${threads} threads`,
    unit: 'items/s',
    rounds: Number(values.rounds),
    target: 2,
    ours,
    theirs: {
      name: `llama-perplexity -c ${setting.context} -np ${setting.sequences}`,
      run: async () => runTool(tool, promptFile, items.length, setting),
    },
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
