import { clockOffsetMs } from '../../src/core/clock.ts';
import type { LoglikelihoodRequest, LoglikelihoodResult } from '../../src/core/engine.ts';
import { openRequestClient, type RequestClient } from '../../src/engines/served/request-client.ts';
import { ServerConnection } from '../../src/engines/served/server-connection.ts';
import { readServerFacts } from '../../src/engines/served/server-facts.ts';
import type { TokenScorerName } from '../../src/engines/served/token-scorers.ts';

const signal = new AbortController().signal;

/** Asks a server for scores in one way, which no probe has chosen. */
export async function openScoringClient(baseUrl: string, scorer: TokenScorerName): Promise<RequestClient> {
  const link = { baseUrl, apiKey: undefined, hangMs: 600_000, retry: { retryMs: 0, backoffMs: 0, maxBackoffMs: 0 } };
  await using connection = new ServerConnection(link);
  const facts = await readServerFacts(connection, undefined, signal);
  const none = { extra: {}, saltPrefix: '', thinking: undefined, schemaWay: undefined };
  return openRequestClient({ ...link, ...none, clockOffsetMs, facts, scorer });
}

/**
 * Scores by id, so many requests at once.
 *
 * @throws if one fails
 */
export async function scoreBy(
  client: RequestClient,
  requests: readonly LoglikelihoodRequest[],
  places: number,
): Promise<ReadonlyMap<string, LoglikelihoodResult>> {
  const scores = new Map<string, LoglikelihoodResult>();
  const left = [...requests];
  const ask = async (place: number): Promise<void> => {
    for (let request = left.shift(); request !== undefined; request = left.shift()) {
      const turn = { place, scheduledMs: 0, signal };
      const result = await client.score(request, { concurrency: places, reuse: 'none' }, turn);
      if (result.status === 'failed') throw new Error(`${result.id}: ${result.message}`);
      scores.set(result.id, result);
    }
  };
  await Promise.all(Array.from({ length: places }, (_, place) => ask(place)));
  return scores;
}
