import { PassingFault } from '../../core/retry.ts';
import {
  AnswerReader,
  chunkSchema,
  type CompletionAnswer,
  completionSchema,
  type ReaderOptions,
} from './completion-answer.ts';
import type { CompletionCall } from './completions.ts';
import type { ServerConnection } from './server-connection.ts';
import { eventData, parseJson, readJson, refusal, requireOk, type ServerReply } from './server-reply.ts';

/** Reads a stream to its end, or to where the answer must end, and when its first and its last token came. */
async function readStream(
  url: string,
  reply: ServerReply,
  options: ReaderOptions,
  now: () => number,
): Promise<CompletionAnswer> {
  const reader = new AnswerReader(options);
  let events = 0;
  let isDone = false;
  for await (const data of eventData(reply.body)) {
    if (data === '[DONE]') {
      isDone = true;
      continue;
    }
    events += 1;
    const chunk = parseJson(url, data, reply, chunkSchema);
    if (chunk.error !== undefined && chunk.error !== null) throw refusal(url, 500, {}, reply.redact(data));
    const end = reader.push(chunk, now);
    // Leaving the loop closes the connection, by which servers learn that nobody waits for more.
    if (end !== undefined) return reader.result(end, now);
  }
  if (events === 0) throw new PassingFault('fault', 'an empty stream with status 200');
  if (!isDone && !reader.isFinished) throw new PassingFault('fault', `the stream broke off after ${events} events`);
  return reader.result('server', now);
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
  const reply = await connection.send('POST', path, text, signal);
  if (body['stream'] === true) {
    await requireOk(url, reply);
    const type = reply.headers['content-type'] ?? '';
    if (!/json|html/i.test(type)) return readStream(url, reply, options, connection.now);
    // Asked for a stream, but answered as a whole: good as an answer, without the time of its first token.
  }
  const reader = new AnswerReader(options);
  reader.pushWhole(await readJson(url, reply, completionSchema));
  return reader.result('server', connection.now);
}
