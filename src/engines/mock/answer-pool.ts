/**
 * Answers a stream of requests, at most `concurrency` at once, in completion order. Ends early, without error, when
 * `signal` aborts; an error of one request ends the stream.
 */
export async function* answerPool<Request, Result>(
  requests: AsyncIterable<Request>,
  concurrency: number,
  signal: AbortSignal,
  answer: (request: Request, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const source: AsyncIterator<Request, unknown> = requests[Symbol.asyncIterator]();
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = (): void => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  const pending = new Map<number, Promise<readonly [number, Result]>>();
  let next = 0;
  let isDrained = false;
  try {
    while (true) {
      while (!isDrained && !signal.aborted && pending.size < concurrency) {
        const taken = await Promise.race([source.next(), aborted]);
        if (taken === undefined) return;
        if (taken.done === true) isDrained = true;
        else {
          const key = next;
          next += 1;
          pending.set(
            key,
            answer(taken.value, signal).then((result) => [key, result] as const),
          );
        }
      }
      if (pending.size === 0 || signal.aborted) return;
      const answered = await Promise.race([...pending.values(), aborted]);
      if (answered === undefined) return;
      const [key, result] = answered;
      pending.delete(key);
      yield result;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await Promise.allSettled(pending.values());
    // A source that is waiting for something itself would let this wait with it.
    source.return?.().then(undefined, () => undefined);
  }
}
