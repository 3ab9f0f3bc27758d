import type { Sample } from '../core/sample.ts';
import type { Claim, Store } from '../core/store.ts';
import type { ItemGate } from '../scoring/race/score-gate.ts';

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

/** A writer that shows a gate every score in the drawn order, and says when the gate has decided. */
export interface GatedWriter {
  readonly writer: SampleWriter;
  /** Aborts with the decision: nothing more has to be asked. */
  readonly decided: AbortSignal;
}

/**
 * @param gate that has seen the first `gate.count` positions of `order`
 * @param known scores by position that are stored already, also behind a missing one
 */
export function createGatedWriter(
  writer: SampleWriter,
  gate: ItemGate,
  order: readonly number[],
  known: ReadonlyMap<number, number> = new Map(),
): GatedWriter {
  const waiting = new Map(known);
  const decided = new AbortController();

  function show(): void {
    while (gate.state === 'open') {
      const position = order[gate.count];
      const score = position === undefined ? undefined : waiting.get(position);
      if (score === undefined) return;
      gate.observe(score);
    }
    decided.abort();
  }

  show();
  return {
    decided: decided.signal,
    writer: {
      ...writer,
      async add(sample) {
        await writer.add(sample);
        waiting.set(sample.position, sample.score);
        show();
      },
    },
  };
}
