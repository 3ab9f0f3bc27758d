/** The line of an output that holds a short answer: behind thoughts, code fences, headings and lines that lead in. */
import { innerAnswer } from './answer-only.ts';
import { undecorated } from './undecorated.ts';

const tags = /<\/?(?:b|strong|em|i|p|mark|u)>/giu;
const struckOut = /~~[^~\n]{1,200}~~/gu;
const fence = /^\s*(?:`{3,}|~{3,})[\w+-]*\s*$/u;
/** `---`, `===`, `***`. */
const rule = /^\s*(?:[-=_*~]\s*){3,}$/u;
/** What stands before the text of a heading, a quotation, an entry of a list; an arrow. */
const lineMark = /^\s*(?:(?:>|#{1,6}\s|[-+•–—*]\s|=>|->|→|1[.)]\s+(?=[\p{L}"'“*_`]))\s*){0,6}/u;

/** Lines that are looked at: a model may go on for ever. */
const mostLines = 100;

/** The first lines of an output that say something. */
export function answerLines(output: string): readonly string[] {
  return innerAnswer(output)
    .replaceAll(tags, '')
    .replaceAll(struckOut, '')
    .matchAll(/\S[^\n]*/gu)
    .map(([line]) => line)
    .filter((line) => !fence.test(line) && !rule.test(line))
    .take(mostLines)
    .toArray();
}

/** A line without the mark of a heading, a quotation or a list before it. */
export function bareLine(line: string): string {
  return line.replace(lineMark, '');
}

/** What may stand before the word `answer` in a heading or a lead-in. */
export const adjectives =
  '(?:(?:the|my|your|our|a|an|short|shortest|possible|final|correct|right|direct|exact|extracted|best|brief)\\s+){0,4}';
/** What is said before one comes to the point. */
export const interjection =
  "(?:sure(?: thing)?|certainly|of course|okay|ok|absolutely|alright|all right|got it|understood|no problem|(?:that['’]s |that is |what )?(?:an? )?(?:great|good|excellent|interesting|nice) question|(?:i['’]m |i am |i['’]d be |i would be )?(?:happy|glad) to help|hello|hi(?: there)?|thanks?(?: you)?(?: for [^.!:]{1,60})?|let me (?:think|see|check|look)[^.!:]{0,40}|let['’]s (?:think|see|look)[^.!:]{0,40})";
const interjected = new RegExp(`^${interjection}[!.,…]*$`, 'iu');
const heading = new RegExp(`^${adjectives}answer(?: span)?(?: is)?\\s*(?:[-–—=]*>?)$`, 'iu');
const longHeading = new RegExp(`^${adjectives}(?:response|reply|output|span)$`, 'iu');
const announcement = /(?:^|\s)(?:answer|response|reply|span|here)(?:['’]s)?(?:\s[^:：]{0,200})?[:：]$/iu;
const openSentence = /\b(?:answer|span|sentiment|label|category|review|text|it)\b.{0,100}\s(?:is|was|as|would be)$/iu;

/**
 * Whether a line only leads in to what follows: `Answer:`, `### Final answer`, `Sure!`, `The answer is`, the question over
 * again.
 *
 * @param hasNext another line follows; without one, only what can't be an answer itself leads in
 */
export function isLeadIn(line: string, hasNext: boolean): boolean {
  const bare = undecorated(bareLine(line));
  if (heading.test(bare) || announcement.test(bare.slice(-300))) return true;
  if (!hasNext) return false;
  const isOpen = /[:：?？]$/u.test(bare) || openSentence.test(bare.slice(-200));
  return isOpen || interjected.test(bare) || longHeading.test(bare);
}

const answerKey =
  /^(?:final_?|short_?|predicted_?)?(?:answer|span|label|sentiment|category|class|classification|response|result|prediction|verdict)$/iu;

function valueText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/**
 * The answer of lines that are a JSON object: the value of the only key that names an answer.
 *
 * @returns undefined where they are no such object
 */
export function jsonAnswer(lines: readonly string[]): string | undefined {
  const text = lines.join('\n').replace(/^\s*\[\s*(?=\{)/u, '');
  if (!text.trimStart().startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(0, text.lastIndexOf('}') + 1));
  } catch {
    return undefined;
  }
  const named = Object.entries(value ?? {}).filter(([key]) => answerKey.test(key));
  return named.length === 1 ? valueText(named[0]?.[1]) : undefined;
}
