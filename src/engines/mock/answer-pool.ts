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
  const source = requests[Symbol.asyncIterator]();
  const pending = new Map<number, Promise<readonly [number, Result]>>();
  let next = 0;
  let isDrained = false;
  try {
    while (true) {
      while (!isDrained && !signal.aborted && pending.size < concurrency) {
        const taken: IteratorResult<Request, unknown> = await source.next();
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
      const [key, result] = await Promise.race(pending.values());
      pending.delete(key);
      yield result;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await Promise.allSettled(pending.values());
    await source.return?.();
  }
}
