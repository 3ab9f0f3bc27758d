import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and a server, and cuts connections at a chosen moment. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were cut so far. */
  readonly cuts: number;
  /**
   * Cuts the next connection on which the client sends these words: before the server gets them, or when it has answered
   * and the client hasn't heard of it.
   */
  cutNext(words: string, when: 'before' | 'answered'): void;
}

export async function startCuttingProxy(port: number, host = '127.0.0.1'): Promise<CuttingProxy> {
  let order: { readonly words: string; readonly when: 'before' | 'answered' } | undefined;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    let isDeaf = false;
    function cut(): void {
      cuts += 1;
      client.destroy();
      upstream.destroy();
    }
    client.on('data', (bytes) => {
      const found = order !== undefined && bytes.includes(order.words) ? order : undefined;
      if (found !== undefined) order = undefined;
      if (found?.when === 'before') return cut();
      isDeaf ||= found !== undefined;
      return upstream.write(bytes);
    });
    upstream.on('data', (bytes) => (isDeaf ? cut() : client.write(bytes)));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    cutNext(words, when) {
      order = { words, when };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
