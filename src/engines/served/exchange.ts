import { PassingFault } from '../../core/retry.ts';
import { readPart } from './answer-part.ts';
import { AnswerReader, type CompletionAnswer, type ReaderOptions } from './completion-answer.ts';
import type { CompletionCall } from './completions.ts';
import { type StreamEvent, streamEvents } from './event-stream.ts';
import { mostAnswerBytes, Patience, readText, tooLarge } from './reply-body.ts';
import { RequestFault } from './request-fault.ts';
import { isError } from './said-error.ts';
import type { ServerConnection } from './server-connection.ts';
import { errorInside, parseJson, quote, requireOk, type ServerReply } from './server-reply.ts';

/** A reply with status 2xx, and what may come. */
interface AnswerReply extends ServerReply {
  readonly url: string;
  readonly maxBytes: number;
}

/** Bodies that begin as JSON does are meant as JSON. */
const looksLikeJson = (text: string): boolean => /^\s*[[{]/.test(text);

/** An event's value; one that isn't JSON, or is named so, is an error. */
function valueIn({ name, data }: StreamEvent, reply: AnswerReply): unknown {
  const isNamedError = name === 'error' || name === 'exception';
  if (isNamedError || (data.trim() !== '' && !looksLikeJson(data))) throw errorInside(reply.url, reply.redact(data));
  const value = parseJson(reply.url, data, reply);
  if (isError(value)) throw errorInside(reply.url, reply.redact(data));
  return value;
}

/** Bytes of a body, up to the most that its answer may have. */
async function* bounded({ body, maxBytes }: AnswerReply): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/** @throws {PassingFault | RequestFault} for what is no answer */
function requireAnswer(reader: AnswerReader, answer: CompletionAnswer, came: () => string): CompletionAnswer {
  if (answer.finishReason === 'fault') throw new PassingFault('fault', 'the server broke the answer off');
  if (!reader.hasAnswer) throw new RequestFault('engine', `an answer without a choice or a message: ${quote(came())}`);
  return answer;
}

/** Reads a stream to its end, or to where the answer must end, and when its first and its last token came. */
async function readStream(reply: AnswerReply, options: ReaderOptions, now: () => number): Promise<CompletionAnswer> {
  const reader = new AnswerReader(options);
  using patience = new Patience(reply.body, reply.hangMs);
  let [events, progress, last] = [0, 0, ''];
  let isDone = false;
  for await (const event of streamEvents(bounded(reply))) {
    if (event.data.trim() === '[DONE]') {
      isDone = true;
      continue;
    }
    if (event.data.trim() === '' && event.name !== 'error') continue;
    events += 1;
    last = event.data;
    const end = reader.push(readPart(valueIn(event, reply)), now);
    // Leaving the loop closes the connection, by which servers learn that nobody waits for more.
    if (end !== undefined) return reader.result(end, now);
    if (reader.progress > progress) patience.progress();
    progress = reader.progress;
  }
  if (events === 0) throw new PassingFault('fault', 'an empty stream with status 200');
  if (!isDone && !reader.isFinished) throw new PassingFault('fault', `the stream broke off after ${events} events`);
  return requireAnswer(reader, reader.result('server', now), () => reply.redact(last));
}

async function readWhole(reply: AnswerReply, options: ReaderOptions, now: () => number): Promise<CompletionAnswer> {
  const text = await readText(reply, reply.maxBytes);
  const value = parseJson(reply.url, text, reply);
  if (isError(value)) throw errorInside(reply.url, reply.redact(text));
  const reader = new AnswerReader(options);
  reader.pushWhole(readPart(value));
  return requireAnswer(reader, reader.result('server', now), () => reply.redact(text));
}

/** Tokens that a call allows, under whichever name; as many as a long answer where it doesn't say. */
function tokensAllowed(body: CompletionCall['body']): number {
  const { max_tokens: usual, max_completion_tokens: newer } = body;
  const allowed = usual ?? newer;
  return typeof allowed === 'number' && allowed >= 0 ? allowed : 32_768;
}

/** One exchange for an answer, whole or streamed. */
export async function exchange(
  connection: ServerConnection,
  { path, body }: CompletionCall,
  text: string,
  options: ReaderOptions,
  signal: AbortSignal,
): Promise<CompletionAnswer> {
  const url = connection.baseUrl + path;
  const sent = await connection.send('POST', path, text, signal);
  await requireOk(url, sent);
  const reply = { ...sent, url, maxBytes: mostAnswerBytes(tokensAllowed(body)) };
  const type = sent.headers['content-type'] ?? '';
  // A whole answer where a stream was asked is good, without the time of its first token; so is the reverse.
  const isStream = /event-stream/i.test(type) || (body['stream'] === true && !/json|html/i.test(type));
  return isStream ? readStream(reply, options, connection.now) : readWhole(reply, options, connection.now);
}
