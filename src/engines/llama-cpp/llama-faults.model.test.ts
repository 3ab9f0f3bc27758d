import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeGguf } from '../../../test/setup/make-gguf.ts';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import { smallModel } from '../../../test/setup/small-models.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { collect, passOptions, plainRequest, streamOf } from '../../../test/conformance/engine-requests.ts';
import type { GenerateRequest, LoadedModel } from '../../core/engine.ts';
import { EngineError, EnvironmentError, ModelError, UsageError } from '../../core/errors.ts';
import { createLlamaEngine } from './llama-engine.ts';

const small = 'smollm2-135m-instruct';
const never = new AbortController().signal;

async function* endless(): AsyncGenerator<GenerateRequest> {
  for (let index = 0; ; index += 1) yield plainRequest(`r${index}`, 'Once upon a time', { maxTokens: 8 });
}

async function openFile(file: string): Promise<LoadedModel> {
  const model = modelSpec({ name: 'm', engine: 'llama', file, promptStyle: 'auto' });
  return createLlamaEngine().open(model, { threads: 1 }, never);
}

/** Sends a signal to the model's process once the pass is under way, and returns what the pass throws. */
async function signalDuringPass(
  model: LoadedModel,
  signal: NodeJS.Signals,
  onSignal: () => void = () => undefined,
): Promise<unknown> {
  let answers = 0;
  try {
    for await (const _ of model.generate(endless(), passOptions({ concurrency: 2 }))) {
      answers += 1;
      if (answers > 1) continue;
      process.kill(model.info.processIds[0] ?? 0, signal);
      onSignal();
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

async function hasEnded(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  // A zombie has ended too; whoever inherited it hasn't fetched its exit status yet.
  return stat === undefined || / Z /.test(stat.slice(stat.lastIndexOf(')')));
}

/** Waits as long as a test may take. */
async function untilEnded(pid: number): Promise<void> {
  while (!(await hasEnded(pid))) await sleep(50);
}

describe('an engine process that goes wrong', () => {
  it('is killed: the pass fails and says by what', async () => {
    await using model = await openSmall(small, { threads: 1 });
    const error = await signalDuringPass(model, 'SIGKILL');
    expect(error).toBeInstanceOf(EngineError);
    const { message, hint } = error as EngineError;
    // What the library wrote isn't in the line.
    expect(message).toMatch(
      /^[\w.-]+: the engine's process was killed by SIGKILL \(out of memory, or killed by hand\)$/,
    );
    expect(hint).toContain('take a smaller model');
    await expect(collect(model.generate(endless(), passOptions()))).rejects.toThrow('was killed by SIGKILL');
    await expect(model.memory()).rejects.toThrow('was killed by SIGKILL');
  });

  it('crashes: the signal is named', async () => {
    await using model = await openSmall(small, { threads: 1 });
    expect(String(await signalDuringPass(model, 'SIGSEGV'))).toContain('was killed by SIGSEGV');
  });

  it('hangs: it is killed after the limit', async () => {
    let isStopped = false;
    let stoppedMs = 0;
    // From the signal on each look finds that as much time has passed as the limit allows.
    const engine = { now: () => performance.now() + (isStopped ? (stoppedMs += 60_000) : 0) };
    await using model = await openSmall(small, { threads: 1, hangMs: 60_000, engine });
    const error = await signalDuringPass(model, 'SIGSTOP', () => {
      isStopped = true;
    });
    expect(error).toBeInstanceOf(EngineError);
    expect(String(error)).toMatch(/the engine's process hung: no progress for \d+ ms, it was killed/);
    await untilEnded(model.info.processIds[0] ?? 0);
  });

  it('may be silent while nothing is asked of it', async () => {
    let laterMs = 0;
    const looked = Promise.withResolvers<void>();
    const now = (): number => {
      if (laterMs > 0) looked.resolve();
      return performance.now() + laterMs;
    };
    await using model = await openSmall(small, { threads: 1, hangMs: 60_000, engine: { now } });
    laterMs = 3_600_000;
    // Whether the process hangs is looked at now and then, whatever it does.
    await looked.promise;
    expect(
      await collect(model.generate(streamOf([plainRequest('a', 'Snow', { maxTokens: 2 })]), passOptions())),
    ).toHaveLength(1);
    expect((await model.memory()).nowBytes).toBeGreaterThan(0);
  });

  it('ends when its parent is killed', async () => {
    const file = await smallModel(small);
    const script = [
      `import { createLlamaEngine } from ${JSON.stringify(join(import.meta.dirname, 'llama-engine.ts'))};`,
      `const model = await createLlamaEngine().open(${JSON.stringify({ name: 'm', engine: 'llama', file, promptStyle: 'auto', engineOptions: {} })}, { threads: 1 }, new AbortController().signal);`,
      'process.stdout.write(`${model.info.processIds[0]}\\n`);',
      "async function* endless() { for (let id = 0; ; id += 1) yield { id: String(id), prompt: { style: 'plain', text: 'A' }, maxTokens: 500, stop: [] }; }",
      "for await (const result of model.generate(endless(), { concurrency: 2, reuse: 'none', signal: new AbortController().signal })) void result;",
    ].join('\n');
    const parent: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout ?? parent, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(await hasEnded(pid)).toBe(false);
    parent.kill('SIGKILL');
    await untilEnded(pid);
  });
});

describe('a model that cannot be opened', () => {
  it.each([
    ['a file that is not there', undefined, 'no such file'],
    ['another kind of file', Buffer.from('PK\u0003\u0004 not a model'), 'is not a GGUF file: it is a zip archive'],
    ['an empty file', Buffer.alloc(0), 'is not a GGUF file: it is an empty file'],
    [
      'a file that ends within its header',
      makeGguf([['general.name', 'x']]).subarray(0, 30),
      'the file ends before its header does',
    ],
    [
      'an old version',
      Buffer.concat([Buffer.from('GGUF'), Buffer.from([1, 0, 0, 0]), Buffer.alloc(64)]),
      'is a GGUF file of version 1, expected 2 or 3',
    ],
    [
      'a vocabulary without weights',
      makeGguf([['general.architecture', 'perbenchnet']]),
      'is no language model: it is a vocabulary without weights',
    ],
  ])('%s', async (_, content, message) => {
    await using folder = await testFolder();
    const file = join(folder.path, 'm.gguf');
    if (content !== undefined) await writeFile(file, content);
    await expect(openFile(file)).rejects.toThrow(ModelError);
    await expect(openFile(file)).rejects.toThrow(message);
  });

  it('a folder', async () => {
    await expect(openFile(import.meta.dirname)).rejects.toThrow('is a folder, expected a GGUF file');
  });

  it('a truncated model', async () => {
    await using folder = await testFolder();
    const file = join(folder.path, 'm.gguf');
    await copyFile(await smallModel(small), file);
    await truncate(file, 40_000_000);
    await expect(openFile(file)).rejects.toThrow(ModelError);
    await expect(openFile(file)).rejects.toThrow('m.gguf is a damaged GGUF file: the file ends before its weights do');
  });

  it('a corrupt model', async () => {
    await using folder = await testFolder();
    const file = join(folder.path, 'm.gguf');
    const bytes = await readFile(await smallModel(small));
    const at = bytes.indexOf('blk.0.attn_q.weight');
    expect(at).toBeGreaterThan(0);
    bytes.fill(0xff, at + 19, at + 39);
    await writeFile(file, bytes);
    await expect(openFile(file)).rejects.toThrow(ModelError);
  });

  it('one that does not fit into memory', async () => {
    const opening = openSmall(small, { engine: { availableBytes: () => 64 * 1024 * 1024 } });
    await expect(opening).rejects.toThrow(EnvironmentError);
    await expect(openSmall(small, { engine: { availableBytes: () => 64 * 1024 * 1024 } })).rejects.toThrow(
      'smollm2-135m-instruct needs at least 190 MiB of memory, 64 MiB are available',
    );
  });

  it('one that is asked for more context than it was trained with', async () => {
    await expect(openSmall(small, { contextTokens: 9000 })).rejects.toThrow('9000 context tokens requested');
  });

  it('one with unknown engine options', async () => {
    const opening = openSmall(small, { model: { engineOptions: { device: 'tpu' } } });
    await expect(opening).rejects.toThrow(UsageError);
  });

  it('nothing, when the caller gives up', async () => {
    const abort = new AbortController();
    const file = await smallModel(small);
    const model = modelSpec({ name: 'm', engine: 'llama', file, promptStyle: 'auto' });
    // The clock is first asked when the process starts.
    const now = (): number => {
      setImmediate(() => abort.abort(new RangeError('enough')));
      return performance.now();
    };
    const opening = createLlamaEngine({ now }).open(model, {}, abort.signal);
    await expect(opening).rejects.toThrow('enough');
  });
});
