import { markAt, type SplitPlace, type SplitStart, ThoughtSplitter } from '../../core/split-thoughts.ts';
import type { ThoughtShape } from '../../core/thought-shapes.ts';
import type { AnswerPart, TokenCounts } from './answer-part.ts';

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
  /** In the protocol's words, an unknown one as the server says it. */
  readonly finishReason: string | undefined;
  /** Of the answer, as far as thoughts can be told apart. */
  readonly tokenLogprobs: readonly number[] | undefined;
  readonly counts: TokenCounts | undefined;
  /** The model that the server says it is from. */
  readonly model: string | undefined;
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
  #model: string | undefined;
  #hasMessage = false;
  #isWhole = false;
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

  /** Anything of an answer came, if only its end: the role that begins a stream is nothing of one. */
  get hasAnswer(): boolean {
    const hasMessage = this.#hasMessage && (this.#isWhole || this.#events > 0);
    return hasMessage || this.#finishReason === 'content_filter';
  }

  /** How far the answer has come: grows with each piece of it, and with each token that is only counted. */
  get progress(): number {
    return this.#events + (this.#counts?.outputTokens ?? 0);
  }

  /** Takes an event of a stream; says why the stream must end here, if it must. */
  push(part: AnswerPart, now: () => number): AnswerEnd | undefined {
    this.#counts = part.counts ?? this.#counts;
    this.#model ??= part.model;
    if (!part.hasChoice) {
      this.#finishReason ??= part.finishReason;
      return undefined;
    }
    // An event stands for a token: text, a thought, a log-probability, or the end, which servers count as one.
    const hasText = part.content !== '' || part.thoughts !== '' || part.refusal !== '';
    if (hasText || part.finishReason !== undefined || (part.logprobs?.length ?? 0) > 0) {
      this.#lastTokenMs = now();
      this.#firstTokenMs ??= this.#lastTokenMs;
      this.#events += 1;
    }
    this.#take(part);
    if (this.#hasThoughts() && !this.#hasAnswer()) {
      this.#tokensBefore = this.#tokens;
      this.#logprobsBefore = this.#logprobs?.length ?? 0;
    }
    const { limits } = this.#options;
    return limits === undefined || this.isFinished ? undefined : this.#limitReached(limits);
  }

  /** Takes an answer that came in one piece. */
  pushWhole(part: AnswerPart): void {
    this.#isWhole = true;
    this.#counts = part.counts;
    this.#model = part.model;
    this.#take(part);
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
      model: this.#model,
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

  #take({ thoughts, content, refusal, finishReason, logprobs, hasMessage }: AnswerPart): void {
    const isAllAnswer = this.#options.isAllAnswer === true;
    const said = isAllAnswer ? thoughts + content : content;
    if (!isAllAnswer) this.#apart += thoughts;
    this.#refusal += refusal;
    this.#content += said;
    this.#splitter.push(said);
    this.#finishReason ??= finishReason;
    this.#hasMessage ||= hasMessage;
    if (logprobs !== undefined) (this.#logprobs ??= []).push(...logprobs);
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
    const close = place === 'inside' || shape === undefined ? -1 : markAt(whole, shape.close);
    return { text: close === -1 ? whole : whole.slice(0, close).trimEnd(), isBare: false, shape };
  }
}
