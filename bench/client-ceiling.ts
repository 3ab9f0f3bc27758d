/*
 * CPU per request and requests per second of load generators, in turns against the same null server: perbench, guidellm,
 * aiperf, and lm-evaluation-harness's local-completions. Each tool runs as its users start it, in a process of its own.
 *
 *   python3 -m venv G && G/bin/pip install guidellm          (each tool in an environment of its own)
 *   python3 -m venv A && A/bin/pip install aiperf
 *   python3 -m venv L && L/bin/pip install 'lm_eval[api]'
 *   node bench/client-ceiling.ts [--guidellm G/bin/guidellm] [--aiperf A/bin/aiperf] [--lm-eval L/bin/lm_eval]
 *     [--requests 6000] [--concurrency 64] [--rounds 3] [--tokenizer FOLDER]
 *
 * Requests per second are the server's count, from the second request to the last. CPU per request is what a run of
 * `requests` took more than a run of a tenth of them, so that starting up doesn't count. aiperf makes its prompts with a
 * tokenizer: name a folder with one where the hub can't be reached.
 *
 * Target: at least 5 times guidellm's requests per second, from one process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { GenerateRequest } from '../src/core/engine.ts';
import { calibrationPrompt } from '../src/app/calibrate.ts';
import { writeLmEvalTask } from './lm-eval-task.ts';
import { forkNullServer, openNullModel } from '../src/app/null-server/open-null-server.ts';

const { values } = parseArgs({
  options: {
    guidellm: { type: 'string' },
    aiperf: { type: 'string' },
    'lm-eval': { type: 'string' },
    tokenizer: { type: 'string', default: 'gpt2' },
    requests: { type: 'string', default: '6000' },
    concurrency: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    /** Set by the script itself: this process is perbench's side. */
    self: { type: 'string' },
  },
});
const [requests, concurrency, rounds] = [values.requests, values.concurrency, values.rounds].map(Number) as [
  number,
  number,
  number,
];
const tokens = 16;

/** perbench's side, as its runs ask: one process, not streamed. */
async function askAll(baseUrl: string): Promise<void> {
  const signal = new AbortController().signal;
  await using model = await openNullModel(baseUrl, signal);
  async function* stream(): AsyncGenerator<GenerateRequest> {
    for (let count = 0; count < requests; count += 1) {
      yield {
        id: String(count),
        prompt: { style: 'plain', text: `${count} ${calibrationPrompt}` },
        maxTokens: tokens,
        stop: [],
      };
    }
  }
  let done = 0;
  for await (const result of model.generate(stream(), { concurrency, reuse: 'none', signal }))
    done += result.status === 'done' ? 1 : 0;
  if (done !== requests) throw new Error(`${done} of ${requests} requests were answered`);
}

interface Tool {
  readonly name: string;
  readonly command: (baseUrl: string, count: number, folder: string) => Promise<readonly string[]>;
}

/** Prompts as guidellm reads them: with a file of them it needs no tokenizer. */
async function promptFile(folder: string, count: number): Promise<string> {
  const rows = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ prompt: `${index} ${calibrationPrompt}`, output_tokens_count: tokens }),
  );
  const file = join(folder, 'prompts.jsonl');
  await writeFile(file, rows.join('\n'));
  return file;
}

/** lm-evaluation-harness's task of so many null requests. */
async function lmEvalTask(folder: string, count: number): Promise<void> {
  await writeLmEvalTask(folder, {
    name: 'null_task',
    rows: Array.from({ length: count }, (_, index) => ({ q: `${index} ${calibrationPrompt}`, a: 'word' })),
    settings: {
      output_type: 'generate_until',
      doc_to_text: '{{q}}',
      doc_to_target: '{{a}}',
      generation_kwargs: { until: ['\n\n'], max_gen_toks: tokens },
      metric_list: [{ metric: 'exact_match' }],
    },
  });
}

const tools: Tool[] = [
  {
    name: 'perbench',
    command: async (baseUrl, count) => [
      process.execPath,
      import.meta.filename,
      '--self',
      baseUrl,
      '--requests',
      String(count),
      '--concurrency',
      String(concurrency),
    ],
  },
];
const { guidellm, aiperf, 'lm-eval': lmEval, tokenizer } = values;
if (guidellm !== undefined) {
  tools.push({
    name: 'guidellm',
    command: async (baseUrl, count, folder) => [
      guidellm,
      'run',
      '--backend',
      `kind=openai_http,target=${baseUrl.replace(/\/v1$/, '')},model=null-model,request_format=/v1/completions,stream=false`,
      '--profile',
      `kind=concurrent,streams=${concurrency}`,
      '--constraint',
      `kind=max_requests,count=${count}`,
      '--data',
      `kind=json_file,path=${await promptFile(folder, count)}`,
      '--output',
      `kind=json,path=${join(folder, 'out.json')}`,
      '--disable-console',
    ],
  });
}
if (aiperf !== undefined) {
  tools.push({
    name: 'aiperf',
    command: async (baseUrl, count, folder) => [
      aiperf,
      'profile',
      '--model',
      'null-model',
      '--url',
      baseUrl.replace(/\/v1$/, ''),
      '--endpoint-type',
      'completions',
      '--tokenizer',
      tokenizer,
      '--concurrency',
      String(concurrency),
      '--request-count',
      String(count),
      '--synthetic-input-tokens-mean',
      '128',
      '--output-tokens-mean',
      String(tokens),
      '--ui',
      'none',
      '--output-artifact-dir',
      folder,
    ],
  });
}
if (lmEval !== undefined) {
  tools.push({
    name: 'lm-evaluation-harness',
    command: async (baseUrl, count, folder) => {
      await lmEvalTask(folder, count);
      const model = `model=null-model,base_url=${baseUrl}/completions,num_concurrent=${concurrency},tokenized_requests=False,tokenizer_backend=None,max_retries=1`;
      return [
        lmEval,
        '--model',
        'local-completions',
        '--model_args',
        model,
        '--tasks',
        'null_task',
        '--include_path',
        folder,
      ];
    },
  });
}

interface Outcome {
  readonly cpuSeconds: number;
  readonly generations: number;
  readonly durationMs: number;
}

/** Runs a tool; the shell's `time` knows the CPU of all processes that it waited for. */
async function runTool(
  tool: Tool,
  server: Awaited<ReturnType<typeof forkNullServer>>,
  count: number,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'perbench-ceiling-'));
  try {
    const command = await tool.command(server.baseUrl, count, folder);
    await server.takeCounts();
    const child = spawn('bash', ['-c', 'TIMEFORMAT="CPU %U %S"; time "$@"', '--', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      // aiperf, told to be offline, reads no tokenizer from a folder.
      env: {
        ...process.env,
        ...(tool.name !== 'aiperf' && { HF_HUB_OFFLINE: '1' }),
        HF_DATASETS_CACHE: join(folder, 'datasets'),
      },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-20_000)));
    const [code] = (await once(child, 'close')) as [number | null];
    const [, user, system] = /CPU (\S+) (\S+)\s*$/.exec(text) ?? [];
    if (code !== 0 || user === undefined)
      throw new Error(`${tool.name} failed: ${text.trim().split('\n').slice(-6).join('\n')}`);
    return { cpuSeconds: Number(user) + Number(system), ...(await server.takeCounts()) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compareAll(): Promise<void> {
  await using server = await forkNullServer({ tokens, firstTokenMs: 0, tokenMs: 0 });
  const rates = new Map<string, number[]>();
  const broken = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    for (const tool of round % 2 === 0 ? tools : tools.toReversed()) {
      if (broken.has(tool.name)) continue;
      try {
        const few = await runTool(tool, server, Math.ceil(requests / 10));
        const many = await runTool(tool, server, requests);
        const perSecond = (1000 * (many.generations - 2)) / many.durationMs;
        const cpuUs = (1e6 * (many.cpuSeconds - few.cpuSeconds)) / (many.generations - few.generations);
        rates.set(tool.name, [...(rates.get(tool.name) ?? []), perSecond]);
        console.log(
          `round ${round + 1}: ${tool.name} ${perSecond.toFixed(0)} requests/s, ${cpuUs.toFixed(0)} µs of CPU each (${many.generations} requests)`,
        );
      } catch (error) {
        broken.add(tool.name);
        console.log(error instanceof Error ? error.message : String(error));
      }
    }
  }
  const median = (name: string): number =>
    (rates.get(name) ?? []).toSorted((left, right) => left - right)[
      Math.floor(((rates.get(name)?.length ?? 1) - 1) / 2)
    ] ?? Number.NaN;
  for (const { name } of tools.slice(1)) {
    const target = name === 'guidellm' ? ', target 5' : '';
    console.log(
      `perbench asks ${(median('perbench') / median(name)).toFixed(1)} times as many requests per second as ${name}${target}`,
    );
  }
}

await (values.self === undefined ? compareAll() : askAll(values.self));
