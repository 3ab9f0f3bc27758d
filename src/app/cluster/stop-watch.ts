import { StoreError } from '../../core/errors.ts';
import { defaultLeaseMs, type Store } from '../../core/store.ts';

/** Hears, within a third of a lease, when somebody cancels a run that this process works on. */
export class StopWatch implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #looking = Promise.resolve();

  constructor(store: Pick<Store, 'openWork'>, runId: string, leaseMs = defaultLeaseMs) {
    const look = async (): Promise<void> => {
      try {
        if ((await store.openWork(runId, leaseMs)).isStopRequested) this.#stop.abort();
      } catch (error) {
        // The work itself meets a store that is gone, and says so.
        if (!(error instanceof StoreError)) throw error;
      }
    };
    this.#timer = setInterval(() => {
      this.#looking = look();
    }, leaseMs / 3).unref();
  }

  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
