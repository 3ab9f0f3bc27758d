import type { GenerateRequest, Generation, PassOptions, Prompt, RequestFailure } from '../../core/engine.ts';
import { PassingFault } from '../../core/retry.ts';
import { requestFailure, textSha256 } from '../prompt-tokens.ts';
import type { PoolTurn } from '../request-pool.ts';
import {
  bringsToken,
  chunkSchema,
  type CompletionAnswer,
  completionCall,
  type CompletionCall,
  completionSchema,
  readCounts,
  readLogprobs,
  wholeAnswer,
} from './completions.ts';
import { renderedPrompt } from './rendered-prompt.ts';
import type { ServerConnection } from './server-connection.ts';
import type { ServerFacts } from './server-facts.ts';
import { eventData, parseJson, readJson, refusal, RequestFault, requireOk, type ServerReply } from './server-reply.ts';

/** What a pass asks of each of its requests. */
export type RequestSettings = Omit<PassOptions, 'signal'>;

/** A model at a server, as requests need it. */
export interface ServedTarget {
  readonly connection: ServerConnection;
  readonly facts: ServerFacts;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly salt: () => string;
}

/** What a person would call the prompt: its text, or the messages as JSON where the server renders them. */
export function promptSha256(prompt: Prompt): string {
  const text = prompt.style === 'plain' ? prompt.text : JSON.stringify([prompt.messages, prompt.prefill ?? '']);
  return textSha256(text);
}

export function failed(id: string, { reason, message, promptTokens }: RequestFault): RequestFailure {
  return requestFailure(id, reason, message, promptTokens);
}

/** Reads a stream to its end, and when its first and its last token came. */
async function readStream(url: string, reply: ServerReply, now: () => number): Promise<CompletionAnswer> {
  let text = '';
  let finishReason: string | undefined;
  let firstTokenMs: number | undefined;
  let lastTokenMs: number | undefined;
  let counts: Pick<CompletionAnswer, 'usage' | 'cachedTokens'> = { usage: undefined, cachedTokens: undefined };
  let tokenLogprobs: number[] | undefined;
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
    const [choice] = chunk.choices;
    if (choice !== undefined && bringsToken(choice)) {
      lastTokenMs = now();
      firstTokenMs ??= lastTokenMs;
    }
    text += choice?.text ?? choice?.delta?.content ?? '';
    const logprobs = readLogprobs(choice?.logprobs);
    if (logprobs !== undefined) (tokenLogprobs ??= []).push(...logprobs);
    finishReason ??= choice?.finish_reason ?? undefined;
    const counted = readCounts(chunk);
    if (counted.usage !== undefined) counts = counted;
  }
  if (events === 0) throw new PassingFault('fault', 'an empty stream with status 200');
  if (!isDone && finishReason === undefined)
    throw new PassingFault('fault', `the stream broke off after ${events} events`);
  return { text, finishReason, tokenLogprobs, ...counts, firstTokenMs, lastTokenMs: lastTokenMs ?? now() };
}

async function exchange(
  { connection }: ServedTarget,
  { path, body }: CompletionCall,
  text: string,
  signal: AbortSignal,
): Promise<CompletionAnswer> {
  const url = connection.baseUrl + path;
  const reply = await connection.send('POST', path, text, signal);
  if (body['stream'] === true) {
    await requireOk(url, reply);
    const type = reply.headers['content-type'] ?? '';
    if (!/json|html/i.test(type)) return readStream(url, reply, connection.now);
    // Asked for a stream, but answered as a whole: good as an answer, without the time of its first token.
  }
  const answer = await readJson(url, reply, completionSchema);
  return wholeAnswer(answer, connection.now());
}

/** One that no server fails at. */
export function harmlessPrompt(style: Prompt['style']): Prompt {
  const content = 'Say hello.';
  return style === 'plain' ? { style, text: content } : { style, messages: [{ role: 'user', content }] };
}

/** Asks for one token, as a request of this style would. */
export async function askHarmless(target: ServedTarget, style: Prompt['style'], signal: AbortSignal): Promise<void> {
  const { facts, extra, salt } = target;
  const options = { facts, model: facts.servedName, extra, pass: { reuse: 'none' }, salt } as const;
  const call = completionCall({ id: 'harmless', prompt: harmlessPrompt(style), maxTokens: 1, stop: [] }, options);
  await exchange(target, call, JSON.stringify(call.body), signal);
}

/** The answer without what was given to begin it, and cut before the first stop string. */
function cutText(
  answer: CompletionAnswer,
  prefill: string,
  stop: readonly string[],
): { readonly text: string; readonly isCut: boolean } {
  const whole = prefill !== '' && answer.text.startsWith(prefill) ? answer.text.slice(prefill.length) : answer.text;
  const cut = Math.min(...stop.map((each) => whole.indexOf(each)).filter((at) => at !== -1), Infinity);
  return cut === Infinity ? { text: whole, isCut: false } : { text: whole.slice(0, cut), isCut: true };
}

/**
 * Asks the server for one generation.
 *
 * @throws {ServerError} if the server is gone or refuses everything
 */
export async function generateOne(
  target: ServedTarget,
  request: GenerateRequest,
  pass: RequestSettings,
  turn: PoolTurn,
): Promise<Generation> {
  const { connection, facts, extra, salt } = target;
  const scheduledMs = request.scheduledMs ?? turn.scheduledMs;
  const call = completionCall(request, { facts, model: facts.servedName, extra, pass, salt });
  const body = JSON.stringify(call.body);
  try {
    const { value, retries, startedMs } = await connection.ask(
      () => exchange(target, call, body, turn.signal),
      turn.signal,
      () => askHarmless(target, request.prompt.style, turn.signal),
    );
    // After the answer, whose time it must not take.
    const rendered =
      request.wantsPrompt === true ? await renderedPrompt(connection, request, call, turn.signal) : undefined;
    const { usage, cachedTokens = 0, tokenLogprobs, firstTokenMs, lastTokenMs } = value;
    const { text, isCut } = cutText(value, call.prefill, request.stop);
    const isStopped = isCut || value.finishReason !== 'length';
    const outputTokens = usage?.outputTokens ?? 0;
    if (!isStopped && usage !== undefined && outputTokens < request.maxTokens) {
      const message = `the server's context was full after ${usage.promptTokens} prompt tokens and ${outputTokens} of ${request.maxTokens} to generate`;
      return failed(request.id, new RequestFault('prompt_too_long', message, usage.promptTokens));
    }
    return {
      id: request.id,
      status: 'done',
      text,
      finishReason: isStopped ? 'stop' : 'length',
      promptTokens: usage?.promptTokens ?? 0,
      reusedTokens: cachedTokens,
      outputTokens,
      tokenLogprobs: request.logprobs === true ? tokenLogprobs : undefined,
      promptHead: [],
      promptSha256: promptSha256(request.prompt),
      ...(rendered !== undefined && { renderedPrompt: rendered }),
      retries,
      times: { scheduledMs, startedMs, firstTokenMs, lastTokenMs },
    };
  } catch (error) {
    if (error instanceof RequestFault) return failed(request.id, error);
    throw error;
  }
}
