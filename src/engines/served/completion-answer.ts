import * as z from 'zod';
import { type SplitPlace, type SplitStart, ThoughtSplitter } from '../../core/split-thoughts.ts';
import type { ThoughtShape } from '../../core/thought-shapes.ts';

const logprobs = z.object({
  /** Chat, and llama-server everywhere. */
  content: z.array(z.object({ logprob: z.number() })).nullish(),
  /** Completions. */
  token_logprobs: z.array(z.number().nullable()).nullish(),
});

const usage = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: z.number().nullish() }).nullish(),
});

/** llama-server's own account; with `timings_per_token` in every event. */
const timings = z.object({
  cache_n: z.number().optional(),
  prompt_n: z.number().optional(),
  predicted_n: z.number().optional(),
});

/** A message, or what an event adds to it. */
const message = z.object({
  /** Text, or a list of parts (Mistral). */
  content: z.unknown().optional(),
  /** What a model thinks before it answers, where a server tells the two apart: one name or another. */
  reasoning_content: z.unknown().optional(),
  reasoning: z.unknown().optional(),
  thinking: z.unknown().optional(),
  /** Said instead of an answer. */
  refusal: z.string().nullish(),
});

/** Only what is read: servers differ in the rest, and change it. Plain objects, since looser ones cost a client CPU. */
export const completionSchema = z.object({
  choices: z.tuple(
    [
      z.object({
        text: z.string().nullish(),
        message: message.nullish(),
        finish_reason: z.string().nullish(),
        logprobs: logprobs.nullish(),
      }),
    ],
    z.unknown(),
  ),
  usage: usage.nullish(),
  timings: timings.nullish(),
});

/** One event of a stream: a piece of text, or the count at the end. */
export const chunkSchema = z.object({
  /** Servers that fail in the middle say so in the stream. */
  error: z.unknown().optional(),
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        delta: message.nullish(),
        finish_reason: z.string().nullish(),
        logprobs: logprobs.nullish(),
      }),
    )
    .default([]),
  usage: usage.nullish(),
  timings: timings.nullish(),
});

/** Thoughts and answer of a message, as far as the server tells them apart. */
interface Pieces {
  readonly thoughts: string;
  readonly content: string;
  readonly refusal: string;
}

/** Text in whatever shape a field has it: itself, a list of parts, or a part. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (typeof value !== 'object' || value === null) return '';
  const { text, thinking, content, summary } = value as Readonly<Record<string, unknown>>;
  return textOf(text ?? thinking ?? content ?? summary);
}

const thinkingParts = new Set(['thinking', 'reasoning', 'reasoning_text']);

const isThinkingPart = (part: unknown): boolean =>
  typeof part === 'object' && part !== null && 'type' in part && thinkingParts.has(String(part.type));

function piecesOf(text: string | null | undefined, said: z.output<typeof message> | null | undefined): Pieces {
  const { content, reasoning_content: long, reasoning: short, thinking, refusal } = said ?? {};
  // Some servers send the same thoughts under two names.
  const apart = [long, short, thinking].map(textOf).find((each) => each !== '') ?? '';
  if (!Array.isArray(content)) return { thoughts: apart, content: text ?? textOf(content), refusal: refusal ?? '' };
  const thoughts = apart + textOf(content.filter(isThinkingPart));
  return { thoughts, content: textOf(content.filter((part) => !isThinkingPart(part))), refusal: refusal ?? '' };
}

type Counts = Pick<z.output<typeof chunkSchema>, 'usage' | 'timings'>;

export interface TokenCounts {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** Of the output; undefined where the server doesn't tell. */
  readonly reasoningTokens: number | undefined;
}

/** What the server counted, so far or in all; undefined where it doesn't count. */
function countsOf({ usage: counted, timings: timed }: Counts): TokenCounts | undefined {
  const cached = counted?.prompt_tokens_details?.cached_tokens ?? timed?.cache_n ?? 0;
  if (counted) {
    return {
      promptTokens: counted.prompt_tokens,
      outputTokens: counted.completion_tokens,
      cachedTokens: cached,
      reasoningTokens: counted.completion_tokens_details?.reasoning_tokens ?? undefined,
    };
  }
  const { prompt_n: prompt, predicted_n: output } = timed ?? {};
  if (prompt === undefined || output === undefined) return undefined;
  return { promptTokens: prompt + cached, outputTokens: output, cachedTokens: cached, reasoningTokens: undefined };
}

/** Log-probabilities in whichever of the two shapes they come. */
function logprobsOf(given: z.output<typeof logprobs> | null | undefined): readonly number[] | undefined {
  if (given?.content) return given.content.map(({ logprob }) => logprob);
  return given?.token_logprobs?.filter((value) => value !== null);
}

/** When an answer is ended from here, because the server was given room for thoughts as well. */
export interface AnswerLimits {
  /** Undefined: the thoughts have no limit of their own. */
  readonly budget: number | undefined;
  /** Of the answer alone. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
  /** End where the thoughts do: the answer is asked for apart. */
  readonly isThoughtsOnly: boolean;
}

export interface ReaderOptions extends SplitStart {
  readonly limits?: AnswerLimits | undefined;
  /** What comes under a name for thoughts is the answer: the thoughts were given, and a server may not know that. */
  readonly isAllAnswer?: boolean;
}

/** What ended an answer: the server, or one of the limits here. `thoughts`: they are over. */
export type AnswerEnd = 'server' | 'budget' | 'answer' | 'stop' | 'thoughts';

/** What one generation came to, whole or streamed. */
export interface CompletionAnswer {
  /** Without thoughts. */
  readonly text: string;
  readonly thoughts: string | undefined;
  /** The thoughts never ended: there is no answer. */
  readonly isThinking: boolean;
  /** Said instead of an answer. */
  readonly refusal: string;
  readonly end: AnswerEnd;
  /** As the server says it. */
  readonly finishReason: string | undefined;
  /** Of the answer, as far as thoughts can be told apart. */
  readonly tokenLogprobs: readonly number[] | undefined;
  readonly counts: TokenCounts | undefined;
  /** By the server's running count, or one for each event; undefined where the answer came in one piece. */
  readonly streamedTokens: number | undefined;
  /** Of thoughts, their marks and the white space behind them; undefined where nothing tells. */
  readonly thinkingTokens: number | undefined;
  /** The thoughts as the model wrote them, so that it can go on from there. */
  readonly written: WrittenThoughts;
  /** Undefined where tokens weren't streamed. */
  readonly firstTokenMs: number | undefined;
  readonly lastTokenMs: number;
}

/** Thoughts as text to go on from. */
export interface WrittenThoughts {
  readonly text: string;
  /** The server gave them apart, without the marks around them. */
  readonly isBare: boolean;
  /** Undefined where no mark was seen. */
  readonly shape: ThoughtShape | undefined;
}

type Chunk = z.output<typeof chunkSchema>;

/** Puts an answer together from what comes, tells thoughts from the answer, and says when it must end. */
export class AnswerReader {
  readonly #options: ReaderOptions;
  readonly #splitter: ThoughtSplitter;
  #apart = '';
  #content = '';
  #refusal = '';
  #finishReason: string | undefined;
  #logprobs: number[] | undefined;
  #counts: TokenCounts | undefined;
  #events = 0;
  /** When the answer had not begun yet. */
  #tokensBefore = 0;
  #logprobsBefore = 0;
  #firstTokenMs: number | undefined;
  #lastTokenMs: number | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#splitter = new ThoughtSplitter(options);
  }

  get isFinished(): boolean {
    return this.#finishReason !== undefined;
  }

  /** Takes an event of a stream; says why the stream must end here, if it must. */
  push({ choices: [choice], ...counted }: Chunk, now: () => number): AnswerEnd | undefined {
    this.#counts = countsOf(counted) ?? this.#counts;
    if (choice === undefined) return undefined;
    const pieces = piecesOf(choice.text, choice.delta);
    const logprobsGiven = logprobsOf(choice.logprobs);
    // An event stands for a token: text, a thought, a log-probability, or the end, which servers count as one.
    const hasText = pieces.content !== '' || pieces.thoughts !== '' || pieces.refusal !== '';
    if (hasText || (choice.finish_reason ?? '') !== '' || (logprobsGiven?.length ?? 0) > 0) {
      this.#lastTokenMs = now();
      this.#firstTokenMs ??= this.#lastTokenMs;
      this.#events += 1;
    }
    this.#take(pieces, choice.finish_reason, logprobsGiven);
    if (this.#hasThoughts() && !this.#hasAnswer()) {
      this.#tokensBefore = this.#tokens;
      this.#logprobsBefore = this.#logprobs?.length ?? 0;
    }
    const { limits } = this.#options;
    return limits === undefined || this.isFinished ? undefined : this.#limitReached(limits);
  }

  /** Takes an answer that came in one piece. */
  pushWhole({ choices: [choice], ...counted }: z.output<typeof completionSchema>): void {
    this.#counts = countsOf(counted);
    this.#take(piecesOf(choice.text, choice.message), choice.finish_reason ?? undefined, logprobsOf(choice.logprobs));
  }

  result(end: AnswerEnd, now: () => number): CompletionAnswer {
    const { place, pending } = this.#splitter;
    const isThinking = this.#isThinking();
    const { thoughts: marked, answer } = this.#splitter.finish();
    const apart = this.#apart.trim();
    const thoughts = [apart, marked].filter(Boolean).join('\n\n') || undefined;
    const isBehindThoughts = apart !== '' || this.#options.isAllAnswer === true;
    return {
      text: isBehindThoughts ? answer.trimStart() : answer,
      thoughts,
      isThinking,
      refusal: this.#refusal,
      end,
      finishReason: this.#finishReason,
      tokenLogprobs: this.#logprobs?.slice(this.#logprobsBefore),
      counts: this.#counts,
      streamedTokens: this.#events === 0 ? undefined : this.#tokens,
      thinkingTokens: this.#thinkingTokens(),
      written: this.#written(place, pending),
      firstTokenMs: this.#firstTokenMs,
      lastTokenMs: this.#lastTokenMs ?? now(),
    };
  }

  get #tokens(): number {
    // The last count of all may count an end that brought no event.
    return this.#counts?.outputTokens ?? this.#events;
  }

  #take(
    { thoughts, content, refusal }: Pieces,
    finishReason: string | null | undefined,
    given: readonly number[] | undefined,
  ): void {
    const isAllAnswer = this.#options.isAllAnswer === true;
    const said = isAllAnswer ? thoughts + content : content;
    if (!isAllAnswer) this.#apart += thoughts;
    this.#refusal += refusal;
    this.#content += said;
    this.#splitter.push(said);
    this.#finishReason ??= finishReason ?? undefined;
    if (given !== undefined) (this.#logprobs ??= []).push(...given);
  }

  #hasAnswer(): boolean {
    return this.#splitter.answer.trim() !== '';
  }

  #isThinking(): boolean {
    return this.#splitter.place === 'inside' || (this.#apart !== '' && this.#content.trim() === '');
  }

  /** Nothing tells yet whether thoughts or an answer begin. */
  #isUnclear(): boolean {
    return this.#splitter.place === 'start' && !this.#hasThoughts() && this.#content.trim() !== '';
  }

  #hasThoughts(): boolean {
    return this.#splitter.hasBlock || this.#apart !== '';
  }

  #limitReached({ budget = Infinity, maxTokens, stop, isThoughtsOnly }: AnswerLimits): AnswerEnd | undefined {
    const isThinking = this.#isThinking();
    if (isThinking && this.#tokens >= budget) return 'budget';
    if (isThoughtsOnly && (this.#hasAnswer() || (this.#hasThoughts() && !isThinking))) return 'thoughts';
    const { answer } = this.#splitter;
    if (stop.some((each) => each !== '' && answer.trimStart().includes(each))) return 'stop';
    return !isThinking && this.#tokens - this.#tokensBefore >= maxTokens && !this.#isUnclear() ? 'answer' : undefined;
  }

  #thinkingTokens(): number | undefined {
    const told = this.#counts?.reasoningTokens;
    if (told !== undefined && told > 0) return told;
    if (!this.#hasThoughts() || this.#events === 0) return undefined;
    return this.#hasAnswer() ? this.#tokensBefore : this.#tokens;
  }

  #written(place: SplitPlace, pending: string): WrittenThoughts {
    const { shape } = this.#splitter;
    if (this.#apart !== '') return { text: this.#apart, isBare: true, shape };
    if (!this.#splitter.hasBlock) return { text: '', isBare: false, shape };
    const whole = place === 'inside' ? this.#content.slice(0, this.#content.length - pending.length) : this.#content;
    const close = place === 'inside' || shape === undefined ? -1 : whole.indexOf(shape.close);
    return { text: close === -1 ? whole : whole.slice(0, close).trimEnd(), isBare: false, shape };
  }
}
