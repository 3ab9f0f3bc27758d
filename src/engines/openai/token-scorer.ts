import type { ContinuationScore, LoglikelihoodRequest, PassOptions } from '../../core/engine.ts';
import type { ExchangesSpent } from './exchange-tally.ts';
import type { ServedTarget } from './generate-request.ts';
import type { PoolTurn } from './request-pool.ts';

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

/** One way to get the log-probabilities of given tokens out of a server. */
export interface TokenScorer {
  readonly name: string;
  /** Costs more than the model needs: scores are exact, times are not the model's. */
  readonly isDetour: boolean;
  /** Requests at once that make sense; undefined for any number. */
  readonly mostPlaces: number | undefined;
  /**
   * @throws {RequestFault} if this request can't be scored
   * @throws {ServerError} if the server is gone or refuses everything
   */
  readonly score: (
    request: Pick<LoglikelihoodRequest, 'context' | 'continuations'>,
    pass: Pick<PassOptions, 'reuse'>,
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
  const tokenLogprobs = values.map(({ logprob }) => logprob);
  return {
    logprob: tokenLogprobs.reduce((sum, value) => sum + value, 0),
    tokenIds,
    tokenLogprobs,
    isGreedy: values.every(({ isTop }) => isTop),
  };
}
