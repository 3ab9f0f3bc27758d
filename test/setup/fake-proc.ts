import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemFolders } from '../../src/meters/proc-file.ts';
import { linuxSystem } from '../../src/meters/systems/linux.ts';
import type { System } from '../../src/meters/systems/system.ts';

export interface FakeProc {
  /** Linux, by this `/proc`. */
  readonly system: System;
  readonly write: (path: string, text: string) => void;
}

/** A `/proc` of a test's own, gone when it ends. */
export function fakeProc(): FakeProc {
  const proc = mkdtempSync(join(tmpdir(), 'perbench-proc-'));
  onTestFinished(() => rmSync(proc, { recursive: true }));
  return {
    system: linuxSystem({ ...systemFolders, proc }),
    write(path, text) {
      mkdirSync(dirname(join(proc, path)), { recursive: true });
      writeFileSync(join(proc, path), text);
    },
  };
}

/** A process's `stat`: ticks of itself in user and system mode, and those of children that it has waited for. */
export function processStat(
  pid: number,
  parentPid: number,
  ticks: readonly [number, number, number, number],
  name = 'odd ) name (x',
): string {
  return `${pid} (${name}) S ${parentPid} 1 1 0 -1 0 0 0 0 0 ${ticks.join(' ')} 20 0 1 0 100 0 0`;
}
