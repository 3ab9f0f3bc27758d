/*
 * Prefix reuse against none, on the prompts of an accuracy pass: 5-shot GSM8K and 5-shot ARC-Easy, whose examples are
 * the same for all items, and SQuAD 2.0 with the questions on one passage asked together. Items per second; the share
 * of equal answers is printed beside it. Target: at least 2.
 *
 *   node bench/prefix-reuse.ts --model FILE.gguf [--data ../shared/data] [--items 24] [--rounds 3] [--threads 2]
 *     [--tasks gsm8k,arc_easy,squad2]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { GenerateRequest, LoadedModel, PassOptions } from '../src/core/engine.ts';
import { createLlamaEngine } from '../src/engines/llama-cpp/llama-engine.ts';
import { buildGenerateRequest } from '../src/run/ask-items.ts';
import type { PlannedTask } from '../src/run/plan.ts';
import { loadItems } from '../src/sources/datasets/load-items.ts';
import { loadTask } from '../src/tasks/index.ts';
import { modelSpec } from '../test/setup/model-spec.ts';
import { alternate } from './alternate.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string', default: process.env['PERBENCH_DATA_DIR'] ?? '../shared/data' },
    items: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tasks: { type: 'string', default: 'gsm8k,arc_easy,squad2' },
  },
});
const { model: file } = values;
if (file === undefined) throw new Error('give --model FILE.gguf');
const signal = new AbortController().signal;
const taskNames: Readonly<Record<string, string>> = {
  gsm8k: 'gsm8k/per',
  arc_easy: 'arc_easy/letters-5shot',
  squad2: 'squad2/per',
};

/** The first items of the file: on SQuAD, neighbours are questions on one passage. */
async function requestsOf(name: string): Promise<readonly GenerateRequest[]> {
  const task = await loadTask(taskNames[name] ?? name);
  if (task.kind !== 'generate') throw new Error(`${task.id} doesn't generate`);
  const loaded = await loadItems(task, { dataDir: values.data }, signal);
  const planned = { task, items: loaded.items, examples: loaded.examples } as unknown as PlannedTask;
  return loaded.items.slice(0, Number(values.items)).map((_, position) => ({
    ...buildGenerateRequest(planned, task, position, 'plain'),
    id: String(position),
  }));
}

async function answer(model: LoadedModel, requests: readonly GenerateRequest[], reuse: PassOptions['reuse']) {
  const texts = new Map<string, string>();
  let reusedTokens = 0;
  let promptTokens = 0;
  async function* stream(): AsyncGenerator<GenerateRequest> {
    yield* requests;
  }
  const startMs = performance.now();
  for await (const result of model.generate(stream(), { concurrency: 16, reuse, signal })) {
    if (result.status === 'failed') throw new Error(result.message);
    texts.set(result.id, result.text);
    reusedTokens += result.reusedTokens;
    promptTokens += result.promptTokens;
  }
  const perSecond = (requests.length * 1000) / (performance.now() - startMs);
  return { texts, perSecond, reused: `${reusedTokens} of ${promptTokens} prompt tokens reused` };
}

const spec = modelSpec({ name: 'm', engine: 'llama', file });
await using model = await createLlamaEngine().open(spec, { threads: Number(values.threads) }, signal);
for (const name of values.tasks.split(',')) {
  const requests = await requestsOf(name);
  let without = new Map<string, string>();
  await alternate({
    title: `prefix reuse on ${taskNames[name] ?? name}, ${requests.length} items`,
    unit: 'items/s',
    rounds: Number(values.rounds),
    target: 2,
    ours: {
      name: 'reuse',
      run: async () => {
        const { texts, perSecond, reused } = await answer(model, requests, 'prefix');
        const same = [...texts].filter(([id, text]) => without.get(id) === text).length;
        return {
          perSecond,
          note: without.size === 0 ? reused : `${reused}, ${same} of ${texts.size} answers the same`,
        };
      },
    },
    theirs: {
      name: 'none',
      run: async () => {
        const { texts, perSecond } = await answer(model, requests, 'none');
        without = texts;
        return { perSecond };
      },
    },
  });
}
