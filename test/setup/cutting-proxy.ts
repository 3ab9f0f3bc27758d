import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and a server, and cuts connections at a chosen moment. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were cut so far. */
  readonly cuts: number;
  /** Cuts the next connection on which the client sends these words. */
  cutNext(words: string, when: CutMoment): void;
}

/**
 * `before`: the server doesn't get them; `answered`: it has answered, and the client hasn't heard of it; `late`: it gets
 * them half a second after the client was cut off.
 */
export type CutMoment = 'before' | 'answered' | 'late';

const lateMs = 500;

export async function startCuttingProxy(port: number, host = '127.0.0.1'): Promise<CuttingProxy> {
  let order: { readonly words: string; readonly when: CutMoment } | undefined;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    let isDeaf = false;
    let isLate = false;
    function cut(): void {
      cuts += 1;
      client.destroy();
      if (!isLate) upstream.destroy();
    }
    client.on('data', (bytes) => {
      const found = order !== undefined && bytes.includes(order.words) ? order : undefined;
      if (found !== undefined) order = undefined;
      if (found?.when === 'before') return cut();
      if (found?.when === 'late') {
        isLate = true;
        cut();
        return setTimeout(() => upstream.write(bytes), lateMs);
      }
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
        if (!isLate) other.destroy();
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
