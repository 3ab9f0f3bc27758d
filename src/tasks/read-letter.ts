import { innerAnswer } from './answer-only.ts';
import {
  answerEnds,
  beginsList,
  evidenceFor,
  type LetterEvidence,
  type LetterPlace,
  letterPlaces,
  letterText,
  nextQuestion,
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
 * Where a base model goes on with another `Question:`, only what stands before is read if a letter is found there.
 *
 * A letter counts only for what stands around it, so that one inside a choice's text (`32°C`, "vitamin D", "a plant",
 * "plan B") is no answer. In this order:
 *
 * 1. The text is nothing but the letter.
 * 2. It is stated: "the answer is B", "Answer: b", `\boxed{B}`, "B is correct", "B: right", "B ✓", "so B", "not A but B".
 *    The last one.
 * 3. It is said, or alone on its line: "I think B", "it's B", "probably B", "since it is wet, B", "The answer is water
 *    (B)". The last one.
 * 4. It heads a line: "b. water", "(B) water", "B because …". The only one; or the first where the choices are listed from
 *    A behind it. A list of the choices alone is no answer.
 * 5. As 4, where it heads a sentence or stands behind a text: "Water. B", "option B", "water (B)", "water - B".
 *
 * Letters that are denied ("not A", "A is wrong", "A ✗", "rather than A"), asked ("Is it A?") or supposed ("if the answer
 * is A") don't count, and several at once ("A or B", "A, B and C") are none.
 *
 * Two can't be told from their text alone. A letter behind a word that begins with it may be a symbol and is no answer
 * ("carbon [C]", and so "bone (B)"). One with a point before a word is an answer, though "C. elegans" may be a name: in
 * "C. helium" it isn't.
 *
 * @param choices - number of choices shown, 2 to 26
 * @returns position of the choice from 0, or undefined where there is no letter or none of a choice shown
 */
export function parseLetter(text: string, choices: number): number | undefined {
  if (!(choices >= 2 && choices <= mostLetters)) return undefined;
  const plain = letterText(innerAnswer(text));
  const letter = wholeLetter(plain) ?? mostEvident(foundFirst(plain, Math.max(leastLetters, choices)), plain);
  if (letter === undefined) return undefined;
  const position = letter.charCodeAt(0) - 65;
  return position < choices ? position : undefined;
}

interface Found {
  readonly place: LetterPlace;
  readonly evidence: LetterEvidence;
}

/** The letter with the best evidence; undefined where that is for several. */
function mostEvident(found: readonly Found[], text: string): string | undefined {
  const named = (wanted: LetterEvidence): LetterPlace | undefined =>
    found.findLast(({ evidence }) => evidence === wanted)?.place;
  const stated = named('stated');
  // "A or B? I'd say B": what comes behind several letters decides.
  if (stated !== undefined && stated.letter === undefined) {
    const later = found.filter(({ place }) => place.start > stated.end);
    return later.length === 1 ? later[0]?.place.letter : undefined;
  }
  const best = stated ?? named('said');
  if (best !== undefined) return best.letter;
  const lines = found.filter(({ evidence }) => evidence === 'line');
  const heads = (lines.length > 0 ? lines : found).map(({ place }) => place);
  const [first, second] = heads;
  if (first === undefined || beginsList(text, first)) return undefined;
  const isSure =
    heads.every(({ letter }) => letter === first.letter) || (second?.letter === 'A' && first.letter !== 'A');
  return isSure ? first.letter : undefined;
}

/** What is found before another question, if anything is; else in all of a text. */
function foundFirst(text: string, letters: number): readonly Found[] {
  const end = text.search(nextQuestion);
  const found = end === -1 ? [] : foundIn(text.slice(0, end), letters);
  return found.length > 0 ? found : foundIn(text, letters);
}

function foundIn(text: string, letters: number): readonly Found[] {
  const answers = answerEnds(text);
  return letterPlaces(text, letters).flatMap((place) => {
    const evidence = evidenceFor(text, place, answers);
    return evidence === undefined ? [] : [{ place, evidence }];
  });
}

/** Letter shown for the choice at a position: 0 is A. */
export function choiceLetter(position: number): string {
  return String.fromCharCode(65 + position);
}
