import type { LoadedModel } from '../../core/engine.ts';
import { openEngine } from '../../engines/index.ts';

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
