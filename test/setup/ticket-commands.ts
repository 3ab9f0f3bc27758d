import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { type EndedInProcess, runInProcess } from './run-in-process.ts';
import { brief, saying, ticketFolder } from './ticket-folder.ts';

let folder = '';

/** Makes a folder with tickets and a suite, for all tests of a file or for each of them, and removes it afterwards. */
export function useTicketFolder(lifetime: 'file' | 'test'): void {
  const [before, after] = lifetime === 'file' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  before(async () => {
    folder = await ticketFolder();
    await write('suite.json', JSON.stringify({ models: [saying('guess', 'billing')], ...brief }));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });
}

export function inFolder(name: string): string {
  return join(folder, name);
}

export async function write(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(inFolder(name)), { recursive: true });
  await writeFile(inFolder(name), content);
}

export function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment: { COLUMNS: '200' } });
}

/** The error of a run with these tasks and flags. */
export async function errorOf(...argv: readonly string[]): Promise<string> {
  const { code, stderr } = await perbench('run', 'suite.json', ...argv);
  expect(code).toBe(exitCodes.usage);
  return stderr.slice(stderr.indexOf('error: '));
}
