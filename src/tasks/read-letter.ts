/** Letters that can be shown, one for each choice. */
export const mostLetters = 26;
/** Where fewer choices are shown, these letters are read all the same, so that one that isn't shown is no answer. */
const leastLetters = 5;

const wholeLetter = /^[\s()[\].:*]*([A-Za-z])[\s()[\].:*]*$/u;

interface LetterPatterns {
  readonly stated: RegExp;
  readonly standalone: RegExp;
}

const patterns = Array.from({ length: mostLetters + 1 }, (_, choices): LetterPatterns => {
  const letters = `A-${choiceLetter(Math.max(leastLetters, choices) - 1)}`;
  return {
    stated: new RegExp(String.raw`[aA](?:nswer|NSWER)[\s*_]*(?:is|:)[\s*_:]*[([]?\s*\**([${letters}])\b`, 'gu'),
    standalone: new RegExp(String.raw`\b([${letters}])\b(?!['’])(?!\s+[a-z])`, 'u'),
  };
});

/**
 * Reads a choice letter out of an answer. In this order: the whole text is one letter, brackets, points and asterisks
 * aside; the letter after the last "answer is" or "answer:"; the first capital that stands alone and isn't an article
 * or a contraction.
 *
 * @param choices - number of choices shown, 2 to 26
 * @returns position of the choice from 0, or undefined where there is no letter or none of a choice shown
 */
export function parseLetter(text: string, choices: number): number | undefined {
  const { stated, standalone } = patterns[choices] ?? {};
  if (stated === undefined || standalone === undefined) return undefined;
  const whole = wholeLetter.exec(text)?.[1]?.toUpperCase();
  const letter = whole ?? text.matchAll(stated).toArray().at(-1)?.[1] ?? standalone.exec(text)?.[1];
  if (letter === undefined) return undefined;
  const position = letter.charCodeAt(0) - 65;
  return position < choices ? position : undefined;
}

/** Letter shown for the choice at a position: 0 is A. */
export function choiceLetter(position: number): string {
  return String.fromCharCode(65 + position);
}
