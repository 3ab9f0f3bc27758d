import { innerAnswer } from './answer-only.ts';
import {
  answerEnds,
  beginsList,
  evidenceFor,
  type LetterPlace,
  letterPlaces,
  letterText,
  wholeLetter,
} from './letter-evidence.ts';

/** Letters that can be shown, one for each choice. */
export const mostLetters = 26;
/** Where fewer choices are shown, these letters are read all the same, so that one that isn't shown is no answer. */
const leastLetters = 5;

/**
 * Reads the letter of a choice out of an answer, capital or small; thoughts, markdown, LaTeX, quotes and JSON marks are
 * left out first. Of a text over 4,500 characters the first 1,500 and the last 3,000 are read.
 *
 * A letter counts only for what stands around it, so that one inside a choice's text (`32°C`, "vitamin D", "a plant",
 * "plan B") is no answer. In this order:
 *
 * 1. The text is nothing but the letter.
 * 2. It is stated: "the answer is B", "Answer: b", `\boxed{B}`, "B is correct", "so B", "not A, but B". The last one.
 * 3. It is said, or alone on its line: "I think B", "it's B", "The answer is water (B)". The last one.
 * 4. It heads a line or sentence: "b. water", "(B) water", "Option B", "B because …". The only one; or the first where the
 *    choices are listed from A behind it. A list of the choices alone is no answer.
 *
 * Letters that are denied ("not A", "A is wrong", "rather than A"), asked ("Is it A?") or supposed ("if the answer is A")
 * don't count, and several at once ("A or B", "A and C") are none.
 *
 * @param choices - number of choices shown, 2 to 26
 * @returns position of the choice from 0, or undefined where there is no letter or none of a choice shown
 */
export function parseLetter(text: string, choices: number): number | undefined {
  if (!(choices >= 2 && choices <= mostLetters)) return undefined;
  const plain = letterText(innerAnswer(text));
  const letter = wholeLetter(plain) ?? mostEvident(plain, Math.max(leastLetters, choices));
  if (letter === undefined) return undefined;
  const position = letter.charCodeAt(0) - 65;
  return position < choices ? position : undefined;
}

/** The letter with the best evidence; undefined where that is for several. */
function mostEvident(text: string, letters: number): string | undefined {
  const answers = answerEnds(text);
  const found = letterPlaces(text, letters).map((place) => ({ place, evidence: evidenceFor(text, place, answers) }));
  const named = (wanted: 'stated' | 'said'): LetterPlace | undefined =>
    found.findLast(({ evidence }) => evidence === wanted)?.place;
  const stated = named('stated');
  // "A or B? I'd say B": what comes behind several letters decides.
  if (stated !== undefined && stated.letter === undefined) {
    const later = found.filter(({ place, evidence }) => place.start > stated.end && evidence !== undefined);
    return later.length === 1 ? later[0]?.place.letter : undefined;
  }
  const best = stated ?? named('said');
  if (best !== undefined) return best.letter;
  const lines = found.filter(({ evidence }) => evidence === 'line');
  const heads = (lines.length > 0 ? lines : found.filter(({ evidence }) => evidence === 'sentence')).map(
    ({ place }) => place,
  );
  const [first, second] = heads;
  if (first === undefined || beginsList(text, first)) return undefined;
  const isSure =
    heads.every(({ letter }) => letter === first.letter) || (second?.letter === 'A' && first.letter !== 'A');
  return isSure ? first.letter : undefined;
}

/** Letter shown for the choice at a position: 0 is A. */
export function choiceLetter(position: number): string {
  return String.fromCharCode(65 + position);
}
