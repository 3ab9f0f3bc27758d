import { RequestFault } from './server-reply.ts';

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

/** Prompt tokens that a result shows. */
const headTokens = 32;

function commonPrefix(left: readonly number[], right: readonly number[]): number {
  let length = 0;
  while (length < left.length && length < right.length && left[length] === right[length]) length += 1;
  return length;
}

async function planContinuation(
  text: string,
  index: number,
  continuation: string,
  context: readonly number[],
  prefix: number | undefined,
  { encode, prefixToken }: TextTokens,
): Promise<PlannedContinuation & { readonly isShifted: boolean }> {
  if (continuation === '') throw new RequestFault('engine', `continuation ${index} is empty`, context.length);
  const own = await encode(text);
  let tokens = prefix === undefined ? own : [prefix, ...own];
  let shared = commonPrefix(context, tokens);
  let isShifted = false;
  if (shared === 0) {
    if (prefixToken === undefined)
      throw new RequestFault('engine', 'the first token has nothing before it to be predicted from', tokens.length);
    tokens = [prefixToken, ...tokens];
    shared = 1;
    isShifted = true;
  }
  // A continuation can vanish into the context's last token; then that token is what is scored.
  const start = Math.min(shared, tokens.length - 1);
  return { tokens, start, isShifted: isShifted || start < context.length };
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
  for (const [index, continuation] of request.continuations.entries()) {
    const planned = await planContinuation(request.context + continuation, index, continuation, context, prefix, texts);
    boundaryShift ||= planned.isShifted;
    continuations.push(planned);
  }
  return { contextTokens: context.length, promptHead: context.slice(0, headTokens), boundaryShift, continuations };
}
