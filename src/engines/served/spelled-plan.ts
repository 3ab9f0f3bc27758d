/**
 * Where a continuation begins among the tokens of its prompt, read from their texts, so that nothing has to be tokenised
 * beside the prompt itself.
 *
 * A plan needs the context's own tokens (`planLikelihood`). They are the prompt's first ones wherever a token ends where
 * the context does: merging pairs (BPE) never joined anything over that place, the best path of a unigram model leads
 * through it, and the longest match in turn stopped there. Spaces are left out of the comparison, since many tokenizers
 * lose those at the start of a token that is decoded alone.
 */
import { commonPrefix, promptHead } from '../prompt-tokens.ts';
import type { LikelihoodPlan } from './token-scorer.ts';

export interface SpelledToken {
  readonly id: number;
  /** Decoded alone; undefined where the server doesn't tell. */
  readonly text: string | undefined;
}

/** What SentencePiece writes for a space, beside white space itself. */
const spaces = /[\s\u2581]+/g;

function spell(text: string): string {
  return text.replaceAll(spaces, '');
}

/** The token with which `rest` begins at the end of a prompt; undefined where the texts don't tell. */
function startOf(tokens: readonly SpelledToken[], context: string, rest: string): number | undefined {
  let left = spell(rest);
  if (left === '') return undefined;
  let at = tokens.length;
  while (left !== '') {
    at -= 1;
    const text = tokens[at]?.text;
    if (text === undefined) return undefined;
    const letters = spell(text);
    // Other letters, or some of the context's.
    if (!left.endsWith(letters)) return undefined;
    left = left.slice(0, left.length - letters.length);
  }
  // Spaces before it are its own; alone, some are decoded as nothing.
  while (at > 0 && spell(tokens[at - 1]?.text ?? '?') === '') at -= 1;
  const before = tokens[at - 1]?.text ?? '';
  const letters = spell(before);
  // A token that holds a space behind the context's last letter isn't the context's own.
  const isWhole = letters !== '' && before.endsWith(letters.at(-1) ?? '') && context.endsWith(letters);
  return isWhole ? at : undefined;
}

/**
 * @param prompts tokens of the context with each of the continuations, as the server made them
 * @returns undefined where the texts don't tell, as of tokens that are parts of a character, or where a token reaches
 *   over the end of the context
 */
export function planBySpelling(
  request: { readonly context: string; readonly continuations: readonly string[] },
  prompts: readonly (readonly SpelledToken[])[],
): LikelihoodPlan | undefined {
  const trimmed = request.context.trimEnd();
  const context = spell(trimmed);
  const plans = prompts.map((tokens, index) => {
    const rest = (request.context + (request.continuations[index] ?? '')).slice(trimmed.length);
    return { tokens: tokens.map(({ id }) => id), start: startOf(tokens, context, rest) };
  });
  const [first] = plans;
  if (first?.start === undefined) return undefined;
  const { start } = first;
  const own = first.tokens.slice(0, start);
  const isShared = plans.every((plan) => plan.start === start && commonPrefix(own, plan.tokens) === start);
  if (!isShared) return undefined;
  const continuations = plans.map(({ tokens }) => ({ tokens, start }));
  return { contextTokens: start, promptHead: promptHead(own), boundaryShift: false, continuations };
}
