import type { LoglikelihoodRequest, RequestFailure } from '../../core/engine.ts';
import type { Tokenizer } from './native/tokenizer.ts';
import { failure, type PromptReader } from './prompt-tokens.ts';

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

export function commonPrefix(left: Int32Array, right: Int32Array, limit = Math.min(left.length, right.length)): number {
  const end = Math.min(limit, left.length, right.length);
  let length = 0;
  while (length < end && left[length] === right[length]) length += 1;
  return length;
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
    if (continuation === '') return failure(request.id, 'engine', `continuation ${index} is empty`, tokens.length);
    let shared = commonPrefix(contextTokens, tokens);
    if (shared === 0) {
      if (tokenizer.prefixToken === undefined) {
        return failure(
          request.id,
          'engine',
          'the first token has nothing before it to be predicted from',
          tokens.length,
        );
      }
      tokens = prepend(tokenizer.prefixToken, tokens);
      shared = 1;
      boundaryShift = true;
    }
    // A continuation can vanish into the context's last token; then that token is what is scored.
    const start = Math.min(shared, tokens.length - 1);
    if (start < contextTokens.length) boundaryShift = true;
    if (tokens.length > reader.contextTokens + 1) {
      const message = `context and continuation ${index} take ${tokens.length} tokens, the model holds ${reader.contextTokens}`;
      return failure(request.id, 'prompt_too_long', message, contextTokens.length);
    }
    continuations.push({ tokens, start });
  }
  return { contextTokens: contextTokens.length, head: contextTokens, boundaryShift, continuations };
}
