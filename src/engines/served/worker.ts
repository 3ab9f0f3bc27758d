/** One of several processes that ask a server: opens a client of its own and asks what it is told. */
import { ownCpuMs, watchLoopDelay } from '../../core/clock.ts';
import { PerbenchError, ServerError } from '../../core/errors.ts';
import type { ClientProcessWindow } from '../../core/load.ts';
import type { ClientFailure, ClientOrder, ClientReport } from './client-process.ts';
import { openRequestClient, type RequestClient } from './request-client.ts';

const running = new Map<number, AbortController>();
let client: RequestClient | undefined;
let stopWatch: (() => ClientProcessWindow) | undefined;

function say(report: ClientReport): void {
  process.send?.(report);
}

function failureOf(error: unknown): ClientFailure {
  return {
    message: error instanceof Error ? error.message : String(error),
    hint: error instanceof PerbenchError ? error.hint : undefined,
    at: error instanceof ServerError ? error.at : undefined,
  };
}

async function answer(order: Extract<ClientOrder, { readonly type: 'generate' | 'score' }>): Promise<void> {
  const { number, settings, place, scheduledMs } = order;
  const abort = new AbortController();
  running.set(number, abort);
  const turn = { place, scheduledMs, signal: abort.signal };
  try {
    if (client === undefined) throw new Error('asked before it was opened');
    const result =
      order.type === 'generate'
        ? await client.generate(order.request, settings, turn)
        : await client.score(order.request, settings, turn);
    say({ type: 'result', number, result });
  } catch (error) {
    // Nobody waits for what was aborted.
    if (!abort.signal.aborted) say({ type: 'failure', number, failure: failureOf(error) });
  } finally {
    running.delete(number);
  }
}

function watch(): () => ClientProcessWindow {
  const stopDelay = watchLoopDelay();
  const before = ownCpuMs();
  return () => ({ cpuMs: ownCpuMs() - before, eventLoopDelayP99Ms: stopDelay() });
}

process.on('message', (order: ClientOrder) => {
  switch (order.type) {
    case 'open':
      client = openRequestClient(order.settings);
      say({ type: 'ready' });
      return;
    case 'generate':
    case 'score':
      void answer(order);
      return;
    case 'abort':
      running.get(order.number)?.abort();
      return;
    case 'watch':
      stopWatch = watch();
      return;
    case 'watch-stop':
      say({ type: 'window', window: stopWatch?.() ?? { cpuMs: 0, eventLoopDelayP99Ms: 0 } });
      return;
    default:
      order satisfies never;
  }
});
// Whoever started it is gone: nobody waits for its answers.
process.once('disconnect', () => process.exit());
// Ctrl-C reaches the whole group, and Slurm and Ray send SIGTERM to every process of a job; the parent decides what ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
