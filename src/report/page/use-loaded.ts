import { useEffect, useState } from 'preact/hooks';

/** What is being fetched, what came, or why not. The last answer stays while a newer one is on its way. */
export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly error: string | undefined;
  readonly isLoading: boolean;
}

/** Fetches whenever one of the keys changes; an answer that was overtaken is dropped. */
export function useLoaded<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  keys: readonly (string | number)[],
): Loaded<Value> {
  const [state, setState] = useState<Loaded<Value>>({ value: undefined, error: undefined, isLoading: true });
  useEffect(() => {
    const overtaken = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    load(overtaken.signal).then(
      (value) => {
        if (!overtaken.signal.aborted) setState({ value, error: undefined, isLoading: false });
      },
      (error: unknown) => {
        if (overtaken.signal.aborted) return;
        setState({ value: undefined, error: error instanceof Error ? error.message : String(error), isLoading: false });
      },
    );
    return () => overtaken.abort();
  }, keys);
  return state;
}
