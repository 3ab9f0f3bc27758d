import { expect, it } from 'vitest';
import { type CountedPrompt, findPromptLength, lengthTolerance } from './prompt-length.ts';

/** An engine whose prompts have so many tokens of a template, and so many for each word. */
function engine(template: number, perWord: number) {
  const asked: number[] = [];
  const ask = async (words: number): Promise<number> => {
    asked.push(words);
    return Math.round(template + perWord * words);
  };
  return { asked, ask };
}

it.each([
  [0, 1],
  [1, 1.02],
  [31, 1.4],
  [120, 2.7],
])('finds lengths beside a template of %d tokens with %d tokens a word', async (template, perWord) => {
  const { asked, ask } = engine(template, perWord);
  let known: readonly CountedPrompt[] = [];
  for (const wanted of [256, 512, 2048, 16_384]) {
    known = await findPromptLength(wanted, ask, known);
    const { tokens = 0, words = 0 } = known.at(-1) ?? {};
    expect(Math.abs(tokens / wanted - 1)).toBeLessThanOrEqual(0.01);
    expect(tokens).toBe(Math.round(template + perWord * words));
  }
  // Once the line through two lengths is known, a length takes one request.
  expect(asked.length).toBeLessThanOrEqual(8);
});

it('gives the shortest prompt where the template alone is longer, which is then out of tolerance', async () => {
  const { ask } = engine(90, 1);
  const { words, tokens = 0 } = (await findPromptLength(64, ask, [])).at(-1) ?? {};
  expect({ words, tokens }).toEqual({ words: 4, tokens: 94 });
  expect(tokens / 64 - 1).toBeGreaterThan(lengthTolerance);
});

it('ends where an engine counts the same for every prompt, or fails', async () => {
  const found = await findPromptLength(512, async () => 9, []);
  expect(found.length).toBeLessThanOrEqual(5);
  await expect(findPromptLength(512, () => Promise.reject(new RangeError('too long')), [])).rejects.toThrow('too long');
});
