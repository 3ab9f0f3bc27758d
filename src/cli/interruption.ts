import { exitCodes } from './exit-codes.ts';

/** Where signals come from: `process`, or a double in tests. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** What the user, or the system, asked for. */
export interface Interruption extends Disposable {
  /** Aborts at the first signal: end what is being done, and keep what there is. */
  readonly signal: AbortSignal;
  /** Aborts when there is no more waiting: a second Ctrl-C, or the time limit of SIGTERM. */
  readonly forceSignal: AbortSignal;
  /** Of the first signal; undefined where none came. */
  readonly exitCode: number | undefined;
  /** Ends the work as a signal would: nobody reads stdout any more, or the terminal is gone. */
  stop(exitCode: number): void;
  /** What the command still does once it is told to stop, as Ctrl-C says it: `finishing requests in flight`. */
  finishBy(work: string | undefined): void;
  /** From now on Ctrl-C is how the command is meant to end: nothing is said of it, and the exit code is 0. */
  expectEnd(): void;
}

export interface InterruptionOptions {
  readonly source: SignalSource;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Says that it is stopping. */
  readonly notify: (text: string) => void;
  /** npm and terminals deliver one Ctrl-C twice; a second one within this time is the same. */
  readonly debounceMs?: number;
  /** How long what is in flight may take after SIGTERM or SIGHUP. */
  readonly terminationMs?: number;
}

const exitCodeBySignal = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hangup,
} as const;

type Handled = keyof typeof exitCodeBySignal;

/** Listens for Ctrl-C, SIGTERM and SIGHUP until it is disposed. Never ends the process itself. */
export function createInterruption(options: InterruptionOptions): Interruption {
  const { source, now, notify, debounceMs = 500, terminationMs = 20_000 } = options;
  const graceful = new AbortController();
  const forced = new AbortController();
  let exitCode: number | undefined;
  let isEndExpected = false;
  let finishing = '';
  let firstMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function begin(code: number): void {
    exitCode = code;
    firstMs = now();
    graceful.abort();
  }

  /** Nobody is there to press Ctrl-C a second time. */
  function limit(): void {
    timer = setTimeout(() => forced.abort(), terminationMs);
    timer.unref();
  }

  function handle(name: Handled): void {
    if (exitCode === undefined) {
      const isExpected = name === 'SIGINT' && isEndExpected;
      begin(isExpected ? exitCodes.done : exitCodeBySignal[name]);
      if (isExpected) return;
      if (name === 'SIGINT') {
        notify(`stopping${finishing}; press Ctrl-C again to stop at once`);
      } else limit();
    } else if (now() - firstMs >= debounceMs) {
      forced.abort();
    }
  }

  const listeners = Object.keys(exitCodeBySignal).map((name) => {
    // Object.keys forgets the literal type of the keys.
    const signal = name as Handled;
    const listener = (): void => handle(signal);
    source.on(signal, listener);
    return { signal, listener };
  });

  return {
    signal: graceful.signal,
    forceSignal: forced.signal,
    get exitCode() {
      return exitCode;
    },
    stop(code) {
      if (exitCode !== undefined) return;
      begin(code);
      limit();
    },
    finishBy(work) {
      finishing = work === undefined ? '' : `: ${work}`;
    },
    expectEnd() {
      isEndExpected = true;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const { signal, listener } of listeners) source.off(signal, listener);
    },
  };
}
