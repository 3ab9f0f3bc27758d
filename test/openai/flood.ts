import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { GenerateRequest } from '../../src/core/engine.ts';
import { openNullModel } from '../../src/app/null-server/open-null-server.ts';

export interface FloodResult {
  readonly done: number;
  readonly failed: readonly string[];
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly requestsPerSecond: number;
  /** Between the first quarter's end and the end, after garbage collection. */
  readonly heapGrowthBytes: number;
  /** Resident size at each tenth of the way. */
  readonly residentBytes: readonly number[];
}

/** Node keeps the collector to itself unless it is asked for by flag. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

export interface FloodPlan {
  readonly concurrency: number;
  /** How far it has come, 0 to 1, where it ends: by answers, or by time. */
  readonly progress: (done: number, elapsedMs: number) => number;
}

/** Asks a server as many requests at once, and keeps account of each. */
export async function flood(baseUrl: string, { concurrency, progress }: FloodPlan): Promise<FloodResult> {
  const signal = new AbortController().signal;
  await using model = await openNullModel(baseUrl, signal);
  const open = new Set<string>();
  const startMs = performance.now();
  let [done, heapBytes] = [0, 0];
  const progressNow = (): number => progress(done, performance.now() - startMs);
  async function* requests(): AsyncGenerator<GenerateRequest> {
    for (let count = 0; progressNow() < 1; count += 1) {
      const id = String(count);
      open.add(id);
      yield { id, prompt: { style: 'plain', text: `Question ${id}` }, maxTokens: 8, stop: [] };
    }
  }
  const failed: string[] = [];
  const twice: string[] = [];
  const residentBytes: number[] = [];
  for await (const result of model.generate(requests(), { concurrency, reuse: 'none', signal })) {
    done += 1;
    if (!open.delete(result.id)) twice.push(result.id);
    if (result.status === 'failed') failed.push(`${result.id}: ${result.message}`);
    const share = progressNow();
    if (share >= (residentBytes.length + 1) / 10 && residentBytes.length < 9)
      residentBytes.push(process.memoryUsage.rss());
    if (heapBytes === 0 && share > 0.25) {
      collectGarbage();
      heapBytes = process.memoryUsage().heapUsed;
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  collectGarbage();
  const heapGrowthBytes = process.memoryUsage().heapUsed - heapBytes;
  return { done, failed, lost: [...open], twice, requestsPerSecond: done / seconds, heapGrowthBytes, residentBytes };
}
