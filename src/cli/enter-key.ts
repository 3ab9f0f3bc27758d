/** A terminal that is typed into: `process.stdin`, or a double in tests. */
export interface Keyboard {
  on(event: 'data', listener: (typed: Uint8Array | string) => void): unknown;
  off(event: 'data', listener: (typed: Uint8Array | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** What was typed before the question comes within this time, and is no answer to it. */
const staleMs = 50;

/**
 * Calls back at the next press of Enter. The terminal stays in its own mode, so that Ctrl-C is what it always is.
 *
 * @returns how to stop listening
 */
export function onEnter(keyboard: Keyboard, listener: () => void): () => void {
  let isFresh = false;
  // A terminal hands on whole lines: whatever comes was ended by Enter.
  const hear = (): void => {
    if (isFresh) listener();
  };
  const timer = setTimeout(() => {
    isFresh = true;
  }, staleMs);
  keyboard.on('data', hear);
  keyboard.resume();
  return () => {
    clearTimeout(timer);
    keyboard.off('data', hear);
    keyboard.pause();
  };
}
