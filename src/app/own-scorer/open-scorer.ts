import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { UsageError } from '../../core/errors.ts';
import { type OwnScorer, ScorerFault } from '../../tasks/own/own-task.ts';
import { type ScorerCall, type ScorerReply, type ScorerStart, scorerStates } from './scorer-messages.ts';

export interface ScorerLimits {
  /** Milliseconds that loading or one call may take. */
  readonly callMs: number;
  /** Milliseconds without a call after which the thread is closed; the next call starts another. */
  readonly idleMs: number;
}

const usualLimits: ScorerLimits = { callMs: 10_000, idleMs: 30_000 };
/** A scorer that took too long so often in a row is asked nothing more: a run must not wait for it at each item. */
const mostTimeouts = 2;

interface ScorerThread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly state: ScorerStart['state'];
}

function startThread(url: string): ScorerThread {
  const entry = join(import.meta.dirname, `worker${extname(import.meta.filename)}`);
  const { port1: port, port2 } = new MessageChannel();
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const start: ScorerStart = { url, state, port: port2 };
  const worker = new Worker(entry, { workerData: start, transferList: [port2] });
  // Its state says that it ended; without a listener the error would end the process.
  worker.on('error', () => undefined);
  return { worker, port, state };
}

function stateOf({ state }: ScorerThread): number {
  return Atomics.load(state, 0);
}

function takeReply({ port }: ScorerThread, late: string): ScorerReply {
  return (receiveMessageOnPort(port)?.message as ScorerReply | undefined) ?? { fault: late };
}

/**
 * Loads a scorer of the user's own into a thread of its own, so that one that exits, never ends or fails outside of its call
 * fails one item and not the run. Its calls are synchronous: the thread is waited for. It keeps no process alive, and is
 * closed once nobody has called it for a while.
 *
 * @param path of a module with a function as its default export; absolute
 * @returns the scorer; throws {ScorerFault} if it gives nothing, and what the module's own throws with its message
 * @throws {UsageError} if the module can't be loaded in time, or has no scorer
 */
export async function openScorer(path: string, { callMs, idleMs } = usualLimits): Promise<OwnScorer> {
  const url = pathToFileURL(path).href;
  const late = `took more than ${callMs / 1000} s, or all of its memory,`;
  let thread: ScorerThread | undefined = startThread(url);
  let timeouts = 0;

  function close(): void {
    thread?.port.close();
    void thread?.worker.terminate();
    thread = undefined;
  }

  /** What the thread says to what it was told last. */
  function wait(asked: ScorerThread, isCall: boolean): ScorerReply {
    const isLate = Atomics.wait(asked.state, 0, scorerStates.working, callMs) === 'timed-out';
    const reply = takeReply(asked, late);
    if (isLate || stateOf(asked) === scorerStates.ended) close();
    if (isLate) timeouts += 1;
    else if (isCall) timeouts = 0;
    return reply;
  }

  function opened(): ScorerThread {
    if (thread !== undefined && stateOf(thread) !== scorerStates.ended) return thread;
    close();
    const fresh = startThread(url);
    fresh.worker.unref();
    thread = fresh;
    const loaded = wait(fresh, false);
    if ('fault' in loaded) close();
    resultOf(loaded);
    return fresh;
  }

  const first = thread;
  await Atomics.waitAsync(first.state, 0, scorerStates.working, callMs).value;
  const isLate = stateOf(first) === scorerStates.working;
  const reply = takeReply(first, `was not loaded within ${callMs / 1000} s`);
  if (isLate || 'fault' in reply) {
    close();
    const { fault, hint } = 'fault' in reply ? reply : { fault: late };
    throw new UsageError(`${path} ${fault}`, { hint });
  }
  first.worker.unref();
  const idle = setTimeout(close, idleMs).unref();

  return (output, values) => {
    if (timeouts >= mostTimeouts) throw new ScorerFault(`is asked no more: ${timeouts} times in a row it ${late}`);
    idle.refresh();
    const asked = opened();
    // One that ends at this moment stays ended.
    Atomics.compareExchange(asked.state, 0, scorerStates.idle, scorerStates.working);
    const call: ScorerCall = { output, values };
    asked.port.postMessage(call);
    return resultOf(wait(asked, true)) as ReturnType<OwnScorer>;
  };
}

function resultOf(reply: ScorerReply): unknown {
  if ('fault' in reply) throw new ScorerFault(reply.fault);
  if ('threw' in reply) throw new Error(reply.threw);
  return reply.result;
}
