import { setMaxListeners } from 'node:events';

/** How one request of a pool is answered. */
export interface PoolTurn {
  /** Which of the pool's places answers, from 0; one request at a time in each. */
  readonly place: number;
  /** When the place was free and the request there. */
  readonly scheduledMs: number;
  readonly signal: AbortSignal;
}

export interface PoolOptions {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Answers that may wait for a slow reader before no more is asked. */
const leastWaiting = 64;

/** What the places of a pool and its reader share. */
class PoolState<Result> {
  readonly results: Result[] = [];
  readonly abort = new AbortController();
  readonly running = new Set<Promise<void>>();
  /** Places that still work. */
  places: number;
  failure: { readonly error: unknown } | undefined;
  isReading = false;
  #readers = Promise.withResolvers<void>();
  #writers = Promise.withResolvers<void>();

  /** One for each place: adding a listener to a signal looks at all that it has. */
  readonly #stops: readonly AbortController[];

  constructor(places: number) {
    this.places = places;
    this.#stops = Array.from({ length: places }, () => new AbortController());
  }

  /** Something came, or will never come. */
  wakeReader(): void {
    this.#readers.resolve();
    this.#readers = Promise.withResolvers<void>();
  }

  wakeWriters(): void {
    this.#writers.resolve();
    this.#writers = Promise.withResolvers<void>();
  }

  async untilChange(): Promise<void> {
    await this.#readers.promise;
  }

  async untilRead(): Promise<void> {
    await this.#writers.promise;
  }

  fail(error: unknown): void {
    this.failure ??= { error };
    this.end();
  }

  stopOf(place: number): AbortSignal {
    return this.#stops[place]?.signal ?? this.abort.signal;
  }

  leave(): void {
    this.places -= 1;
    this.wakeReader();
  }

  /** Cuts off what is in flight. */
  end(): void {
    this.abort.abort();
    for (const stop of this.#stops) stop.abort();
    this.wakeReader();
    this.wakeWriters();
  }
}

/** One place of the pool: takes a request, answers it, and takes the next. */
async function work<Request, Result>(
  state: PoolState<Result>,
  source: AsyncIterator<Request, unknown>,
  isCrowded: () => boolean,
  answerOne: (request: Request) => Promise<Result>,
): Promise<void> {
  try {
    for (;;) {
      while (isCrowded() && !state.abort.signal.aborted) await state.untilRead();
      if (state.abort.signal.aborted) return;
      const next = await source.next();
      if (next.done === true || state.abort.signal.aborted) return;
      const answering = answerOne(next.value).then((result) => {
        state.results.push(result);
      });
      state.running.add(answering);
      await answering.finally(() => state.running.delete(answering));
      state.wakeReader();
    }
  } catch (error) {
    // What is cut off by an abort isn't a failure.
    if (!state.abort.signal.aborted) state.fail(error);
  }
}

/** Hands on what has come, until nothing more will. */
async function* read<Result>(state: PoolState<Result>, signal: AbortSignal): AsyncGenerator<Result, void, void> {
  for (;;) {
    while (state.results.length > 0) {
      const result = state.results.shift();
      if (result !== undefined) yield result;
      state.wakeWriters();
      if (signal.aborted) return;
    }
    if (state.failure !== undefined) throw state.failure.error;
    if (state.places === 0 || signal.aborted) return;
    state.isReading = true;
    state.wakeWriters();
    await state.untilChange();
    state.isReading = false;
  }
}

/**
 * Answers a stream of requests, at most `concurrency` at once, in completion order. A free place takes the next request
 * at once, whether or not the reader has come so far; one place alone waits for its reader. Ends early, without error,
 * when `signal` aborts; an error of one request ends the stream and what is in flight.
 */
export async function* requestPool<Request, Result>(
  requests: AsyncIterable<Request>,
  { concurrency, signal, now }: PoolOptions,
  answer: (request: Request, turn: PoolTurn) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  if (signal.aborted) return;
  const state = new PoolState<Result>(concurrency);
  const onAbort = (): void => state.end();
  signal.addEventListener('abort', onAbort, { once: true });
  const source: AsyncIterator<Request, unknown> = requests[Symbol.asyncIterator]();
  const isCrowded = (): boolean =>
    concurrency === 1
      ? !state.isReading || state.results.length > 0
      : state.results.length >= Math.max(leastWaiting, concurrency);
  for (let place = 0; place < concurrency; place += 1) {
    const stop = state.stopOf(place);
    setMaxListeners(0, stop);
    const answerOne = (request: Request): Promise<Result> =>
      answer(request, { place, scheduledMs: now(), signal: stop });
    void work(state, source, isCrowded, answerOne).then(() => state.leave());
  }
  try {
    yield* read(state, signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    state.end();
    await Promise.allSettled(state.running);
    // A source that is waiting for something itself would let this wait with it.
    source.return?.().then(undefined, () => undefined);
  }
}
