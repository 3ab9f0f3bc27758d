import { useEffect, useState } from 'preact/hooks';

/** What the address says after `#`: a place in the page, and settings. */
export interface HashState {
  readonly path: string;
  readonly params: ReadonlyMap<string, string>;
}

/** Reads `#/runs/1?gate=0.5`; a bare name as in `#board-1` is a path too. */
export function parseHash(hash: string): HashState {
  const text = hash.replace(/^#/u, '');
  const [path = '', query = ''] = text.split('?', 2);
  return { path, params: new Map(new URLSearchParams(query)) };
}

export function formatHash({ path, params }: HashState): string {
  const query = new URLSearchParams([...params]).toString();
  return `#${path}${query === '' ? '' : `?${query}`}`;
}

const hasAddress = typeof location !== 'undefined';
let current: HashState = hasAddress ? parseHash(location.hash) : { path: '', params: new Map() };
const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

if (hasAddress) {
  addEventListener('hashchange', () => {
    current = parseHash(location.hash);
    announce();
  });
}

/** The state with some settings changed; an empty value removes one. */
export function withParams({ path, params }: HashState, changes: Readonly<Record<string, string>>): HashState {
  const changed = new Map(params);
  for (const [key, value] of Object.entries(changes)) {
    if (value === '') changed.delete(key);
    else changed.set(key, value);
  }
  return { path, params: changed };
}

/** Changes settings without a new entry in the history; an empty value removes one. */
export function setParams(changes: Readonly<Record<string, string>>): void {
  current = withParams(current, changes);
  history.replaceState(null, '', formatHash(current));
  announce();
}

/** The address's state; renders again when it changes. */
export function useHash(): HashState {
  const [state, setState] = useState(current);
  useEffect(() => {
    const listener = (): void => setState(current);
    listeners.add(listener);
    listener();
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return state;
}

/** One setting, and how to change it. */
export function useParam(key: string, fallback = ''): [string, (value: string) => void] {
  const { params } = useHash();
  return [params.get(key) ?? fallback, (value) => setParams({ [key]: value === fallback ? '' : value })];
}
