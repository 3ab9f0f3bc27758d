import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Environment variable that every process of a server inherits, however it was started. */
export const serverMark = 'PERBENCH_SERVER';

function carries(proc: string, pid: string, wanted: string): boolean {
  try {
    return readFileSync(join(proc, pid, 'environ'), 'latin1')
      .split('\0')
      .includes(wanted);
  } catch (error) {
    // Gone, or another user's.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** Processes that were started by a server, also those that left its group and lost their parents. */
export function markedProcesses(mark: string, proc = '/proc'): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync(proc);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
  const wanted = `${serverMark}=${mark}`;
  return names.filter((name) => /^\d+$/.test(name) && carries(proc, name, wanted)).map(Number);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** Sends a signal to a server's process group and to everything else that it started. */
export function signalServer(groupId: number, mark: string, name: NodeJS.Signals): void {
  signal(-groupId, name);
  for (const pid of markedProcesses(mark)) signal(pid, name);
}
