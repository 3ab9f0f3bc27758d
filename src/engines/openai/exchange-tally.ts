import { askHarmless, type ServedTarget } from './generate-request.ts';

/** Asks a server what scoring one request needs, and sums up what the exchanges took. */
export interface ExchangeTally {
  readonly signal: AbortSignal;
  /** As `ServerConnection.ask`. */
  readonly ask: <Value>(exchange: () => Promise<Value>) => Promise<Value>;
  /** So far. */
  readonly spent: () => ExchangesSpent;
}

export interface ExchangesSpent {
  readonly retries: number;
  /** Tries that failed included. */
  readonly exchanges: number;
  /** When the try of the first that was answered began. */
  readonly startedMs: number;
}

export function tallyExchanges(target: ServedTarget, signal: AbortSignal): ExchangeTally {
  const { connection } = target;
  let [retries, exchanges] = [0, 0];
  let startedMs: number | undefined;
  return {
    signal,
    async ask(exchange) {
      const asked = await connection.ask(exchange, signal, () => askHarmless(target, 'plain', signal));
      retries += asked.retries;
      exchanges += 1 + asked.retries;
      startedMs ??= asked.startedMs;
      return asked.value;
    },
    spent: () => ({ retries, exchanges, startedMs: startedMs ?? connection.now() }),
  };
}
