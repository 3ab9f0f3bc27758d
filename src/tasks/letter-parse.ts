const wholeLetter = /^[\s()[\].:*]*([A-Za-z])[\s()[\].:*]*$/u;
const statedLetter = /[aA](?:nswer|NSWER)[\s*_]*(?:is|:)[\s*_:]*[([]?\s*\**([A-E])\b/gu;
const standaloneLetter = /\b([A-E])\b(?!['’])(?!\s+[a-z])/u;

/**
 * Reads a choice letter out of an answer. In this order: the whole text is one letter, brackets, points and asterisks
 * aside; the letter after the last "answer is" or "answer:"; the first capital that stands alone and isn't an article
 * or a contraction.
 *
 * @param choices - number of choices shown, 2 to 5
 * @returns position of the choice from 0, or undefined where there is no letter or none of a choice shown
 */
export function parseLetter(text: string, choices: number): number | undefined {
  const whole = wholeLetter.exec(text)?.[1]?.toUpperCase();
  const letter = whole ?? text.matchAll(statedLetter).toArray().at(-1)?.[1] ?? standaloneLetter.exec(text)?.[1];
  if (letter === undefined) return undefined;
  const position = letter.charCodeAt(0) - 65;
  return position < choices ? position : undefined;
}

/** Letter shown for the choice at a position: 0 is A. */
export function choiceLetter(position: number): string {
  return String.fromCharCode(65 + position);
}
