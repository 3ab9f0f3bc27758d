import { createServer, type Server, type Socket } from 'node:net';

/** How the null server answers. */
export interface NullAnswers {
  /** Tokens of an answer where the request allows more. */
  readonly tokens: number;
  /** Time to the first token. */
  readonly firstTokenMs: number;
  /** Time from token to token. */
  readonly tokenMs: number;
}

/** Not `null`: tools that read their options as YAML would take that for no name. */
export const nullModel = 'null-model';

/** What a client asked: enough of HTTP/1.1 to answer it. */
interface NullRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

type Write = (text: string) => void;

/** One token, as long as English ones are. */
const word = ' word';

function response(body: string, type = 'application/json', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: keep-alive\r\n\r\n${body}`;
}

const models = response(
  JSON.stringify({
    object: 'list',
    data: [{ id: nullModel, object: 'model', created: 0, owned_by: 'perbench', max_model_len: 1_048_576 }],
  }),
);
const health = response('{"status":"ok"}');
const missing = response('{"error":{"message":"no such path"}}', 'application/json', '404 Not Found');

/** A field of a JSON body by its text: parsing whole prompts would cost more than all the rest. */
function numberField(body: string, name: string): number | undefined {
  const found = new RegExp(`"${name}":\\s*(\\d+)`).exec(body)?.[1];
  return found === undefined ? undefined : Number(found);
}

const maxTokens = (body: string): number =>
  numberField(body, 'max_tokens') ?? numberField(body, 'max_completion_tokens') ?? Infinity;

/** Tokens of a prompt, as if one were four characters of the body. */
const promptTokens = (body: string): number => Math.max(1, Math.floor(body.length / 4));

function usageOf(body: string, tokens: number): object {
  const prompt = promptTokens(body);
  return {
    prompt_tokens: prompt,
    completion_tokens: tokens,
    total_tokens: prompt + tokens,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}

function wholeAnswer(body: string, isChat: boolean, tokens: number): string {
  const text = word.repeat(tokens);
  const finish = { index: 0, finish_reason: maxTokens(body) <= tokens ? 'length' : 'stop', logprobs: null };
  const choice = isChat ? { ...finish, message: { role: 'assistant', content: text } } : { ...finish, text };
  return response(
    JSON.stringify({
      id: 'null',
      object: isChat ? 'chat.completion' : 'text_completion',
      created: 0,
      model: nullModel,
      choices: [choice],
      usage: usageOf(body, tokens),
    }),
  );
}

function event(value: object): string {
  const text = `data: ${JSON.stringify(value)}\n\n`;
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

const streamHead =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n';
const streamEnd = 'e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n';

function chunkOf(isChat: boolean, choice: object): object {
  return {
    id: 'null',
    object: isChat ? 'chat.completion.chunk' : 'text_completion',
    created: 0,
    model: nullModel,
    choices: [choice],
  };
}

const tokenEvents = {
  chat: event(chunkOf(true, { index: 0, delta: { content: word }, finish_reason: null, logprobs: null })),
  plain: event(chunkOf(false, { index: 0, text: word, finish_reason: null, logprobs: null })),
};

function lastEvents(body: string, isChat: boolean, tokens: number): string {
  const end = { index: 0, finish_reason: maxTokens(body) <= tokens ? 'length' : 'stop', logprobs: null };
  const last = event(chunkOf(isChat, isChat ? { ...end, delta: {} } : { ...end, text: '' }));
  const counted = /"include_usage":\s*true/.test(body)
    ? event({ ...chunkOf(isChat, {}), choices: [], usage: usageOf(body, tokens) })
    : '';
  return last + counted + streamEnd;
}

/** A timer takes a millisecond at least. */
function after(waitMs: number, next: () => void): void {
  if (waitMs > 0) setTimeout(next, waitMs);
  else setImmediate(next);
}

function stream(
  body: string,
  isChat: boolean,
  tokens: number,
  { firstTokenMs, tokenMs }: NullAnswers,
  write: Write,
): void {
  const one = isChat ? tokenEvents.chat : tokenEvents.plain;
  write(streamHead);
  let sent = 0;
  // Each token is written for itself, as real servers do: reading it is most of what a stream costs a client.
  const next = (): void => {
    sent += 1;
    write(one);
    if (sent < tokens) after(tokenMs, next);
    else write(lastEvents(body, isChat, tokens));
  };
  after(firstTokenMs, next);
}

/** Answers one request, at once or as slowly as a model would. */
export function answerRequest({ method, path, body }: NullRequest, answers: NullAnswers, write: Write): void {
  const [name = ''] = path.split('?');
  const isChat = name.endsWith('/chat/completions');
  if (method === 'POST' && (isChat || name.endsWith('/completions'))) {
    const tokens = Math.min(answers.tokens, maxTokens(body));
    if (/"stream":\s*true/.test(body)) stream(body, isChat, tokens, answers, write);
    else {
      const waitMs = answers.firstTokenMs + answers.tokenMs * (tokens - 1);
      const reply = (): void => write(wholeAnswer(body, isChat, tokens));
      if (waitMs > 0) setTimeout(reply, waitMs);
      else reply();
    }
  } else if (name.endsWith('/models')) write(models);
  else if (name.endsWith('/health') || name === '/') write(health);
  else write(missing);
}

const headEnd = Buffer.from('\r\n\r\n');
const longestHead = 65_536;

/** Cuts one request off the front of what has arrived; undefined while it isn't whole. */
function takeRequest(buffer: Buffer): { readonly request: NullRequest; readonly rest: Buffer } | undefined {
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
