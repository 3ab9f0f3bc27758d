import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { ServerConnection } from './server-connection.ts';
import { readServerFacts } from './server-facts.ts';

const models = JSON.stringify({ data: [{ id: 'm', owned_by: 'llamacpp' }] });
const props = JSON.stringify({ total_slots: 3 });

it.each(['reset', 'hang', 'cut'] as const)('asks again for what a server says of itself after a %s', async (fault) => {
  let asked = 0;
  const server = createServer(({ url, socket }, response) => {
    if (url === '/v1/models') return response.end(models);
    asked += 1;
    if (asked > 1) return response.end(props);
    if (fault === 'reset') return socket.resetAndDestroy();
    if (fault === 'cut') return response.write(props.slice(0, 5), () => socket.resetAndDestroy());
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const baseUrl = `http://127.0.0.1:${address.port}/v1`;
  const retry = { retryMs: 3000, backoffMs: 1, maxBackoffMs: 10_000 };
  await using connection = new ServerConnection({ baseUrl, apiKey: undefined, hangMs: 300, retry });
  const facts = await readServerFacts(connection, undefined, new AbortController().signal);
  expect([facts.flavour, facts.slots, asked]).toEqual(['llama-server', 3, 2]);
  server.closeAllConnections();
  server.close();
});
