/*
 * GSM8K at one running llama-server: perbench's openai engine with its accuracy pass's settings against
 * lm-evaluation-harness's `local-completions`. The same prompts (five fixed examples), limits and stop strings, as many
 * requests in flight; each side is a process of its own, timed from its start to its end. Requests are counted by a proxy
 * before the server. Scores of both by lm-eval's two filters; answers that are the same text are counted. Target: at least 1.
 *
 *   python3 -m venv L && L/bin/pip install 'lm_eval[api]==0.4.13'
 *   node bench/served-vs-lm-eval.ts --lm-eval L/bin/lm_eval --data-dir DATA [--model smollm2-135m-instruct] [--items 64]
 *     [--rounds 3] [--slots 4] [--threads 2]
 *
 * DATA/gsm8k has test.jsonl and train.jsonl (docs/tasks.md); the server is the `xllamacpp` wheel, which the script fetches.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import type { GenerateRequest } from '../src/core/engine.ts';
import { createOpenAiEngine } from '../src/engines/served/openai-engine.ts';
import { buildGenerateRequest } from '../src/run/ask-items.ts';
import type { PlannedTask } from '../src/run/plan.ts';
import { loadItems } from '../src/sources/datasets/load-items.ts';
import { pullModel } from '../src/sources/pull-model.ts';
import { sourceSettingsFrom } from '../src/sources/source-settings.ts';
import { flexibleAnswer, isExactMatch, strictAnswer } from '../src/tasks/gsm8k.ts';
import { loadTask } from '../src/tasks/index.ts';
import { findLlamaServer, startLlamaServer } from '../test/setup/llama-server.ts';
import { modelSpec } from '../test/setup/model-spec.ts';
import { alternate, type Side } from './alternate.ts';
import { writeLmEvalTask } from './lm-eval-task.ts';

const { values } = parseArgs({
  options: {
    'lm-eval': { type: 'string' },
    'data-dir': { type: 'string', default: process.env['PERBENCH_DATA_DIR'] ?? '../shared/data' },
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    items: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    slots: { type: 'string', default: '4' },
    threads: { type: 'string', default: String(availableParallelism()) },
    /** Set by the script itself: this process is perbench's side. */
    self: { type: 'string' },
  },
});
const [items, slots, threads] = [values.items, values.slots, values.threads].map(Number) as [number, number, number];
const signal = new AbortController().signal;

interface Question {
  readonly request: GenerateRequest;
  readonly prompt: string;
  readonly solution: string;
}

/** The first items of the file. */
async function loadQuestions(): Promise<readonly Question[]> {
  const task = await loadTask('gsm8k/per');
  if (task.kind !== 'generate') throw new Error(`${task.id} doesn't generate`);
  const loaded = await loadItems(task, { dataDir: values['data-dir'] }, signal);
  const planned = { task, items: loaded.items, examples: loaded.examples } as unknown as PlannedTask;
  const solved = z.object({ solution: z.string() });
  return loaded.items.slice(0, items).map((item, position) => {
    const request = { ...buildGenerateRequest(planned, task, position, 'plain'), id: String(position) };
    if (request.prompt.style !== 'plain') throw new Error('the prompt is a chat');
    return { request, prompt: request.prompt.text, solution: solved.parse(item).solution };
  });
}

/** perbench's side: prints its answers in the order of the items. */
async function answerAll(baseUrl: string): Promise<void> {
  const questions = await loadQuestions();
  const spec = modelSpec({ name: 'served', engine: 'openai', source: baseUrl });
  await using model = await createOpenAiEngine({ environment: {} }).open(spec, {}, signal);
  async function* requests(): AsyncGenerator<GenerateRequest> {
    for (const { request } of questions) yield request;
  }
  const texts: string[] = questions.map(() => '');
  for await (const result of model.generate(requests(), { concurrency: slots, reuse: 'prefix', signal })) {
    if (result.status === 'failed') throw new Error(`${result.id}: ${result.message}`);
    texts[Number(result.id)] = result.text;
  }
  process.stdout.write(JSON.stringify(texts));
}

/** lm-eval's task over the same prompts. */
async function writeTask(folder: string, questions: readonly Question[]): Promise<void> {
  const [first] = questions;
  await writeLmEvalTask(folder, {
    name: 'gsm8k_fixed',
    rows: questions.map(({ prompt, solution }) => ({ prompt, solution })),
    settings: {
      output_type: 'generate_until',
      doc_to_text: '{{prompt}}',
      doc_to_target: '{{solution}}',
      generation_kwargs: {
        until: first?.request.stop,
        max_gen_toks: first?.request.maxTokens,
        do_sample: false,
        temperature: 0,
      },
      metric_list: [{ metric: 'exact_match', aggregation: 'mean', higher_is_better: true }],
    },
  });
}

/** What llama-server says of a request: tokens of the prompt that weren't cached, and of the answer. */
const timed = z.object({ timings: z.object({ prompt_n: z.number(), predicted_n: z.number() }) });

/** Passes everything on to the server, and counts what it is asked to generate and what it computes for that. */
async function openCounter(target: string) {
  const { hostname, port } = new URL(target);
  let [generations, others, firstMs, lastMs, promptTokens, tokens] = [0, 0, 0, 0, 0, 0];
  const server = createServer((incoming, outgoing) => {
    const isGeneration = /completions?$/.test(incoming.url ?? '');
    if (isGeneration && generations === 0) firstMs = performance.now();
    if (isGeneration) generations += 1;
    else others += 1;
    outgoing.on('finish', () => (lastMs = performance.now()));
    const { method, url: path, headers } = incoming;
    const onward = forward({ hostname, port, method, path, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => {
        const { data } = isGeneration ? timed.safeParse(JSON.parse(Buffer.concat(chunks).toString())) : {};
        promptTokens += data?.timings.prompt_n ?? 0;
        tokens += data?.timings.predicted_n ?? 0;
      });
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    baseUrl: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/v1`,
    take: () => {
      const seconds = ((lastMs - firstMs) / 1000).toFixed(1);
      const counted = `${generations} requests to generate and ${others} others, ${promptTokens} tokens read and ${tokens} written, first to last in ${seconds} s`;
      [generations, others, promptTokens, tokens] = [0, 0, 0, 0];
      return counted;
    },
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function runProcess(command: readonly string[], folder: string): Promise<string> {
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', HF_DATASETS_CACHE: join(folder, 'datasets') },
  });
  const [output, errors] = await Promise.all([Array.fromAsync(child.stdout), Array.fromAsync(child.stderr)]);
  const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
  if (child.exitCode === null) await once(child, 'close');
  if (child.exitCode !== 0)
    throw new Error(
      `${program} failed: ${text(errors as Buffer[])
        .trim()
        .slice(-2000)}`,
    );
  return text(output as Buffer[]);
}

const sampleRow = z.object({ doc_id: z.number(), resps: z.array(z.array(z.string())) });

/** Answers that lm-eval kept beside its results. */
async function readAnswers(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true });
  const file = files.find((name) => /samples_.*\.jsonl$/.test(name));
  if (file === undefined) throw new Error('lm-eval kept no samples');
  const texts: string[] = [];
  for (const line of (await readFile(join(folder, file), 'utf8')).trim().split('\n')) {
    const { doc_id: position, resps } = sampleRow.parse(JSON.parse(line));
    texts[position] = resps[0]?.[0] ?? '';
  }
  return texts;
}

function describeScores(texts: readonly string[], questions: readonly Question[]): string {
  const share = (read: (text: string) => string): string => {
    const right = questions.filter(({ solution }, position) => isExactMatch(read(texts[position] ?? ''), solution));
    return (right.length / questions.length).toFixed(4);
  };
  return `flexible-extract ${share(flexibleAnswer)}, strict-match ${share(strictAnswer)}`;
}

async function compare(lmEval: string): Promise<void> {
  const tool = await findLlamaServer();
  if ('missing' in tool) throw new Error(tool.missing);
  const { path } = await pullModel(values.model, sourceSettingsFrom(process.env, homedir()));
  await using server = await startLlamaServer(tool.folder, path, { slots, contextTokens: 2048, threads });
  using counter = await openCounter(server.baseUrl);
  const questions = await loadQuestions();
  const latest = new Map<string, readonly string[]>();
  const side = (name: string, answer: (folder: string) => Promise<readonly string[]>): Side => ({
    name,
    run: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'perbench-lm-eval-'));
      try {
        counter.take();
        const startMs = performance.now();
        const texts = await answer(folder);
        const seconds = (performance.now() - startMs) / 1000;
        latest.set(name, texts);
        const note = `${seconds.toFixed(1)} s, ${counter.take()}, ${describeScores(texts, questions)}`;
        return { perSecond: questions.length / seconds, note };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  });
  const ours = side('perbench', async (folder) => {
    const options = ['--data-dir', values['data-dir'], '--items', values.items, '--slots', values.slots];
    const command = [process.execPath, import.meta.filename, '--self', counter.baseUrl, ...options];
    return z.array(z.string()).parse(JSON.parse(await runProcess(command, folder)));
  });
  const theirs = side('lm-evaluation-harness', async (folder) => {
    await writeTask(folder, questions);
    const model = `model=${values.model},base_url=${counter.baseUrl}/completions,num_concurrent=${slots},tokenized_requests=False,tokenizer_backend=None`;
    const about = ['--tasks', 'gsm8k_fixed', '--include_path', folder, '--output_path', folder, '--log_samples'];
    await runProcess([lmEval, 'run', '--model', 'local-completions', '--model_args', model, ...about], folder);
    return readAnswers(folder);
  });
  const title = `GSM8K, ${questions.length} items, five fixed examples, ${slots} slots, ${threads} threads`;
  await alternate({ title, unit: 'items/s', rounds: Number(values.rounds), target: 1, ours, theirs });
  const [mine = [], other = []] = [latest.get(ours.name), latest.get(theirs.name)];
  const same = mine.filter((text, position) => text.trim() === other[position]?.trim()).length;
  console.log(`${same} of ${questions.length} answers are the same text in the last round`);
}

if (values.self !== undefined) await answerAll(values.self);
else if (values['lm-eval'] === undefined) throw new Error('give --lm-eval L/bin/lm_eval');
else await compare(values['lm-eval']);
