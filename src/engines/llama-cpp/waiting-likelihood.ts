import type { ContinuationScore, LoglikelihoodRequest, LoglikelihoodResult } from '../../core/engine.ts';
import type { Leaf } from './likelihood-group.ts';
import { commonPrefix, type LikelihoodTokens } from './likelihood-tokens.ts';
import { promptHead, textSha256 } from './prompt-tokens.ts';

/** A log-likelihood request on its way, with what its continuations have scored so far. */
export interface WaitingLikelihood {
  readonly request: LoglikelihoodRequest;
  readonly read: LikelihoodTokens;
  /** Tokens of its first continuation with context: what a sorted queue goes by. */
  readonly tokens: Int32Array;
  readonly scores: (ContinuationScore | undefined)[];
  readonly arrivedMs: number;
  leavesLeft: number;
  reusedTokens: number;
  decodedTokens: number;
  scheduledMs: number;
  startedMs: number | undefined;
  firstTokenMs: number | undefined;
}

export type ScoredLeaf = Leaf<WaitingLikelihood>;

export function startWaiting(
  request: LoglikelihoodRequest,
  read: LikelihoodTokens,
  arrivedMs: number,
): WaitingLikelihood {
  return {
    request,
    read,
    tokens: read.continuations[0]?.tokens ?? read.head,
    scores: request.continuations.map(() => undefined),
    arrivedMs,
    leavesLeft: request.continuations.length,
    reusedTokens: 0,
    decodedTokens: 0,
    scheduledMs: arrivedMs,
    startedMs: undefined,
    firstTokenMs: undefined,
  };
}

/** The continuations in the order of their tokens, so that neighbours share the most. */
export function sortedLeaves(owner: WaitingLikelihood): ScoredLeaf[] {
  const leaves = owner.read.continuations.map(({ tokens, start }, index) => ({ owner, index, tokens, start }));
  return leaves.toSorted((left, right) => {
    const shared = commonPrefix(left.tokens, right.tokens);
    return (left.tokens[shared] ?? -1) - (right.tokens[shared] ?? -1);
  });
}

export function finishWaiting(waiting: WaitingLikelihood, endMs: number): LoglikelihoodResult {
  return {
    id: waiting.request.id,
    status: 'done',
    continuations: waiting.scores.filter((score) => score !== undefined),
    contextTokens: waiting.read.contextTokens,
    reusedTokens: waiting.reusedTokens,
    decodedTokens: waiting.decodedTokens,
    boundaryShift: waiting.read.boundaryShift,
    promptHead: promptHead(waiting.read.head),
    promptSha256: textSha256(waiting.request.context),
    retries: 0,
    exchanges: undefined,
    times: {
      scheduledMs: waiting.scheduledMs,
      startedMs: waiting.startedMs ?? endMs,
      firstTokenMs: waiting.firstTokenMs ?? endMs,
      lastTokenMs: endMs,
    },
  };
}
