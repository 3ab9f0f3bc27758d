import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ifTold, readIfThere } from '../../meters/proc-file.ts';

/** Environment variable that every process of a server inherits, however it was started. */
export const serverMark = 'PERBENCH_SERVER';

/** Processes that were started by a server, also those that left its group and lost their parents. */
export function markedProcesses(mark: string, proc = '/proc'): readonly number[] {
  const wanted = `${serverMark}=${mark}`;
  const pids = (ifTold(() => readdirSync(proc)) ?? []).filter((name) => /^\d+$/.test(name));
  // Those that are gone, or another user's, tell nothing.
  return pids
    .filter((pid) =>
      readIfThere(join(proc, pid, 'environ'))
        ?.split('\0')
        .includes(wanted),
    )
    .map(Number);
}

/** Sends a signal to a server's process group and to everything else that it started. */
export function signalServer(groupId: number, mark: string, name: NodeJS.Signals): void {
  // Any of them may have ended meanwhile.
  for (const pid of [-groupId, ...markedProcesses(mark)]) ifTold(() => process.kill(pid, name));
}
