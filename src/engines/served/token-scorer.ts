import * as z from 'zod';
import type { ContinuationScore, LoglikelihoodRequest, PassOptions } from '../../core/engine.ts';
import { cutContinuation, nothingBefore, promptHead, scoreOf } from '../prompt-tokens.ts';
import type { PoolTurn } from '../request-pool.ts';
import { changeFields } from './field-changes.ts';
import { askHarmless, type ServedTarget } from './generate-request.ts';
import { RequestFault } from './request-fault.ts';
import { readJson } from './server-reply.ts';

/** What scoring one request gave and took. */
export interface ScoredRequest extends ExchangesSpent {
  readonly continuations: readonly ContinuationScore[];
  readonly contextTokens: number;
  readonly promptHead: readonly number[];
  readonly boundaryShift: boolean;
  readonly reusedTokens: number;
  readonly decodedTokens: number;
  readonly firstValueMs: number;
  readonly endedMs: number;
}

/** What holds for the requests of a pass. */
export interface ScoringPass extends Pick<PassOptions, 'reuse'> {
  /** The way itself is tried: where it doesn't work, nothing else is asked. */
  readonly isProbe?: boolean;
}

/** One way to get the log-probabilities of given tokens out of a server. */
export interface TokenScorer {
  readonly name: string;
  /** Costs more than the model needs: scores are exact, times are not the model's. */
  readonly isDetour: boolean;
  /** Requests at once that make sense; undefined for any number. */
  readonly maxPlaces: number | undefined;
  /**
   * @throws {RequestFault} if this request can't be scored
   * @throws {ServerError} if the server is gone or refuses everything
   */
  readonly score: (
    request: Pick<LoglikelihoodRequest, 'context' | 'continuations'>,
    pass: ScoringPass,
    turn: Pick<PoolTurn, 'place' | 'signal'>,
  ) => Promise<ScoredRequest>;
}

export type CreateTokenScorer = (target: ServedTarget) => TokenScorer;

/** The log-probability of one token, and whether the model would have said it. */
export interface TokenValue {
  readonly logprob: number;
  readonly isTop: boolean;
}

export function continuationScore(tokenIds: readonly number[], values: readonly TokenValue[]): ContinuationScore {
  return scoreOf(
    tokenIds,
    values.map(({ logprob }) => logprob),
    values.every(({ isTop }) => isTop),
  );
}

/** Asks a server what scoring one request needs, and sums up what the exchanges took. */
export interface ExchangeTally {
  /** Throws as `ServerConnection.ask` and `readJson` do. */
  readonly post: <Schema extends z.ZodType>(
    path: ScoringPath,
    body: object,
    schema: Schema,
  ) => Promise<z.output<Schema>>;
  /** So far. */
  readonly spent: () => ExchangesSpent;
}

export interface ExchangesSpent {
  readonly retries: number;
  /** Tries that failed included. */
  readonly exchanges: number;
  /** When the try of the first that was answered began. */
  readonly startedMs: number;
}

/** `/completions` is the protocol's; the others are at the server's root. */
export type ScoringPath = '/completions' | '/completion' | '/tokenize' | '/generate';

export const tokenList = z.looseObject({ tokens: z.array(z.number()) });

export function tallyExchanges(target: ServedTarget, signal: AbortSignal): ExchangeTally {
  const { connection } = target;
  let [retries, exchanges] = [0, 0];
  let startedMs: number | undefined;
  return {
    async post(path, body, schema) {
      const isAtRoot = path !== '/completions';
      const text = JSON.stringify(isAtRoot ? body : changeFields({ ...body }, target.facts.changes?.plain));
      const url = connection.baseUrl + (isAtRoot ? ` (${path})` : path);
      const exchange = async () =>
        readJson(
          url,
          await (isAtRoot
            ? connection.sendToRoot('POST', path, text, signal)
            : connection.send('POST', path, text, signal)),
          schema,
        );
      const asked = await connection.ask(exchange, signal, () => askHarmless(target, 'plain', signal));
      retries += asked.retries;
      exchanges += 1 + asked.retries;
      startedMs ??= asked.startedMs;
      return asked.value;
    },
    spent: () => ({ retries, exchanges, startedMs: startedMs ?? connection.now() }),
  };
}

/** One continuation on its context, as tokens. */
export interface PlannedContinuation {
  readonly tokens: readonly number[];
  /** Index of the first scored token, at least 1. */
  readonly start: number;
}

export interface LikelihoodPlan {
  readonly contextTokens: number;
  /** First tokens of the context. */
  readonly promptHead: readonly number[];
  readonly boundaryShift: boolean;
  readonly continuations: readonly PlannedContinuation[];
}

export interface TextTokens {
  /** Tokens of plain text as the server makes them, with a BOS where the model has one. */
  readonly encode: (text: string) => Promise<readonly number[]>;
  /** The token that stands before a text without context; undefined where there is none. */
  readonly prefixToken: number | undefined;
}

async function planContinuation(
  text: string,
  context: readonly number[],
  prefix: number | undefined,
  { encode, prefixToken }: TextTokens,
): Promise<PlannedContinuation & { readonly isShifted: boolean }> {
  const own = await encode(text);
  const tokens = prefix === undefined ? own : [prefix, ...own];
  const cut = cutContinuation(context, tokens, prefixToken);
  if (cut === undefined) throw new RequestFault('engine', nothingBefore, tokens.length);
  const { before, start, isShifted } = cut;
  return { tokens: before === undefined ? tokens : [before, ...tokens], start, isShifted };
}

/**
 * Context and continuations as tokens, cut as the llama engine cuts them: tokenised jointly, spaces at the end of the
 * context given to the continuations, scored from the longest common prefix with the context's own tokens.
 *
 * @throws {RequestFault} if there is nothing to score
 */
export async function planLikelihood(
  request: { readonly context: string; readonly continuations: readonly string[] },
  texts: TextTokens,
): Promise<LikelihoodPlan> {
  const trimmed = request.context.trimEnd();
  const own = await texts.encode(trimmed);
  const prefix = own.length === 0 ? texts.prefixToken : undefined;
  const context = prefix === undefined ? own : [prefix];
  const continuations: PlannedContinuation[] = [];
  let boundaryShift = false;
  for (const continuation of request.continuations) {
    const planned = await planContinuation(request.context + continuation, context, prefix, texts);
    boundaryShift ||= planned.isShifted;
    continuations.push(planned);
  }
  return { contextTokens: context.length, promptHead: promptHead(context), boundaryShift, continuations };
}
