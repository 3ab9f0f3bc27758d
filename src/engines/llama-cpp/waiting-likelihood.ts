import type {
  ContinuationScore,
  LoglikelihoodRequest,
  LoglikelihoodResult,
  RequestFailure,
} from '../../core/engine.ts';
import {
  commonPrefix,
  cutContinuation,
  nothingBefore,
  promptHead,
  requestFailure,
  textSha256,
} from '../prompt-tokens.ts';
import type { Leaf } from './likelihood-group.ts';
import type { Tokenizer } from './native/tokenizer.ts';
import type { PromptReader } from './prompts.ts';

/** One continuation on its context, as tokens. */
export interface ScoredTokens {
  readonly tokens: Int32Array;
  /** Index of the first scored token, at least 1. */
  readonly start: number;
}

export interface LikelihoodTokens {
  readonly contextTokens: number;
  readonly head: Int32Array;
  readonly boundaryShift: boolean;
  readonly continuations: readonly ScoredTokens[];
}

function prepend(token: number, tokens: Int32Array): Int32Array {
  const longer = new Int32Array(tokens.length + 1);
  longer[0] = token;
  longer.set(tokens, 1);
  return longer;
}

function encodeContext(context: string, tokenizer: Tokenizer): { tokens: Int32Array; prefix: number | undefined } {
  const tokens = context === '' && !tokenizer.addsBos ? new Int32Array() : tokenizer.encode(context);
  if (tokens.length > 0) return { tokens, prefix: undefined };
  // Without context the first token is predicted from a BOS, or what stands in for it.
  const prefix = tokenizer.prefixToken;
  return { tokens: prefix === undefined ? tokens : Int32Array.of(prefix), prefix };
}

/**
 * Tokenises context and continuations jointly. Spaces at the end of the context move to the continuations; where the
 * joint tokens don't begin with the context's own, scoring starts at the longest common prefix.
 */
export function readLikelihood(request: LoglikelihoodRequest, reader: PromptReader): LikelihoodTokens | RequestFailure {
  const { tokenizer } = reader;
  const context = request.context.trimEnd();
  const spaces = request.context.slice(context.length);
  const { tokens: contextTokens, prefix } = encodeContext(context, tokenizer);
  let boundaryShift = false;
  const continuations: ScoredTokens[] = [];
  for (const [index, continuation] of request.continuations.entries()) {
    let tokens = tokenizer.encode(context + spaces + continuation);
    if (prefix !== undefined) tokens = prepend(prefix, tokens);
    if (continuation === '')
      return requestFailure(request.id, 'engine', `continuation ${index} is empty`, tokens.length);
    const cut = cutContinuation(contextTokens, tokens, tokenizer.prefixToken);
    if (cut === undefined) return requestFailure(request.id, 'engine', nothingBefore, tokens.length);
    if (cut.before !== undefined) tokens = prepend(cut.before, tokens);
    boundaryShift ||= cut.isShifted;
    if (tokens.length > reader.contextTokens + 1) {
      const message = `context and continuation ${index} take ${tokens.length} tokens, but the context holds ${reader.contextTokens}`;
      return requestFailure(request.id, 'prompt_too_long', message, contextTokens.length);
    }
    continuations.push({ tokens, start: cut.start });
  }
  return { contextTokens: contextTokens.length, head: contextTokens, boundaryShift, continuations };
}

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
