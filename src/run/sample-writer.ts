import type { Sample } from '../core/sample.ts';
import type { Claim, Store } from '../core/store.ts';

const batchSize = 64;
const longestWaitMs = 1_000;

/** Collects samples and writes them in batches: what is older than a second is on disk. */
export interface SampleWriter extends AsyncDisposable {
  add(sample: Sample): Promise<void>;
  flush(): Promise<void>;
}

export function createSampleWriter(store: Store, claim: Claim, leaseMs: number): SampleWriter {
  let batch: Sample[] = [];
  let firstAtMs = 0;

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    await store.appendSamples(claim, full, leaseMs);
  }

  return {
    async add(sample) {
      if (batch.length === 0) firstAtMs = performance.now();
      batch.push(sample);
      if (batch.length >= batchSize || performance.now() - firstAtMs >= longestWaitMs) await flush();
    },
    flush,
    [Symbol.asyncDispose]: flush,
  };
}
