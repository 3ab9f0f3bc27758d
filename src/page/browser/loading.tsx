import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ItemLine, ItemsRequest } from '../viewer-data.ts';
import type { DataSource } from './data-source.ts';

/** What every part of the viewer gets. */
export interface ViewProps {
  readonly source: DataSource;
  /** Rises whenever something that the page shows may have changed. */
  readonly version: number;
}

/** While something is fetched, or why it can't be. */
export function Waiting({ error }: { readonly error: string | undefined }): VNode {
  return error === undefined ? (
    <p class="loading" role="status">
      Loading…
    </p>
  ) : (
    <p class="note" role="alert">
      {error}
    </p>
  );
}

/** What is being fetched, what came, or why not. The last answer stays while a newer one is on its way. */
export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly error: string | undefined;
}

/** Fetches whenever one of the keys changes; an answer that was overtaken is dropped. */
export function useLoaded<Value>(load: () => Promise<Value>, keys: readonly (string | number)[]): Loaded<Value> {
  const [state, setState] = useState<Loaded<Value>>({ value: undefined, error: undefined });
  useEffect(() => {
    let isOvertaken = false;
    load().then(
      (value) => {
        if (!isOvertaken) setState({ value, error: undefined });
      },
      (error: unknown) => {
        if (!isOvertaken) setState({ value: undefined, error: errorText(error) });
      },
    );
    return () => {
      isOvertaken = true;
    };
  }, keys);
  return state;
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export interface ItemList {
  readonly items: readonly ItemLine[];
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: string | undefined;
  /** Of all pages together; undefined while it is being counted. */
  readonly count: number | undefined;
  readonly loadMore: () => void;
}

const nothing = { items: [], hasMore: false, isLoading: true, error: undefined } as const;

/** What is shown of something that is fetched, once it is there. */
export function WhenLoaded<Value>(props: {
  readonly load: () => Promise<Value>;
  readonly keys: readonly (string | number)[];
  readonly children: (value: Value) => VNode;
}): VNode {
  const { value, error } = useLoaded(props.load, props.keys);
  return value === undefined ? <Waiting error={error} /> : props.children(value);
}

/** Asks for what comes behind the items that are there. */
export function requestAfter(request: ItemsRequest, before: readonly ItemLine[]): ItemsRequest {
  const last = before.at(-1);
  return last === undefined ? request : { ...request, after: { position: last.position, itemId: last.itemId } };
}

/** A list of items that grows page by page; it starts anew with every other request. */
export function useItems(source: DataSource, request: ItemsRequest, version: number): ItemList {
  const [list, setList] = useState<Omit<ItemList, 'count' | 'loadMore'>>(nothing);
  const [count, setCount] = useState<number>();
  const overtaken = useRef<AbortController>(undefined);
  const key = JSON.stringify(request);

  function load(before: readonly ItemLine[], signal: AbortSignal): void {
    setList((known) => ({ ...known, isLoading: true }));
    source.items(requestAfter(request, before), signal).then(
      ({ items, hasMore }) => {
        if (!signal.aborted) setList({ items: [...before, ...items], hasMore, isLoading: false, error: undefined });
      },
      (error: unknown) => {
        if (signal.aborted) return;
        setList({ ...nothing, isLoading: false, error: errorText(error) });
      },
    );
  }

  useEffect(() => {
    const controller = new AbortController();
    overtaken.current = controller;
    setCount(undefined);
    load([], controller.signal);
    source.countItems(request, controller.signal).then(
      (counted) => {
        if (!controller.signal.aborted) setCount(counted);
      },
      // The list itself says what is wrong.
      () => setCount(undefined),
    );
    return () => controller.abort();
  }, [source, key, version]);

  return {
    ...list,
    count,
    loadMore: () => load(list.items, overtaken.current?.signal ?? new AbortController().signal),
  };
}
