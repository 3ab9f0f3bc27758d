import { once } from 'node:events';
import { createServer } from 'node:net';
import { loopbackHost } from './server-command.ts';

/**
 * A port of the loopback interface that nobody listens on now.
 *
 * @param port that one, or 0 for any
 * @returns undefined if the port is taken
 */
export async function findFreePort(port = 0): Promise<number | undefined> {
  const server = createServer();
  server.listen(port, loopbackHost);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? address?.port : undefined;
}
