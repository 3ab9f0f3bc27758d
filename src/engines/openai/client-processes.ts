import type { Generation, Loglikelihood } from '../../core/engine.ts';
import type { PoolTurn } from './request-pool.ts';
import { ClientProcess, type ClientRequest } from './client-process.ts';
import type { RequestSettings } from './generate-request.ts';
import { type ClientSettings, openRequestClient, type RequestClient } from './request-client.ts';

async function closeAll(processes: readonly ClientProcess[]): Promise<void> {
  await Promise.all(processes.map((each) => each[Symbol.asyncDispose]()));
}

/**
 * Asks from several processes, each with connections and retries of its own. A place of the pool stays with its process;
 * when a request is due is decided here, so the way to the process counts as latency.
 *
 * @throws {EngineError} if one can't be started
 */
async function openClientProcesses(settings: ClientSettings, count: number): Promise<RequestClient> {
  const processes: ClientProcess[] = [];
  try {
    for (let index = 0; index < count; index += 1) {
      processes.push(new ClientProcess({ ...settings, saltPrefix: `${settings.saltPrefix}-${index}` }));
    }
    await Promise.all(processes.map(({ ready }) => ready));
  } catch (error) {
    await closeAll(processes);
    throw error;
  }
  const ask = async (request: ClientRequest, { place, signal }: PoolTurn): Promise<Generation | Loglikelihood> => {
    const process = processes[place % processes.length];
    if (process === undefined) throw new Error('no client process');
    return process.ask(request, signal);
  };
  return {
    generate: async (request, pass, turn) =>
      (await ask({ type: 'generate', request, ...orderOf(pass, turn) }, turn)) as Generation,
    score: async (request, pass, turn) =>
      (await ask({ type: 'score', request, ...orderOf(pass, turn) }, turn)) as Loglikelihood,
    processes: {
      processIds: processes.map(({ pid }) => pid),
      watch() {
        for (const each of processes) each.watch();
        return { stop: () => Promise.all(processes.map((each) => each.stopWatch())) };
      },
    },
    [Symbol.asyncDispose]: () => closeAll(processes),
  };
}

function orderOf(
  { concurrency, reuse, isStreamed }: RequestSettings,
  { place, scheduledMs }: PoolTurn,
): Pick<ClientRequest, 'settings' | 'place' | 'scheduledMs'> {
  return {
    settings: { concurrency, reuse, ...(isStreamed !== undefined && { isStreamed }) },
    place,
    scheduledMs,
  };
}

/** Asks from this process, or from so many others. */
export async function openClient(settings: ClientSettings, processes: number): Promise<RequestClient> {
  return processes > 1 ? openClientProcesses(settings, processes) : openRequestClient(settings);
}
