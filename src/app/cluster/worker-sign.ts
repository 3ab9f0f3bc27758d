import type { WorkerRecord } from '../../core/cluster.ts';
import { StoreError } from '../../core/errors.ts';
import { countText } from '../../core/amount-text.ts';
import type { Store } from '../../core/store.ts';

/** A worker's clock and the store's may differ by so much before it is said. */
const mostSkewMs = 60_000;

/** A worker's sign of life in the store, and its ear for those who want it to end. */
export class WorkerSign implements AsyncDisposable {
  readonly #store: Store;
  readonly #leaseMs: number;
  readonly #stop = new AbortController();
  #record: WorkerRecord;
  #timer: NodeJS.Timeout | undefined;
  #beating = Promise.resolve();

  private constructor(store: Store, record: WorkerRecord, leaseMs: number) {
    this.#store = store;
    this.#record = record;
    this.#leaseMs = leaseMs;
  }

  static async start(store: Store, record: WorkerRecord, leaseMs: number): Promise<WorkerSign> {
    const sign = new WorkerSign(store, record, leaseMs);
    await store.putWorker(record);
    sign.#timer = setInterval(() => {
      sign.#beating = sign.#beat();
    }, leaseMs / 3).unref();
    return sign;
  }

  get id(): string {
    return this.#record.id;
  }

  /** Aborts within a third of a lease when somebody wants the workers of the run to end. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** Tells the store what the worker does; what it did last is its reason once it has ended. */
  async say(state: WorkerRecord['state'], note?: string): Promise<void> {
    if (state === this.#record.state && note === this.#record.note) return;
    this.#record = { ...this.#record, state, note };
    await this.#store.putWorker(this.#record);
  }

  /** By how much this machine's clock is off the store's, as a sentence; undefined where that is little. */
  async clockNote(now: () => number = Date.now): Promise<string | undefined> {
    const stored = (await this.#store.workers(this.#record.runId)).find(({ id }) => id === this.id);
    const aheadMs = stored === undefined ? 0 : now() - stored.seenAtMs;
    if (Math.abs(aheadMs) <= mostSkewMs) return undefined;
    const seconds = countText(Math.round(Math.abs(aheadMs) / 1000));
    return `the clock of ${this.#record.hostname} is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the store's: when its passes began is told by its own`;
  }

  async #beat(): Promise<void> {
    try {
      const { isStopRequested } = await this.#store.openWork(this.#record.runId, this.#leaseMs);
      if (isStopRequested) this.#stop.abort();
      await this.#store.putWorker(this.#record);
    } catch (error) {
      // The work itself meets a store that is gone, and says so.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }
}
