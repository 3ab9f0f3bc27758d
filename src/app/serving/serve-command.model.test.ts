import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { findLlamaServer } from '../../../test/setup/llama-server.ts';
import { smallModel } from '../../../test/setup/small-models.ts';
import type { Sample } from '../../core/sample.ts';
import { openSqliteStore } from '../../store/sqlite-store.ts';
import { run } from '../run.ts';
import { serveCommand } from './serve-command.ts';

const tool = await findLlamaServer();

/** A folder with llama.cpp's own server as the program `llama-server`. */
async function programFolder(packages: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perbench-served-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const script = join(import.meta.dirname, '../../../test/setup/llama-server-program.py');
  const program = join(folder, 'llama-server');
  await writeFile(program, `#!/bin/sh\nPYTHONPATH='${packages}' exec python3 '${script}' "$@"\n`);
  await chmod(program, 0o755);
  return folder;
}

/** Starts a printed command in a shell, on a free port; returns where it listens. */
async function start(command: string, folder: string): Promise<string> {
  // Of several ports the last one wins.
  const child = spawn('sh', ['-c', `exec ${command} --port 0`], {
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const [address] = (await Promise.race([line, closed])) as [unknown];
  if (typeof address !== 'string') throw new Error('the printed command ended before it listened');
  return address;
}

/** Asks as a client would that knows nothing but the address, the prompt and how long an answer may be. */
async function ask(address: string, { prompt, outputTokens }: Sample): Promise<string | undefined> {
  const messages: unknown = JSON.parse(prompt);
  const response = await fetch(`${address}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages, max_tokens: outputTokens }),
  });
  const { choices } = (await response.json()) as {
    readonly choices?: readonly { readonly message: { readonly content: string } }[];
  };
  return choices?.[0]?.message.content;
}

it('prints a llama-server command that starts and answers as measured', { timeout: 180_000 }, async ({ skip }) => {
  if ('missing' in tool) skip(tool.missing);
  const source = await smallModel('smollm2-135m-instruct');
  // Those that the server was built with: others round in their own way.
  const kernels = process.platform === 'linux' && process.arch === 'x64' ? { kernels: 'haswell' } : {};
  const engineOptions = { device: 'cpu', flashAttention: 'on', kvCache: 'q8_0', ...kernels };
  const models = [{ name: 'smol', source, style: 'instruct', engineOptions }] as const;
  await using store = await openSqliteStore({ file: ':memory:' });
  const suite = {
    models,
    tasks: ['imdb/mini'],
    limit: 3,
    threads: 1,
    concurrency: 2,
    protocol: 'paper',
    waitQuiet: 0,
  } as const;
  for await (const _ of run({ ...suite, models: [...models], tasks: [...suite.tasks] }, { store })) continue;
  const record = await store.latestRun();
  if (record === undefined) throw new Error('nothing was run');
  const { command } = await serveCommand(store, record, 'smol');
  expect(command).toContain(`--model ${source}`);
  expect(command).toContain('--cache-type-k q8_0 \\\n  --cache-type-v q8_0 \\\n  --flash-attn on');
  expect(command).toContain('--parallel 2 ');

  const address = await start(command, await programFolder('folder' in tool ? tool.folder : ''));
  const [cell] = await store.cells(record.id);
  const samples = await Array.fromAsync(store.samples(cell?.id ?? ''));
  expect(samples).toHaveLength(3);
  const answers = [];
  for (const sample of samples) answers.push(await ask(address, sample));
  expect(answers.map((text) => text?.trim())).toEqual(samples.map(({ output }) => output.trim()));
});
