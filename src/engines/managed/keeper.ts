/**
 * Outlives perbench, if need be, to end the server that perbench started: when perbench dies of whatever (`kill -9` too),
 * the pipe that both hold breaks, and the server and all its children are ended.
 *
 * Arguments: the server's process group, its mark, and the time in milliseconds that it may take to end by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { markedProcesses, signalServer } from './marked-processes.ts';

const [group = '', mark = '', graceMs = ''] = keeperArguments();
const pollMs = 100;

function keeperArguments(): readonly string[] {
  // eslint-disable-next-line no-restricted-properties -- this file is a process of its own
  return process.argv.slice(2);
}

async function endServer(): Promise<void> {
  signalServer(Number(group), mark, 'SIGTERM');
  const endMs = performance.now() + Number(graceMs);
  while (performance.now() < endMs && markedProcesses(mark).length > 0) await sleep(pollMs);
  signalServer(Number(group), mark, 'SIGKILL');
}

process.stdin.resume();
process.stdin.once('end', () => void endServer());
process.stdin.once('error', () => void endServer());
