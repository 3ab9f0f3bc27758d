import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { generateAll } from '../../../test/conformance/engine-requests.ts';
import { placeFakeSmi } from '../../../test/setup/fake-smi.ts';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import type { EngineOptions, GenerateRequest, LoadedModel, ModelSpec } from '../../core/engine.ts';
import { PerbenchError } from '../../core/errors.ts';
import { createManagedEngine, type ManagedEngineOptions } from './managed-engine.ts';

const script = join(import.meta.dirname, '../../../test/fixtures/fake-server.mjs');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perbench-managed-'));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

function spec(words: readonly string[] = [], server: Readonly<Record<string, unknown>> = {}): ModelSpec {
  return modelSpec({
    name: 'fake',
    engine: 'managed',
    source: 'fake',
    engineOptions: {
      loglikelihood: 'none',
      contextTokens: 2048,
      retrySeconds: 0,
      server: {
        command: [process.execPath, script, '--port', '{port}', '--name', '{model}', ...words],
        startSeconds: 60,
        stopSeconds: 2,
        ...server,
      },
    },
  });
}

const noTools = { nvidiaProgram: '/nowhere/smi', amdProgram: '/nowhere/smi' };

async function open(model: ModelSpec, options: EngineOptions = {}, engine: Partial<ManagedEngineOptions> = {}) {
  const { PATH = '' } = process.env;
  const managed = createManagedEngine({ environment: { PATH }, tools: noTools, ...engine });
  const loaded = await managed.open(model, { logFolder: folder, ...options }, new AbortController().signal);
  onTestFinished(async () => loaded[Symbol.asyncDispose]());
  return loaded;
}

async function failureOf(
  model: ModelSpec,
  options: EngineOptions = {},
  engine: Partial<ManagedEngineOptions> = {},
): Promise<PerbenchError> {
  const error: unknown = await open(model, options, engine).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PerbenchError)) throw new Error(`expected an error for the user, got ${String(error)}`);
  return error;
}

async function ask(model: LoadedModel, count: number): Promise<readonly string[]> {
  async function* requests(): AsyncGenerator<GenerateRequest> {
    for (let id = 0; id < count; id += 1) {
      yield { id: String(id), prompt: { style: 'plain', text: 'Is it?' }, maxTokens: 4, stop: [] };
    }
  }
  const { signal } = new AbortController();
  const texts: string[] = [];
  for await (const answer of model.generate(requests(), { concurrency: 2, reuse: 'none', signal })) {
    texts.push(answer.status === 'done' ? answer.text : answer.message);
  }
  return texts;
}

function isAlive(pid: number): boolean {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  // One that has ended but whose parent doesn't wait for it still has an entry.
  return stat !== '' && !/\) [ZX] /.test(stat);
}

describe('a managed server', () => {
  it('is started, answers, tells of itself, and is stopped', async () => {
    const lines: string[] = [];
    const model = await open(spec(), { onStatus: (line) => lines.push(line) });
    expect(model.info).toMatchObject({ engineBuild: 'vllm 0.19.0-fake', contextTokens: 2048 });
    expect(model.info.serverCommand).toContain('fake-server.mjs --port ');
    expect(model.info.processIds.every(isAlive)).toBe(true);
    const watch = await model.watch?.();
    expect(await ask(model, 4)).toEqual([' yes', ' yes', ' yes', ' yes']);
    const window = await watch?.stop();
    expect(window).toMatchObject({ runningMax: 3, kvUsageMax: 0.25, failedScrapes: 0 });
    expect(window?.scrapes).toBeGreaterThanOrEqual(2);
    expect(window?.outputTokens).toBeGreaterThan(0);
    expect(window?.times?.queue).toMatchObject({ count: 4, sumMs: expect.closeTo(40) });
    await model[Symbol.asyncDispose]();
    expect(model.info.processIds.filter(isAlive)).toEqual([]);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^fake-\d{14}\.log$/)]);
  });

  it('says what turns its metrics on, where it tells none', async () => {
    const model = await open(spec(['--no-metrics']));
    const window = await (await model.watch?.())?.stop();
    expect(window).toMatchObject({ scrapes: 2, times: undefined, gap: 'the server told no metrics' });
  });

  it('counts weights and the part of the pool in use, never the whole pool', async () => {
    const gibibyte = 2 ** 30;
    const smi = placeFakeSmi({});
    const model = await open(spec(), {}, { tools: { nvidiaProgram: smi.program, amdProgram: '/nowhere/smi' } });
    const [pid = 0] = model.info.processIds;
    smi.change({ processes: [['GPU-a', pid, `${11.25 * 1024} MiB`, 'engine']], once: true });
    await model.resetMemoryPeak();
    const watch = await model.watch?.();
    await ask(model, 2);
    await watch?.stop();
    expect(await model.memory()).toEqual({
      nowBytes: 5.25 * gibibyte,
      peakBytes: 5.25 * gibibyte,
      isPeakReset: true,
      reservedBytes: 8 * gibibyte,
      split: { weightsBytes: 2.5 * gibibyte, kvBytes: 2 * gibibyte, computeBytes: 0, overheadBytes: 0.75 * gibibyte },
    });
  });

  it('says what it does not know of its memory', async () => {
    const model = await open(spec());
    expect((await model.memory()).doubt).toMatch(/other than weights and cache is unknown; .*all of it is counted/);
  });

  it('knows its GPUs by its command line, or by its options', async () => {
    const model = await open(spec(['-tp', '2', '-pp', '2']));
    expect(model.info.deviceCount).toBe(4);
    const { engineOptions, ...rest } = spec(['-tp', '2']);
    const told = await open({ ...rest, engineOptions: { ...engineOptions, devices: 1 } });
    expect(told.info.deviceCount).toBeUndefined();
  });

  it('is asked with the key that it was told to ask for, and nothing shows the key', async () => {
    const told = await open(spec(['--api-key', 'sk-word']));
    expect(told.info.serverCommand).toMatch(/--api-key \[removed\]$/);
    const watch = await told.watch?.();
    expect(await ask(told, 1)).toEqual([' yes']);
    expect(await watch?.stop()).toMatchObject({ failedScrapes: 0 });
    const inherited = await open(spec(), {}, { environment: { VLLM_API_KEY: 'sk-env', OPENAI_API_KEY: 'sk-other' } });
    expect(await ask(inherited, 1)).toEqual([' yes']);
    const { engineOptions, ...rest } = spec([], { environment: { VLLM_API_KEY: 'sk-own' } });
    const named = await open(
      { ...rest, engineOptions: { ...engineOptions, apiKeyVariable: 'MINE' } },
      {},
      { environment: { MINE: ' sk-own ' } },
    );
    expect(await ask(named, 1)).toEqual([' yes']);
    const failure = await failureOf(spec(['--api-key', 'sk-word', '--fault', 'exit']));
    expect(failure.message).toContain("{'api_key': ['[key]']}");
  });

  it('is in doubt of its memory where a GPU is near and nothing tells where the model is', async () => {
    const smi = placeFakeSmi({ gpus: ['NVIDIA A10'], processes: [], once: true });
    const onGpuHost = await open(spec(['--quiet']), {}, { tools: { ...noTools, nvidiaProgram: smi.program } });
    expect((await onGpuHost.memory()).doubt).toMatch(/^this machine has a GPU/);
    const onHost = await open(spec(['--quiet']));
    expect((await onHost.memory()).doubt).toBeUndefined();
  });

  it('is stopped with everything that it started, whatever left its group', async () => {
    const children = join(folder, 'children.json');
    const model = await open(spec(['--children', children]));
    const pids = JSON.parse(readFileSync(children, 'utf8')) as number[];
    expect(pids).toHaveLength(3);
    expect(pids.every(isAlive)).toBe(true);
    await model[Symbol.asyncDispose]();
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('is killed when it does not end by itself', async () => {
    const model = await open(spec(['--fault', 'slow-stop'], { stopSeconds: 0.3 }));
    await model[Symbol.asyncDispose]();
    expect(model.info.processIds.filter(isAlive)).toEqual([]);
  });

  it('ends with perbench, also when that is killed', async () => {
    const children = join(folder, 'children.json');
    const code = `
      const { createManagedEngine } = await import(${JSON.stringify(join(import.meta.dirname, 'managed-engine.ts'))});
      const model = await createManagedEngine({ environment: { PATH: process.env.PATH } }).open(
        ${JSON.stringify(spec(['--children', children]))}, { logFolder: ${JSON.stringify(folder)} }, new AbortController().signal);
      console.log('open');
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    await once(parent.stdout, 'data');
    const pids = JSON.parse(readFileSync(children, 'utf8')) as number[];
    expect(pids.every(isAlive)).toBe(true);
    parent.kill('SIGKILL');
    // As long as a test may take.
    while (pids.some(isAlive)) await sleep(50);
  });
});

describe('a server that fails', () => {
  it('shows the end of its log when it ends before it is ready', async () => {
    const error = await failureOf(spec(['--fault', 'exit']));
    expect(error.code).toBe('PB_SERVER');
    expect(error.message).toMatch(/the server of fake exited with code 3 before it was ready; log .*fake-\d+\.log/);
    expect(error.message).toContain('  | ValueError: unknown architecture "nonsense"');
  });

  it('says when memory was the reason', async () => {
    expect((await failureOf(spec(['--fault', 'oom']))).hint).toMatch(/^It ran out of memory: use more GPUs/);
  });

  it('tries other ports when its own was lost, then says so', async () => {
    const error = await failureOf(spec(['--fault', 'port']));
    expect(error.message).toContain('no free port');
    expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8').match(/Errno 98/g)?.length).toBeGreaterThan(
      0,
    );
  });

  it('may never be ready', async () => {
    let laterMs = 0;
    const onStatus = (line: string): void => {
      if (line === 'INFO waiting for the moon') laterMs = 60_000;
    };
    const engine = { now: () => performance.now() + laterMs };
    const error = await failureOf(spec(['--fault', 'hang']), { onStatus }, engine);
    expect(error.message).toMatch(/was not ready within 60 s[^]*waiting for the moon/);
  });

  it('may not be there', async () => {
    const error = await failureOf(spec([], { command: ['/nowhere/server', '{port}'] }));
    expect(`${error.code} ${error.message}`).toBe(
      'PB_ENVIRONMENT the server\'s program "/nowhere/server" isn\'t installed',
    );
  });

  it('may serve another model', async () => {
    const error = await failureOf(
      spec([], { command: [process.execPath, script, '--port', '{port}', '--name', 'other'] }),
    );
    expect(error.message).toContain('serves no model "fake"; it serves: other');
  });

  it('may find its port taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const error = await failureOf(spec([], { port }));
    expect(`${error.code} ${error.message}`).toBe(`PB_ENVIRONMENT fake: port ${port} is taken`);
  });

  it('is stopped when the run is', async () => {
    const controller = new AbortController();
    const children = join(folder, 'children.json');
    let pids: readonly number[] = [];
    const onStatus = (line: string): void => {
      if (line !== 'INFO waiting for the moon') return;
      pids = JSON.parse(readFileSync(children, 'utf8')) as number[];
      expect(pids.every(isAlive)).toBe(true);
      controller.abort();
    };
    const opening = createManagedEngine({ environment: {} }).open(
      spec(['--children', children, '--fault', 'hang']),
      { logFolder: folder, onStatus },
      controller.signal,
    );
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('refuses settings that it does not know, by name', async () => {
    const error = await failureOf(spec([], { tensorParalel: 2 }));
    expect(error.message).toBe('fake: server: unknown key "tensorParalel" (did you mean "tensorParallel"?)');
    const both = await failureOf(spec([], { preset: 'vllm' }));
    expect(both.message).toBe('fake: server: server needs either preset or command');
  });

  it('may die in the middle of a pass', async () => {
    const model = await open(spec(['--fault', 'dies']));
    await expect(ask(model, 20)).rejects.toThrow(/exited with code 1 in the middle of a pass[^]*illegal memory access/);
    await expect(model.memory()).rejects.toThrow(/illegal memory access/);
  });
});

it('keeps its client processes when a scheduler sends SIGTERM to every process of a job', async () => {
  const model = await open(spec([]), { clientProcesses: 2 });
  for (const pid of model.clients?.processIds ?? []) process.kill(pid, 'SIGTERM');
  expect(await ask(model, 20)).toHaveLength(20);
});

it('closes the thoughts of a server that it started at their budget, whoever sends the requests', async () => {
  const given = { ...spec(['--thinks', 'think']), promptStyle: 'instruct', thinking: { budget: 5 } } as const;
  for (const clientProcesses of [1, 2]) {
    const model = await open(given, { clientProcesses });
    expect(model.info.thinking).toMatchObject({ mode: 'on', budget: 5 });
    expect(model.clients?.processIds.length ?? 1).toBe(clientProcesses);
    const prompt = { style: 'chat', messages: [{ role: 'user', content: 'Which?' }] } as const;
    const request: GenerateRequest = { id: 'a', prompt, maxTokens: 4, stop: [] };
    const results = await generateAll(model, [request, { ...request, id: 'b' }], { concurrency: 2 });
    expect([...results.values()].map(({ text, thinkingTokens }) => [text, thinkingTokens])).toEqual([
      ['yes', 5],
      ['yes', 5],
    ]);
  }
});
