import type { LikelihoodPlan } from './token-scorer.ts';

interface Asked {
  readonly context: string;
  readonly continuations: readonly string[];
}

/** Tokens of continuations that are one token, as they were seen after the same line. */
export interface SingleTokens {
  /**
   * One token for each continuation; undefined where one isn't known, they are more than servers list at once, or there
   * is no context that they could follow.
   */
  readonly find: (request: Asked) => readonly number[] | undefined;
  readonly learn: (request: Asked, plan: LikelihoodPlan) => void;
}

/** vLLM lists no more unless it is told to (`max_logprobs`). */
const mostListed = 20;

/** Enough for answers that repeat, such as letters; texts that don't repeat must not fill the memory. */
const mostKnown = 10_000;

/** The last line of a context with a continuation: no token reaches over the end of a line into what follows. */
function lineKeys({ context, continuations }: Asked): readonly string[] {
  const trimmed = context.trimEnd();
  const line = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  return continuations.map((text) => JSON.stringify([line, (context + text).slice(trimmed.length)]));
}

export function createSingleTokens(): SingleTokens {
  const known = new Map<string, number>();
  return {
    find(request) {
      const isEmpty = request.context.trimEnd() === '';
      if (isEmpty || request.continuations.length > mostListed) return undefined;
      const tokens = lineKeys(request).map((key) => known.get(key));
      return tokens.every((token) => token !== undefined) ? tokens : undefined;
    },
    learn(request, { boundaryShift, continuations }) {
      if (boundaryShift) return;
      for (const [index, key] of lineKeys(request).entries()) {
        const { tokens = [], start = 0 } = continuations[index] ?? {};
        const [token, ...more] = tokens.slice(start);
        if (token !== undefined && more.length === 0 && known.size < mostKnown) known.set(key, token);
      }
    },
  };
}
