import {
  type FinishReason,
  type GenerateRequest,
  type Generation,
  type PassOptions,
  type Prompt,
  type RequestFailure,
  uncountedRemark,
} from '../../core/engine.ts';
import { defaultThinkingBudget } from '../../core/model-setting.ts';
import { requestFailure, textSha256 } from '../prompt-tokens.ts';
import type { PoolTurn } from '../request-pool.ts';
import { readPart } from './answer-part.ts';
import { answerRemarks } from './answer-remarks.ts';
import { AnswerReader, type CompletionAnswer, type ReaderOptions } from './completion-answer.ts';
import { type CallOptions, completionCall, type CompletionCall, countingStream, thinkingCall } from './completions.ts';
import { closedThoughts, continuationCall, type Post, rootPost } from './continue-thoughts.ts';
import { exchange } from './exchange.ts';
import { renderedPrompt } from './rendered-prompt.ts';
import type { ServedThinking } from './served-thinking.ts';
import type { ServerConnection } from './server-connection.ts';
import { fewTokens, harmlessPrompt } from './harmless-prompt.ts';
import type { ServerFacts } from './server-facts.ts';
import { RequestFault } from './request-fault.ts';
import type { SchemaWay } from './structured-output.ts';

/** What a pass asks of each of its requests. */
export type RequestSettings = Omit<PassOptions, 'signal'>;

/** A model at a server, as requests need it. */
export interface ServedTarget {
  readonly connection: ServerConnection;
  readonly facts: ServerFacts;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly salt: () => string;
  /** Undefined where nothing is done about thinking. */
  readonly thinking?: ServedThinking | undefined;
  /** Undefined where answers aren't held to schemas. */
  readonly schemaWay?: SchemaWay | undefined;
}

/** What a person would call the prompt: its text, or the messages as JSON where the server renders them. */
export function promptSha256(prompt: Prompt): string {
  const text = prompt.style === 'plain' ? prompt.text : JSON.stringify([prompt.messages, prompt.prefill ?? '']);
  return textSha256(text);
}

export function failed(id: string, { reason, message, promptTokens }: RequestFault): RequestFailure {
  return requestFailure(id, reason, message, promptTokens);
}

/** Asks for a few tokens, as a request of this style would. */
export async function askHarmless(target: ServedTarget, style: Prompt['style'], signal: AbortSignal): Promise<void> {
  const request = { id: 'harmless', prompt: harmlessPrompt(style), maxTokens: fewTokens, stop: [] };
  const call = completionCall(request, callOptions(target, { reuse: 'none' }));
  await exchange(target.connection, call, JSON.stringify(call.body), {}, signal);
}

export function callOptions(
  { facts, extra, salt, thinking, schemaWay }: ServedTarget,
  pass: CallOptions['pass'],
): CallOptions {
  return { facts, model: facts.servedName, extra, pass, salt, thinking, schemaWay };
}

/** The answer without what was given to begin it, and cut before the first stop string. */
function cutText(
  text: string,
  prefill: string,
  stop: readonly string[],
): { readonly text: string; readonly isCut: boolean } {
  const whole = prefill !== '' && text.startsWith(prefill) ? text.slice(prefill.length) : text;
  const cut = Math.min(...stop.map((each) => whole.indexOf(each)).filter((at) => at !== -1), Infinity);
  return cut === Infinity ? { text: whole, isCut: false } : { text: whole.slice(0, cut), isCut: true };
}

/** The exchanges of one request: each tried again by itself. */
class RequestExchanges {
  readonly #target: ServedTarget;
  readonly #style: Prompt['style'];
  readonly #signal: AbortSignal;
  #retries = 0;
  #startedMs: number | undefined;

  constructor(target: ServedTarget, style: Prompt['style'], signal: AbortSignal) {
    this.#target = target;
    this.#style = style;
    this.#signal = signal;
  }

  /** Tries that failed, and when the one of the first exchange that was answered began. */
  get spent(): { readonly retries: number; readonly startedMs: number } {
    return { retries: this.#retries, startedMs: this.#startedMs ?? this.#target.connection.now() };
  }

  async ask(call: CompletionCall, options: ReaderOptions): Promise<CompletionAnswer> {
    const body = JSON.stringify(call.body);
    const { connection } = this.#target;
    return this.#try(() => exchange(connection, call, body, options, this.#signal));
  }

  /** What is beside the protocol, at the server's root. */
  readonly post: Post = async (path, body, schema) =>
    this.#try(() => rootPost(this.#target.connection, this.#signal)(path, body, schema));

  async #try<Value>(attempt: () => Promise<Value>): Promise<Value> {
    const signal = this.#signal;
    const harmless = async (): Promise<void> => askHarmless(this.#target, this.#style, signal);
    const { value, retries, startedMs } = await this.#target.connection.ask(attempt, signal, harmless);
    this.#retries += retries;
    this.#startedMs ??= startedMs;
    return value;
  }
}

/** What was asked of the server in one exchange or two, and what came. */
interface Answered {
  readonly answer: CompletionAnswer;
  readonly prefill: string;
  /** Tokens that the last exchange had room for. */
  readonly room: number;
  /** Thoughts and their tokens of an exchange before. */
  readonly before?: CompletionAnswer | undefined;
}

type ChatRequest = GenerateRequest & { readonly prompt: Extract<Prompt, { readonly style: 'chat' }> };

function isChat(request: GenerateRequest): request is ChatRequest {
  return request.prompt.style === 'chat';
}

/** Lets the model think, closes its thoughts by force when their budget is spent, and lets it answer. */
async function thinkAndAnswer(
  exchanges: RequestExchanges,
  request: ChatRequest,
  thinking: ServedThinking,
  options: CallOptions,
): Promise<Answered> {
  const { continues, opened } = thinking;
  const { maxTokens, maxThinkingTokens = Infinity, stop, jsonSchema } = request;
  const budget = Math.min(thinking.budget ?? defaultThinkingBudget, maxThinkingTokens);
  // A schema would hold the thoughts as well.
  const isThoughtsOnly = jsonSchema !== undefined && continues !== undefined;
  const asked = isThoughtsOnly ? { ...request, jsonSchema: undefined } : request;
  const call = thinkingCall(asked, budget, options);
  const first = await exchanges.ask(call, {
    startsInside: opened,
    limits: { budget, maxTokens, stop, isThoughtsOnly },
  });
  // A model may end its turn while it thinks.
  const isSilent = first.finishReason === 'stop' && first.isThinking;
  const isUnheld = isThoughtsOnly && !first.isThinking;
  const isOver = first.end === 'thoughts' || first.end === 'budget' || isSilent || isUnheld;
  if (!isOver || continues === undefined) return { answer: first, prefill: '', room: budget + maxTokens };
  const given = closedThoughts(first.written, thinking);
  const next = await continuationCall(exchanges.post, { ...request, stop: [] }, given, options, call);
  // White space may come before the answer, which a stop string at the server would take for its end.
  const limits = { budget: undefined, maxTokens, stop, isThoughtsOnly: false };
  const answer = await exchanges.ask(countingStream(next, options.facts), { isAllAnswer: true, limits });
  return { answer, prefill: next.prefill, room: maxTokens, before: first };
}

/** Closes the block that the template opens, unthought. */
async function answerUnthought(
  exchanges: RequestExchanges,
  request: ChatRequest,
  suffix: string,
  options: CallOptions,
): Promise<Answered> {
  const call = await continuationCall(exchanges.post, request, suffix, options);
  const answer = await exchanges.ask(call, { isAllAnswer: true });
  return { answer, prefill: call.prefill, room: request.maxTokens };
}

async function answerRequest(
  exchanges: RequestExchanges,
  request: GenerateRequest,
  { thinking }: ServedTarget,
  options: CallOptions,
): Promise<Answered> {
  if (isChat(request) && thinking !== undefined) {
    if (thinking.mode === 'on') return thinkAndAnswer(exchanges, request, thinking, options);
    if (thinking.suffix !== '') return answerUnthought(exchanges, request, thinking.suffix, options);
  }
  const call = completionCall(request, options);
  const startsInside = isChat(request) ? (thinking === undefined ? 'unknown' : thinking.opened) : undefined;
  const answer = await exchanges.ask(call, { startsInside });
  return { answer, prefill: call.prefill, room: request.maxTokens };
}

/** Why the answer ended; `isCut` by a stop string. */
function finishReasonOf(answer: CompletionAnswer, isBlank: boolean, isCut: boolean): FinishReason {
  const { end, finishReason, refusal, isThinking, thoughts, thinkingTokens = 0 } = answer;
  if (finishReason === 'content_filter' || refusal !== '') return 'content_filter';
  // Without an end of the thoughts there is no answer, whatever ended the text.
  if (isThinking) return 'budget_cut';
  if (isCut || end === 'stop') return 'stop';
  if (end !== 'answer' && finishReason !== 'length') return 'stop';
  // Some think and don't show it.
  return isBlank && (thoughts !== undefined || thinkingTokens > 0) ? 'budget_cut' : 'length';
}

function sum(...counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, each) => total + each, 0);
}

/** What the server, or else the stream, says of the tokens of both exchanges. */
function outputTokens({ answer, before }: Pick<Answered, 'answer' | 'before'>): number {
  const of = ({ counts, streamedTokens, end }: CompletionAnswer): number | undefined =>
    counts?.outputTokens ?? (end === 'server' ? undefined : streamedTokens);
  return sum(before && of(before), of(answer)) ?? 0;
}

/** Whether the server counted the tokens of all exchanges that it ended. */
function isCounted({ answer, before }: Answered): boolean {
  return [before, answer].every((each) => each === undefined || each.end !== 'server' || each.counts !== undefined);
}

function joinThoughts({ answer, before }: Answered): string | undefined {
  const all = [before?.thoughts, answer.thoughts].filter((each) => each !== undefined);
  return all.length === 0 ? undefined : all.join('\n\n');
}

/** A stream that was ended from here has no count at its end; a server that doesn't count all along is asked for a prompt's tokens. */
async function countPrompt(
  { answer, before }: Answered,
  exchanges: RequestExchanges,
  request: GenerateRequest,
  options: CallOptions,
): Promise<number> {
  const first = before ?? answer;
  if (first.counts !== undefined) return first.counts.promptTokens;
  if (first.end === 'server') return 0;
  const call = completionCall({ ...request, maxTokens: 1, stop: [], jsonSchema: undefined }, options);
  try {
    return (await exchanges.ask(call, {})).counts?.promptTokens ?? 0;
  } catch (error) {
    // Some refuse so little room; then nobody counts.
    if (error instanceof RequestFault) return 0;
    throw error;
  }
}

/** A prompt that a filter refused: nothing was generated. */
function filteredPrompt(nowMs: number): CompletionAnswer {
  const reader = new AnswerReader({});
  reader.pushWhole(readPart({ choices: [{ finish_reason: 'content_filter' }] }));
  return reader.result('server', () => nowMs);
}

/** The context as the server counts it may lack a token or two: marks, or one that is kept free. */
const uncountedTokens = 2;

/**
 * Prompt and answer filled the context before the answer had the room that it was asked with. That fewer tokens are counted
 * than were asked says nothing: some leave thoughts out of the count, or have a limit of their own.
 */
function contextFault({ answer, room }: Answered, contextTokens: number | undefined): RequestFault | undefined {
  const { counts, end, finishReason } = answer;
  if (end !== 'server' || finishReason !== 'length' || counts === undefined || contextTokens === undefined)
    return undefined;
  const { promptTokens, outputTokens: made } = counts;
  if (made >= room || promptTokens + made < contextTokens - uncountedTokens) return undefined;
  const message = `the server's context was full after ${promptTokens} prompt tokens and ${made} of ${room} to generate`;
  return new RequestFault('prompt_too_long', message, promptTokens);
}

interface RequestSpent {
  readonly model: unknown;
  /** Of the server; undefined where it doesn't tell. */
  readonly contextTokens: number | undefined;
  readonly promptTokens: number;
  readonly retries: number;
  readonly scheduledMs: number;
  readonly startedMs: number;
}

/** What a request came to, in the engine's terms. */
function generationOf(request: GenerateRequest, answered: Answered, spent: RequestSpent): Generation {
  const { answer, before, prefill } = answered;
  const { retries, promptTokens, scheduledMs, startedMs } = spent;
  const { text, isCut } = cutText(answer.text, prefill, request.stop);
  const finishReason = finishReasonOf(answer, text.trim() === '', isCut);
  const full = finishReason === 'stop' ? undefined : contextFault(answered, spent.contextTokens);
  if (full !== undefined) return failed(request.id, full);
  const thoughts = joinThoughts(answered);
  const thinkingTokens = sum(before?.thinkingTokens, answer.thinkingTokens);
  const remarks = [...answerRemarks(answer, spent.model), ...(isCounted(answered) ? [] : [uncountedRemark])];
  return {
    id: request.id,
    status: 'done',
    text: text === '' ? answer.refusal : text,
    ...(thoughts !== undefined && { thoughts }),
    ...(thinkingTokens !== undefined && { thinkingTokens }),
    ...(remarks.length > 0 && { remarks }),
    finishReason,
    promptTokens,
    reusedTokens: (before ?? answer).counts?.cachedTokens ?? 0,
    outputTokens: outputTokens(answered),
    tokenLogprobs: request.logprobs === true ? answer.tokenLogprobs : undefined,
    promptHead: [],
    promptSha256: promptSha256(request.prompt),
    retries,
    times: {
      scheduledMs,
      startedMs,
      firstTokenMs: before?.firstTokenMs ?? answer.firstTokenMs,
      lastTokenMs: answer.lastTokenMs,
    },
  };
}

/** A model that was to think and didn't has thought 0 tokens; of thoughts without a count the number stays unknown. */
function withUnthought(generation: Generation, { thinking }: ServedTarget): Generation {
  if (generation.status === 'failed' || thinking?.mode !== 'on') return generation;
  const { thoughts, thinkingTokens, text } = generation;
  // Some think and don't show it: without an answer nothing tells.
  const isUnthought = thoughts === undefined && thinkingTokens === undefined && text.trim() !== '';
  return isUnthought ? { ...generation, thinkingTokens: 0 } : generation;
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
  const scheduledMs = request.scheduledMs ?? turn.scheduledMs;
  if (request.jsonSchema !== undefined && target.schemaWay === undefined)
    return requestFailure(request.id, 'engine', "structured output is off, so answers can't be held to a JSON schema");
  const options = callOptions(target, pass);
  const exchanges = new RequestExchanges(target, request.prompt.style, turn.signal);
  const about = { model: target.extra['model'] ?? options.model, contextTokens: target.facts.contextTokens };
  try {
    const answered = await answerRequest(exchanges, request, target, options);
    const promptTokens = await countPrompt(answered, exchanges, request, options);
    const spent = { ...exchanges.spent, ...about, scheduledMs, promptTokens };
    const generation = withUnthought(generationOf(request, answered, spent), target);
    if (request.wantsPrompt !== true || generation.status === 'failed') return generation;
    // After the answer, whose time it must not take.
    const call = completionCall(request, options);
    const rendered = await renderedPrompt(target.connection, request, call, turn.signal);
    return rendered === undefined ? generation : { ...generation, renderedPrompt: rendered };
  } catch (error) {
    if (!(error instanceof RequestFault)) throw error;
    if (!error.isFiltered) return failed(request.id, error);
    const answer = filteredPrompt(target.connection.now());
    return generationOf(
      request,
      { answer, prefill: '', room: 0 },
      { ...exchanges.spent, ...about, scheduledMs, promptTokens: 0 },
    );
  }
}
