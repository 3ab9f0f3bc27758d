import { innerAnswer } from './answer-only.ts';
import type { ExactDecimal } from './exact-decimal.ts';
import { equals, lastOfAll, overruling, Sentence, sentencesOf, toldLast } from './number-claims.ts';
import { plainMaths } from './plain-maths.ts';
import { lastStated } from './stated-answers.ts';

export { formatDecimal } from './exact-decimal.ts';

/**
 * Reads the number that a worked answer concludes with, for `gsm8k/per@2` and tasks of one's own:
 *
 * 1. Thoughts are no answer ({@link innerAnswer}), nor is what follows another question; LaTeX and Markdown are written
 *    out ({@link plainMaths}). Of a long answer the end is read.
 * 2. What is taken back ("No, that is wrong") doesn't count where a number follows.
 * 3. Final answers are `#### 18`, `\boxed{18}` and "Final answer: 18"; stated ones "the answer is 18", "Answer: 18" and
 *    `#### 18 apples`. The last of them holds. A heading such as `#### Step 2` is none, nor is what is asked, supposed or
 *    denied. Of a calculation the result counts, else the first number.
 * 4. A stated answer, unlike a final one, yields to a later conclusion ("So in all …") that doesn't repeat it; one that
 *    is for a part ("for one row the answer is 12"), or would be, yields to all that is told later.
 * 5. Of a sentence behind a mark ("Answer: It takes …") the first number told counts.
 * 6. Without any, the last number told counts: not one in a remark ("Let me know if …"), a label (`Step 2`), brackets
 *    beside others, a factor of an equation, the parts of a total, or what an amount is for ("in 3 days", "5 trips to
 *    carry 20 boxes"), as long as there is another.
 */
export function extractNumber(text: string): ExactDecimal | undefined {
  return concludedNumber(plainAnswer(text));
}

/** Characters at the end of an answer that are read: what it concludes with stands there. */
const mostCharacters = 10_000;

/** What is read: the end of the answer, without thoughts, LaTeX and Markdown. */
export function plainAnswer(text: string): string {
  return plainMaths(ownTurn(innerAnswer(text)).trimEnd().slice(-mostCharacters));
}

/** Behind a blank line or the answer, the question that a model asks itself next. */
const nextTurn =
  /(?<=\n[ \t\r]{0,9}\n|(?:####|\banswer)[^\n]{0,80}\n)[*# ]{0,9}(?:question|q|problem|human|user|instruction)[*]{0,2}:/giu;

/** An answer up to where a base model goes on with other questions. */
function ownTurn(answer: string): string {
  const firstDigit = answer.search(/\d/u);
  const isNext = (index: number): boolean =>
    firstDigit !== -1 &&
    firstDigit < index &&
    !answer
      .slice(Math.max(0, index - 20), index)
      .trimEnd()
      .endsWith(':');
  return answer.slice(0, answer.matchAll(nextTurn).find(({ index }) => isNext(index))?.index);
}

/** {@link extractNumber} of a {@link plainAnswer}. */
export function concludedNumber(plain: string): ExactDecimal | undefined {
  const all = sentencesOf(plain);
  const sentences = all.slice(0, all.findLastIndex(({ text }) => /\d/u.test(text)) + 1);
  const retracted = sentences.findLastIndex(({ text }) => retraction.test(text));
  return (retracted > 0 ? concludedIn(sentences.slice(retracted)) : undefined) ?? concludedIn(sentences);
}

const retraction = new RegExp(
  [
    String.raw`^\P{L}*(?:(?:wait,? )?no\b(?=[,.:!]|\swait)|oops|sorry|correction)`,
    String.raw`\b(?:that|this|it|which)(?: is|['’]s| was) (?:wrong|incorrect|a mistake|not (?:right|correct|it)\b|not[,.;])`,
    String.raw`\b(?:that|this|it) (?:can['’]t be|cannot be|isn['’]t|wasn['’]t|does(?:n['’]t| not) (?:seem|look|sound)) (?:right|correct)\b`,
    String.raw`\bmade (?:a mistake|an error)\b`,
  ].join('|'),
  'iu',
);

function concludedIn(sentences: readonly Sentence[]): ExactDecimal | undefined {
  const answer = lastStated(sentences);
  if (answer === undefined) return lastOfAll(sentences);
  const { value, strength, at, rest } = answer;
  const later = sentences.slice(at + 1);
  if (strength === 'final') return value;
  if (strength === 'stated') return overruling(value, later) ?? value;
  const same = equals.test(rest) ? new Sentence(rest).lastTold : undefined;
  return toldLast(later) ?? same ?? value;
}
