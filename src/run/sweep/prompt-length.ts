import { uniqueWords } from './random-prompts.ts';

/** A prompt that was asked: its words, and its tokens as the engine counts them. */
export interface CountedPrompt {
  readonly words: number;
  readonly tokens: number;
}

/** Lengths further off than this share of what was asked for are marked. */
export const lengthTolerance = 0.05;

/** A correction isn't worth another request. */
const closeEnough = 0.01;
const mostCorrections = 3;
/** Of the first prompt, where nothing is known of the tokenizer. */
const firstWords = 64;

/** Words for so many tokens, by the line through the last two lengths, or through one and nothing. */
function wordsFor(tokens: number, counted: readonly CountedPrompt[]): number {
  const [last, before] = [counted.at(-1), counted.at(-2)];
  if (last === undefined) return firstWords;
  const [words, more] = [last.words - (before?.words ?? 0), last.tokens - (before?.tokens ?? 0)];
  const wordsPerToken = words !== 0 && more / words > 0 ? words / more : last.words / last.tokens;
  return Math.max(uniqueWords, Math.round(last.words + (tokens - last.tokens) * wordsPerToken));
}

/**
 * How many words make a prompt of so many tokens, a chat template included: asked of the engine, and corrected by what it
 * counts. The template's own tokens may be more than what was asked for; then the shortest prompt is given.
 *
 * @param ask a prompt of so many words, and gives its tokens; what it throws ends the search
 * @param known prompts of the same engine, of other lengths
 * @returns all prompts that are known now; the last is the one to use
 */
export async function findPromptLength(
  tokens: number,
  ask: (words: number) => Promise<number>,
  known: readonly CountedPrompt[],
): Promise<readonly CountedPrompt[]> {
  const counted = [...known];
  if (counted.length === 0) counted.push({ words: firstWords, tokens: await ask(firstWords) });
  let best: CountedPrompt | undefined;
  for (let correction = 0; correction < mostCorrections; correction += 1) {
    const words = wordsFor(tokens, counted);
    if (words === best?.words) break;
    const found = { words, tokens: await ask(words) };
    counted.push(found);
    const off = Math.abs(found.tokens - tokens);
    if (best === undefined || off < Math.abs(best.tokens - tokens)) best = found;
    if (off <= closeEnough * tokens) break;
  }
  return best === undefined ? counted : [...counted.filter((each) => each !== best), best];
}
