/**
 * Outlives perbench, if need be, to end the server that perbench started: when perbench dies of whatever (`kill -9` too),
 * the pipe that both hold breaks, and the server and all its children are ended.
 *
 * Its input is one line of JSON, a `KeeperOrder`; the end of the input is the end of perbench.
 */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { markedProcesses, signalServer } from './marked-processes.ts';

/** What a keeper must know of its server. */
export interface KeeperOrder {
  readonly groupId: number;
  readonly mark: string;
  /** Time that the server may take to end by itself. */
  readonly graceMs: number;
}

const pollMs = 100;

// Waits here for as long as perbench lives. Our own program wrote it.
const { groupId, mark, graceMs } = JSON.parse(await text(process.stdin)) as KeeperOrder;
signalServer(groupId, mark, 'SIGTERM');
const endMs = performance.now() + graceMs;
while (performance.now() < endMs && markedProcesses(mark).length > 0) await sleep(pollMs);
signalServer(groupId, mark, 'SIGKILL');
