import { createHash } from 'node:crypto';
import type { ContinuationScore, RequestFailure } from '../core/engine.ts';

/** Prompt tokens that a result shows. */
const headTokens = 32;

export function promptHead(tokens: ArrayLike<number>): number[] {
  return Array.from({ length: Math.min(headTokens, tokens.length) }, (_, index) => tokens[index] ?? 0);
}

export function textSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function requestFailure(
  id: string,
  reason: RequestFailure['reason'],
  message: string,
  promptTokens?: number,
): RequestFailure {
  return { id, status: 'failed', reason, message, promptTokens };
}

export function scoreOf(
  tokenIds: readonly number[],
  tokenLogprobs: readonly number[],
  isGreedy: boolean,
): ContinuationScore {
  return { logprob: tokenLogprobs.reduce((sum, value) => sum + value, 0), tokenIds, tokenLogprobs, isGreedy };
}

/** How many tokens two lists have in common at their start, at most `limit`. */
export function commonPrefix(left: ArrayLike<number>, right: ArrayLike<number>, limit = Infinity): number {
  const end = Math.min(limit, left.length, right.length);
  let length = 0;
  while (length < end && left[length] === right[length]) length += 1;
  return length;
}

/** Where the scored tokens of a continuation begin. */
export interface ContinuationCut {
  /** A token to put before all others, so that the first has something to be predicted from. */
  readonly before: number | undefined;
  /** Index of the first scored token with that one before it, at least 1. */
  readonly start: number;
  /** The joint tokens don't begin with the context's own. */
  readonly isShifted: boolean;
}

/**
 * Cuts context and continuation that were tokenised together: scored is what follows the longest common prefix with the
 * context's own tokens.
 *
 * @param prefixToken stands before a text without context; undefined where the model has none
 * @returns undefined where the first token has no token before it to be predicted from
 */
export function cutContinuation(
  context: ArrayLike<number>,
  joint: ArrayLike<number>,
  prefixToken: number | undefined,
): ContinuationCut | undefined {
  const shared = commonPrefix(context, joint);
  const before = shared === 0 ? prefixToken : undefined;
  if (shared === 0 && before === undefined) return undefined;
  // A continuation can vanish into the context's last token; then that token is what is scored.
  const start = before === undefined ? Math.min(shared, joint.length - 1) : Math.min(1, joint.length);
  return { before, start, isShifted: before !== undefined || start < context.length };
}

/** What `cutContinuation` can't do, as people read it. */
export const nothingBefore = 'the first token has no token before it to be predicted from';
