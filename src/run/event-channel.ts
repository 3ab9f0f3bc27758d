/** Values pushed by whatever goes on in the background, pulled by `for await`. */
export interface EventChannel<Value> extends AsyncIterable<Value> {
  push(value: Value): void;
  /** Ends the iteration once what was pushed is pulled; with an error, by throwing it. */
  close(error?: Error): void;
}

export function createEventChannel<Value>(): EventChannel<Value> {
  const queue: Value[] = [];
  let wake: (() => void) | undefined;
  let ended: { readonly error: Error | undefined } | undefined;
  const signal = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    push(value) {
      queue.push(value);
      signal();
    },
    close(error) {
      ended ??= { error };
      signal();
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const batch = queue.splice(0);
        yield* batch;
        if (queue.length > 0) continue;
        if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error;
          return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
