import type { GenerateRequest, LoadedModel } from '../core/engine.ts';
import { EngineError } from '../core/errors.ts';
import type { HostFacts } from '../core/manifest.ts';
import { type Calibration, calibrationVersion } from './calibration.ts';
import { forkNullServer } from './null-server/fork-null-server.ts';
import { openNullModel } from './null-server/open-null-model.ts';

export interface CalibrateOptions {
  /** Of each of the two measurements. */
  readonly durationMs: number;
  readonly concurrency: number;
  /** Processes that ask. */
  readonly clientProcesses: number;
  readonly host: Pick<HostFacts, 'hostname' | 'cpuModel' | 'cores'>;
  readonly signal: AbortSignal;
}

/** About as long as a question of a data set. */
export const calibrationPrompt =
  'A ferry carries cars over the river every half hour, and on Sundays it stops for lunch before noon. '.repeat(5);
const wholeTokens = 16;
const streamedTokens = 64;

/** Asks for so long; what is in flight at the end is finished and counts. */
async function measure(model: LoadedModel, isStreamed: boolean, { durationMs, concurrency, signal }: CalibrateOptions) {
  const clients = model.clients?.watch();
  const before = process.cpuUsage();
  const startMs = performance.now();
  async function* requests(): AsyncGenerator<GenerateRequest> {
    for (let count = 0; performance.now() - startMs < durationMs; count += 1) {
      const prompt = { style: 'plain', text: `${count} ${calibrationPrompt}` } as const;
      yield { id: String(count), prompt, maxTokens: isStreamed ? streamedTokens : wholeTokens, stop: [] };
    }
  }
  let done = 0;
  for await (const result of model.generate(requests(), { concurrency, reuse: 'none', isStreamed, signal })) {
    if (result.status === 'failed') throw new EngineError(`the null server failed: ${result.message}`);
    done += isStreamed ? result.outputTokens : 1;
  }
  signal.throwIfAborted();
  const perSecond = (1000 * done) / (performance.now() - startMs);
  const asked = (await clients?.stop()) ?? [];
  const { user, system } = process.cpuUsage(before);
  const cpuMs = asked.reduce((sum, each) => sum + each.cpuMs, (user + system) / 1000);
  return { perSecond, cpuMsEach: cpuMs / done };
}

/** Measures the client's ceiling. Takes a little over twice `durationMs`, with the CPU at its limit. */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const { durationMs, concurrency, clientProcesses, host, signal } = options;
  await using server = await forkNullServer({ tokens: streamedTokens, firstTokenMs: 0, tokenMs: 0 });
  await using model = await openNullModel(server.baseUrl, signal, clientProcesses);
  await measure(model, false, { ...options, durationMs: durationMs / 5 });
  const requests = await measure(model, false, options);
  const streamed = await measure(model, true, options);
  const { hostname, cpuModel, cores } = host;
  return {
    version: calibrationVersion,
    measuredAtMs: Date.now(),
    concurrency,
    clientProcesses,
    requests,
    streamedTokens: streamed,
    host: { hostname, cpuModel, cores, nodeVersion: process.version },
  };
}
