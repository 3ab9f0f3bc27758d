import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const writerFile = join(import.meta.dirname, '../fixtures/store-writer.ts');

export type StoreWriter = ChildProcessByStdio<null, Readable, null>;

/** A process that works on a store; test/fixtures/store-writer.ts says how. */
export function startWriter(store: string, owner: string, what: 'share' | 'models' | 'append' | 'passes'): StoreWriter {
  return spawn(process.execPath, [writerFile, store, owner, what], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Reads lines until the process ends; `onLine` may end it. */
export async function linesOf(
  writer: StoreWriter,
  onLine: (line: string) => void = () => undefined,
): Promise<readonly string[]> {
  const exited = once(writer, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface(writer.stdout)) {
    lines.push(line);
    onLine(line);
  }
  await exited;
  return lines;
}
