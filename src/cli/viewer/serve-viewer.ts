import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { EnvironmentError } from '../../core/errors.ts';
import { createViewerApp } from './viewer-app.ts';
import type { ViewerParts } from './viewer-parts.ts';

export interface ServeViewerOptions extends Omit<ViewerParts, 'hosts' | 'access' | 'signal'> {
  /** 0: any that is free. */
  readonly port: number;
}

export interface Viewer extends AsyncDisposable {
  /** With the token that lets in, such as `http://127.0.0.1:7575/?access=Yv0…`. */
  readonly address: string;
}

const loopback = '127.0.0.1';

/**
 * Starts the viewer on loopback, and nowhere else. Other users of the machine reach loopback too: only who has the token
 * of the address is let in.
 *
 * @throws {EnvironmentError} if the port is taken
 */
export async function serveViewer({ port, ...parts }: ServeViewerOptions): Promise<Viewer> {
  const stopped = new AbortController();
  const access = randomBytes(24).toString('base64url');
  let hosts: readonly string[] = [];
  const app = createViewerApp({ ...parts, hosts: () => hosts, access, signal: stopped.signal });
  // The adaptor's type allows HTTP/2 servers too; without options it is a plain one.
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(port, loopback);
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EnvironmentError(`the viewer cannot listen on ${loopback}:${port}: ${reason}`, {
      hint: 'Choose another port with --port, or 0 for a free one.',
      cause: error,
    });
  }
  const { port: taken } = server.address() as AddressInfo;
  hosts = [`${loopback}:${taken}`, `localhost:${taken}`];
  return {
    address: `http://${loopback}:${taken}/?access=${access}`,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
