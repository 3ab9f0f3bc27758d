import { createServer, type Server, type Socket } from 'node:net';
import { answerRequest, type NullAnswers } from './null-answers.ts';

/** What a client asked: enough of HTTP/1.1 to answer it. */
interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

const headEnd = Buffer.from('\r\n\r\n');
const longestHead = 65_536;

/** Cuts one request off the front of what has arrived; undefined while it isn't whole. */
function takeRequest(buffer: Buffer): { readonly request: HttpRequest; readonly rest: Buffer } | undefined {
  const end = buffer.indexOf(headEnd);
  if (end === -1) return undefined;
  const head = buffer.toString('latin1', 0, end);
  const [method = '', path = ''] = head.slice(0, head.indexOf('\r\n')).split(' ');
  const from = end + headEnd.length;
  const length = Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0);
  if (buffer.length < from + length) return undefined;
  const body = buffer.toString('utf8', from, from + length);
  return { request: { method, path, body }, rest: buffer.subarray(from + length) };
}

function serve(socket: Socket, answers: NullAnswers, onGeneration: () => void): void {
  let buffer: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    for (let taken = takeRequest(buffer); taken !== undefined; taken = takeRequest(buffer)) {
      buffer = taken.rest;
      if (taken.request.method === 'POST') onGeneration();
      answerRequest(taken.request, answers, (text) => socket.writable && socket.write(text, 'latin1'));
    }
    if (buffer.length > longestHead * 64) socket.destroy();
  });
  // A client that leaves is no concern of a server without work.
  socket.on('error', () => socket.destroy());
}

/** What a server without work saw of its clients. */
export interface NullServerCounts {
  readonly generations: number;
  /** From the second to the last that was asked: the first may be a probe. */
  readonly durationMs: number;
}

export interface NullServer extends AsyncDisposable {
  /** Ends with `/v1`. */
  readonly baseUrl: string;
  /** Since the last time that it was asked. */
  readonly takeCounts: () => Promise<NullServerCounts>;
}

/**
 * A server without a model: it speaks enough of the OpenAI protocol that a client can be measured against it, and costs
 * so little that the client is the bottleneck. Loopback only.
 */
export async function startNullServer(answers: NullAnswers, port = 0): Promise<NullServer> {
  const sockets = new Set<Socket>();
  let [generations, firstMs, lastMs] = [0, 0, 0];
  const onGeneration = (): void => {
    lastMs = performance.now();
    generations += 1;
    // The first may be a client's probe, long before the others.
    if (generations <= 2) firstMs = lastMs;
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, answers, onGeneration);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, backlog: 4096 }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    async takeCounts() {
      const counts = { generations, durationMs: lastMs - firstMs };
      generations = 0;
      return counts;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
