import { createMetricsScraper, metricsTimeoutMs } from './metrics-scraper.ts';
import { readText } from './reply-body.ts';
import type { ServerHost } from './served-model.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerFlavour } from './server-facts.ts';
import type { ServerLink } from './server-link.ts';

/** Programs that have metrics; nothing else is asked for them. */
const withMetrics: ReadonlySet<ServerFlavour> = new Set(['vllm', 'sglang', 'llama-server']);

/** Watches the metrics of a server that was running already, over a connection of its own. */
export function watchServer(link: ServerLink, flavour: ServerFlavour): Pick<ServerHost, 'watch' | 'close'> {
  if (!withMetrics.has(flavour)) return { watch: undefined, close: async () => {} };
  const retry = { retryMs: 0, backoffMs: 0, maxBackoffMs: 0 };
  const connection = new ServerConnection({ ...link, hangMs: metricsTimeoutMs, retry });

  async function read(): Promise<string | undefined> {
    try {
      const reply = await connection.sendToRoot('GET', '/metrics', undefined, AbortSignal.timeout(metricsTimeoutMs));
      const text = await readText(reply);
      return reply.statusCode === 200 ? text : undefined;
    } catch (error) {
      // A server that is too busy, or gone: the pass itself says what is to be said of that.
      if (error instanceof Error) return undefined;
      throw error;
    }
  }

  const scraper = createMetricsScraper({ read, flavour });
  return { watch: () => scraper.start(), close: () => connection[Symbol.asyncDispose]() };
}
