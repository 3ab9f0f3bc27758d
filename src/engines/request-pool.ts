import { setMaxListeners } from 'node:events';
import { nowMs } from '../core/clock.ts';
import type { PassOptions } from '../core/engine.ts';
import { EngineError, UsageError } from '../core/errors.ts';

/** `LLAMA_MAX_SEQ` of llama.cpp, compiled into its library: no context opens for more sequences. */
export const llamaMaxConcurrency = 256;

/** Servers queue what they can't decode at once; beyond this a client's own sockets are the limit. */
export const servedMaxConcurrency = 10_000;

/** How one request of a pool is answered. */
export interface PoolTurn {
  /** Which of the pool's places answers, from 0; one request at a time in each. */
  readonly place: number;
  /** When the place was free and the request there. */
  readonly scheduledMs: number;
  readonly signal: AbortSignal;
}

type Answer<Request, Result> = (request: Request, turn: PoolTurn) => Promise<Result>;

/** Says how many requests are in flight, for engines that count tokens only when they answer. */
export function tellingWork<Request, Result>(
  answer: Answer<Request, Result>,
  { onWork }: Pick<PassOptions, 'onWork'>,
): Answer<Request, Result> {
  if (onWork === undefined) return answer;
  let requests = 0;
  const tell = (change: number): void => onWork({ requests: (requests += change), tokens: undefined });
  return (request, turn) => {
    tell(1);
    return answer(request, turn).finally(() => tell(-1));
  };
}

/** Answers that may wait for a slow reader before no more is asked. */
const minWaiting = 64;

/** Something that others wait for, again and again. */
class Bell {
  #next = Promise.withResolvers<void>();

  get rung(): Promise<void> {
    return this.#next.promise;
  }

  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }
}

/** What the places of a pool and its reader share. */
class RequestPool<Request, Result> {
  readonly #source: AsyncIterator<Request, unknown>;
  readonly #answer: Answer<Request, Result>;
  /** One for each place: adding a listener to a signal looks at all that it has. */
  readonly #stops: readonly AbortController[];
  readonly #results: Result[] = [];
  readonly #running = new Set<Promise<void>>();
  /** Something came, or will never come. */
  readonly #news = new Bell();
  /** The reader took something, or waits for it. */
  readonly #room = new Bell();
  #working: number;
  #failure: { readonly error: unknown } | undefined;
  #isReading = false;
  #isOver = false;

  constructor(requests: AsyncIterable<Request>, places: number, answer: Answer<Request, Result>) {
    this.#source = requests[Symbol.asyncIterator]();
    this.#answer = answer;
    this.#working = places;
    this.#stops = Array.from({ length: places }, () => new AbortController());
  }

  start(): void {
    for (const [place, stop] of this.#stops.entries()) {
      setMaxListeners(0, stop.signal);
      void this.#work(place, stop.signal).finally(() => {
        this.#working -= 1;
        this.#news.ring();
      });
    }
  }

  /** Hands on what has come, until nothing more will. */
  async *read(signal: AbortSignal): AsyncGenerator<Result, void, void> {
    for (;;) {
      while (this.#results.length > 0) {
        const result = this.#results.shift();
        if (result !== undefined) yield result;
        this.#room.ring();
        if (signal.aborted) return;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#working === 0 || signal.aborted) return;
      this.#isReading = true;
      this.#room.ring();
      await this.#news.rung;
      this.#isReading = false;
    }
  }

  /** Cuts off what is in flight. */
  end(): void {
    this.#isOver = true;
    for (const stop of this.#stops) stop.abort();
    this.#news.ring();
    this.#room.ring();
  }

  async close(): Promise<void> {
    this.end();
    await Promise.allSettled(this.#running);
    // A source that is waiting for something itself would let this wait with it; what it throws now concerns nobody.
    this.#source.return?.().then(undefined, () => undefined);
  }

  #isCrowded(): boolean {
    const places = this.#stops.length;
    if (places === 1) return !this.#isReading || this.#results.length > 0;
    return this.#results.length >= Math.max(minWaiting, places);
  }

  /** One place: takes a request, answers it, and takes the next. */
  async #work(place: number, signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        while (this.#isCrowded() && !this.#isOver) await this.#room.rung;
        if (this.#isOver) return;
        const next = await this.#source.next();
        if (next.done === true || this.#isOver) return;
        const answering = this.#answer(next.value, { place, scheduledMs: nowMs(), signal }).then((result) => {
          this.#results.push(result);
        });
        this.#running.add(answering);
        await answering.finally(() => this.#running.delete(answering));
        this.#news.ring();
      }
    } catch (error) {
      // What is cut off by an abort isn't a failure.
      if (this.#isOver) return;
      this.#failure ??= { error };
      this.end();
    }
  }
}

/**
 * Answers a stream of requests, so many at once as there are places, in completion order. A free place takes the next
 * request at once, whether or not the reader has come so far; one place alone waits for its reader. Ends early, without
 * error, when `signal` aborts; an error of one request ends the stream and what is in flight.
 */
export async function* requestPool<Request, Result>(
  requests: AsyncIterable<Request>,
  { places, signal }: { readonly places: number; readonly signal: AbortSignal },
  answer: Answer<Request, Result>,
): AsyncGenerator<Result, void, void> {
  if (signal.aborted) return;
  const pool = new RequestPool(requests, places, answer);
  const onAbort = (): void => pool.end();
  signal.addEventListener('abort', onAbort, { once: true });
  pool.start();
  try {
    yield* pool.read(signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await pool.close();
  }
}

/** The passes of a loaded model: one at a time, and none after it was closed. */
export class ModelPasses {
  readonly #name: string;
  readonly #maxConcurrency: number;
  readonly #closed = new AbortController();
  #isBusy = false;

  constructor(name: string, maxConcurrency: number) {
    this.#name = name;
    this.#maxConcurrency = maxConcurrency;
    setMaxListeners(0, this.#closed.signal);
  }

  /** @throws {EngineError} if the model was closed */
  requireOpen(): void {
    if (this.#closed.signal.aborted) throw new EngineError(`${this.#name}: the model was closed`);
  }

  close(): void {
    this.#closed.abort();
  }

  /** @param places requests at once that are with the engine */
  async *run<Request, Result>(
    requests: AsyncIterable<Request>,
    { signal, concurrency }: PassOptions,
    places: number,
    answer: Answer<Request, Result>,
  ): AsyncGenerator<Result, void, void> {
    const max = this.#maxConcurrency;
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > max) {
      throw new UsageError(`concurrency must be a whole number from 1 to ${max}, got ${concurrency}`);
    }
    this.requireOpen();
    if (this.#isBusy) throw new EngineError(`${this.#name}: another pass is running on this model`);
    this.#isBusy = true;
    try {
      yield* requestPool(requests, { places, signal: AbortSignal.any([signal, this.#closed.signal]) }, answer);
      if (this.#closed.signal.aborted && !signal.aborted)
        throw new EngineError(`${this.#name}: the model was closed during a pass`);
    } finally {
      this.#isBusy = false;
    }
  }
}

/** What another process was asked and hasn't answered yet. */
export class OpenQuestions<Key, Result> {
  readonly #open = new Map<Key, PromiseWithResolvers<Result>>();

  /** Waits for the answer; `onAbort` tells the other process that nobody does any more. */
  async wait(key: Key, signal: AbortSignal, onAbort: () => void = () => undefined): Promise<Result> {
    signal.throwIfAborted();
    const question = Promise.withResolvers<Result>();
    this.#open.set(key, question);
    const stop = (): void => {
      onAbort();
      question.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await question.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#open.delete(key);
    }
  }

  answer(key: Key, result: Result): void {
    this.#open.get(key)?.resolve(result);
  }

  fail(key: Key, error: Error): void {
    this.#open.get(key)?.reject(error);
  }

  failAll(error: Error): void {
    for (const question of this.#open.values()) question.reject(error);
  }
}
