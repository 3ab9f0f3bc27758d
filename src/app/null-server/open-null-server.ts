import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { LoadedModel } from '../../core/engine.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { openEngine } from '../../engines/index.ts';
import type { NullAnswers, NullServer, NullServerCounts } from './null-server.ts';

/** Starts the null server in a process of its own. */
export async function forkNullServer(answers: NullAnswers): Promise<NullServer & { readonly processId: number }> {
  const entry = join(import.meta.dirname, `worker${extname(import.meta.filename)}`);
  const child = fork(entry, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const closed = once(child, 'close');
  child.send(answers);
  const [message] = (await Promise.race([once(child, 'message'), closed])) as [
    { readonly baseUrl: string } | number | null,
  ];
  if (typeof message !== 'object' || message === null || child.pid === undefined) {
    throw new EnvironmentError('the null server could not be started', {
      hint: 'Check that loopback ports can be opened on this machine.',
    });
  }
  return {
    baseUrl: message.baseUrl,
    processId: child.pid,
    async takeCounts() {
      const answered = once(child, 'message') as Promise<[{ readonly counts: NullServerCounts }]>;
      child.send('counts');
      const [{ counts }] = await answered;
      return counts;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** The null server's model through the openai engine, as runs ask it; nothing is probed that has no answer there. */
export async function openNullModel(baseUrl: string, signal: AbortSignal, clientProcesses = 1): Promise<LoadedModel> {
  const engine = await openEngine('openai');
  const spec = {
    name: 'null',
    engine: 'openai',
    source: baseUrl,
    file: undefined,
    sha256: undefined,
    promptStyle: 'base',
    engineOptions: { loglikelihood: 'none' },
  } as const;
  return engine.open(spec, { clientProcesses }, signal);
}
