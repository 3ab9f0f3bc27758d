import { ifTold } from '../proc-file.ts';

/** Sends a signal to a process group, where there are such; it may have ended meanwhile. */
export function signalGroup(pid: number, name: NodeJS.Signals): void {
  ifTold(() => process.kill(-pid, name));
}
