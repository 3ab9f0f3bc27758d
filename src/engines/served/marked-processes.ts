import { ifTold } from '../../meters/proc-file.ts';
import type { System } from '../../meters/systems/system.ts';
import { thisSystem } from '../../meters/systems/this-system.ts';

/** Environment variable that every process of a server inherits, however it was started. */
export const serverMark = 'PERBENCH_SERVER';

/**
 * Processes that were started by a server, also those that left its group and lost their parents. None on Windows, which
 * shows no environment of others.
 */
export function markedProcesses(mark: string, system: System = thisSystem): readonly number[] {
  return system.havingInherited(serverMark, mark);
}

/** Sends a signal to a server's process group and to everything else that it started. */
export function signalServer(groupId: number, mark: string, name: NodeJS.Signals, system: System = thisSystem): void {
  system.signalTree(groupId, name);
  // Any of them may have ended meanwhile.
  for (const pid of markedProcesses(mark, system)) ifTold(() => process.kill(pid, name));
}
