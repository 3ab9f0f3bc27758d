import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';

/** What the proxy does with one request instead of, or with, passing it on. */
export type Fault =
  | { readonly kind: 'pass' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** Passes so many bytes of the answer on, then cuts the connection. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** The first half of the answer, as if it were whole. */
  | { readonly kind: 'half' }
  | { readonly kind: 'answer'; readonly body: string; readonly type: string }
  | { readonly kind: 'type'; readonly type: string };

export interface MisbehavingProxy extends AsyncDisposable {
  readonly baseUrl: string;
  /** Generations asked so far, faults included. */
  readonly asked: () => number;
  /** Authorization headers that came. */
  readonly keys: readonly (string | undefined)[];
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function passOn(
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<{ readonly message: IncomingMessage; readonly body: Buffer }> {
  const { port } = new URL(target);
  const { method, url, headers } = incoming;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = forward({ host: '127.0.0.1', port, method, path: url, headers }, resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
  return { message, body: await readAll(message) };
}

async function misbehave(
  fault: Fault,
  body: Buffer,
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (fault.kind === 'hang') return;
  if (fault.kind === 'reset') {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (fault.kind === 'status') {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
    response.end(fault.body ?? '{"error":{"message":"out of order"}}');
    return;
  }
  if (fault.kind === 'answer') {
    response.writeHead(200, { 'content-type': fault.type });
    response.end(fault.body);
    return;
  }
  const answer = await passOn(target, incoming, body);
  const type = fault.kind === 'type' ? fault.type : (answer.message.headers['content-type'] ?? '');
  response.writeHead(answer.message.statusCode ?? 500, { 'content-type': type });
  if (fault.kind === 'cut') {
    response.write(answer.body.subarray(0, fault.bytes), () => incoming.socket.resetAndDestroy());
    return;
  }
  response.end(fault.kind === 'half' ? answer.body.subarray(0, Math.floor(answer.body.length / 2)) : answer.body);
}

/** Stands between a client and a server; `faultOf` says what happens to generation number n, from 0. */
export async function startProxy(
  target: string,
  faultOf: (n: number, body: string) => Fault,
): Promise<MisbehavingProxy> {
  let asked = 0;
  const keys: (string | undefined)[] = [];
  const server = createServer((incoming, response) => {
    keys.push(incoming.headers.authorization);
    const answer = async (): Promise<void> => {
      const body = await readAll(incoming);
      const isGeneration = incoming.method === 'POST';
      const fault: Fault = isGeneration ? faultOf(asked, body.toString()) : { kind: 'pass' };
      if (isGeneration) asked += 1;
      await misbehave(fault, body, target, incoming, response);
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    asked: () => asked,
    keys,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
