import { answerLines, bareLine, isLeadIn, jsonAnswer } from './answer-lines.ts';
import { claimedLabel, type Mention } from './label-claims.ts';
import { undecorated } from './undecorated.ts';
import { wholeWords, wordKey } from './whole-words.ts';

/** Reads the label out of an answer, or nothing. */
export type LabelReader = (text: string) => string | undefined;

/** `Category:`, `**The best label:**`: up to four words before a colon. */
const leadIn = /^[\s*_"'`]*(?:[\p{L}\p{M}]+\s+){0,3}[\p{L}\p{M}]+[\s*_]*[:：][\s*_]*/u;

const numeric = /^[-+−]?\d+(?:[.,]\d+)*$/u;
/** What makes a number before a label a part of the same number, date, ratio or calculation. */
const partBefore = /[\p{N}\p{Sc}][.,:/ \u00a0\u202f]?$|(?<![\p{L}\p{N}.,])[.,]$|[\p{N}%)]\s*[-+*/×·÷^=<>–]\s*$/u;
const signBefore = /[-–]$/u;
const partAfter = /^(?:[.,:/]\p{N}|[ \u00a0\u202f]\p{N}{3}(?!\p{N})|\s*[%‰\p{Sc}]|\s*[-+*/×·÷^=<>–]\s*\p{N})/u;

/** How far around a number its parts are looked for, in characters. */
const farthest = 24;

/** Whether a match in a line is all of the number that it is; words are whatever stands around them. */
function standsAlone(line: string, match: string, index: number): boolean {
  if (!numeric.test(match.trim())) return true;
  const end = index + match.length;
  const [before, after] = [line.slice(Math.max(0, index - farthest), index), line.slice(end, end + farthest)];
  if (partBefore.test(before) || partAfter.test(after)) return false;
  return /^[-+]/u.test(match) || !signBefore.test(before);
}

/** A heading of any words, `### Verdict`, `**Overall sentiment**`, or the name of what was asked. */
const heading = /^\s*(?:#{1,6}\s|(?:\*\*|__)[^*_]{1,60}(?:\*\*|__)\s*:?\s*$)/u;
const named =
  /^(?:\p{L}+\s+){0,3}(?:answer|label|sentiment|category|class|classification|result|verdict|prediction|response|output|conclusion|rating|judge?ment|decision|polarity|tone|topic|intent|type)$/iu;
const brackets = /^[\s[\]{}()|]*$/u;
/** Between labels as they were asked for: `positive or negative`, `billing / bug`. */
const alternative = /^[\s"'”’*_`]*(?:[,/|]\s*(?:or\b)?|or\b|vs\b\.?|versus\b)[\s"'“‘*_`]*$/iu;
/** What was asked, in words: `between positive and negative`, `whether it is positive or negative`. */
const posed = /\b(?:whether|between|either|options?|choices?|labels|categories)\b[^.;!?]{0,100}$/iu;
const listed =
  /^[\s"'”’*_`]*(?:[,/|&]\s*(?:or\b|and\b)?|or\b|and\b|vs\b\.?|versus\b)\s*(?:an?\b|the\b|it is\b)?[\s"'“‘*_`]*$/iu;
const undecided = /\b(?:not|cannot|unclear|unsure|uncertain|hard|difficult|impossible)\b|n['’]t\b/iu;
/** What only rounds the question off: ` for this review.` */
const behindPosed =
  /^(?:[\s,"'”’*_`]*(?:based|for|from|in|of|given|here|about|by|on)\b[^.,:;!?]*)?[\s.,:;!?)"'”’*_`]*/iu;
/** A box that isn't ticked, or a cross. */
const unticked = /^[^[✅✔☑]*(?:\[ ?\]|[❌✗✘✖☐❎🚫])[^✅✔☑]*$/u;
const questionEnd = /^[^.,;:：?？]{0,40}[:：?？]/u;
/** Characters of a line that are read: what comes later explains. */
const longestLine = 4000;

/** The labels of a task, as they stand in texts. */
interface KnownLabels {
  readonly pattern: RegExp;
  readonly labelOf: (text: string) => string | undefined;
}

function mentionsIn(line: string, { pattern, labelOf }: KnownLabels): readonly Mention[] {
  return line
    .matchAll(pattern)
    .filter(({ 0: match, index }) => standsAlone(line, match, index))
    .map(({ 0: match, index }) => ({ label: labelOf(match), index, length: match.length }))
    .toArray();
}

/** What stands behind the question that a line repeats: `positive or negative: positive`. */
function behindQuestion(line: string, mentions: readonly Mention[]): string {
  const ends = mentions.map(({ index, length }) => index + length);
  const isPosed = posed.test(line.slice(0, mentions[0]?.index));
  const between = isPosed ? listed : alternative;
  const other = mentions.findIndex(
    ({ index }, position) => position > 0 && !between.test(line.slice(ends[position - 1], index)),
  );
  const last = (other === -1 ? mentions.length : other) - 1;
  const tail = line.slice(ends[last]);
  if (last >= 1 && isPosed) {
    const rest = tail.replace(behindPosed, '');
    return rest === '' && undecided.test(line) ? line : rest;
  }
  const question = last < 1 ? undefined : questionEnd.exec(tail)?.[0];
  return question === undefined ? line : tail.slice(question.length);
}

/** A label may be such a sign itself. */
function isUnticked(line: string, mentions: readonly Mention[]): boolean {
  return (
    unticked.test(line) && mentions.every(({ index, length }) => !unticked.test(line.slice(index, index + length)))
  );
}

function exactLabel(line: string, { labelOf }: KnownLabels): string | undefined {
  const lead = leadIn.exec(line)?.[0] ?? '';
  return [line, line.slice(lead.length)]
    .flatMap((part) => [part.trim(), undecorated(part), undecorated(part.replace(/[!?]$/u, ''))])
    .map(labelOf)
    .find((label) => label !== undefined);
}

function leadsIn(line: string, hasNext: boolean): boolean {
  return (
    isLeadIn(line, hasNext) || heading.test(line) || named.test(undecorated(bareLine(line))) || brackets.test(line)
  );
}

function readLines(lines: readonly string[], known: KnownLabels): string | undefined {
  for (const [position, line] of lines.entries()) {
    const exact = exactLabel(line, known);
    if (exact !== undefined) return exact;
    const mentions = mentionsIn(line, known);
    if (mentions.length > 0 && isUnticked(line, mentions)) continue;
    const answer = behindQuestion(line, mentions);
    const isRepeated = answer !== line;
    if (isRepeated && answer.trim() !== '')
      return exactLabel(answer, known) ?? claimedLabel(answer, mentionsIn(answer, known));
    const isSilent = isRepeated || (mentions.length === 0 && leadsIn(line, position + 1 < lines.length));
    if (!isSilent) return claimedLabel(line, mentions);
  }
  return undefined;
}

/**
 * Reads a label out of the first line that says something: thoughts, code fences, headings, lines that lead in ("The
 * sentiment is:") and the question over again are passed over, an explanation isn't.
 *
 * A line that is nothing but a label, quotes, markdown, a final full stop and a lead-in aside, is that label, and so is the
 * answer of a JSON object. Else the line must claim exactly one of the labels, named as a whole word, whatever its case
 * (`claimedLabel`): an answer that hedges or only denies isn't one. Where one label is part of another ("spam", "not spam"),
 * the longer one is meant. A label that is a number is no part of another number, of a fraction, or of arithmetic, and its
 * sign belongs to it.
 */
export function createLabelReader(labels: readonly string[]): LabelReader {
  const areNumbers = labels.some((label) => numeric.test(label.trim()));
  // Typographic minus signs count as plain ones, where labels may have one.
  const withSigns = (text: string): string => (areNumbers ? text.replaceAll('−', '-') : text);
  const byKey = Map.groupBy(labels, (label) => wordKey(withSigns(label)));
  const known: KnownLabels = {
    pattern: wholeWords(labels.map(withSigns)),
    // Labels that differ by case or spaces alone are told apart by just that.
    labelOf(text) {
      const alike = byKey.get(wordKey(text)) ?? [];
      return alike.length > 1 ? alike.find((label) => label === text) : alike[0];
    },
  };
  return (text) => {
    const whole = known.labelOf(withSigns(text.slice(0, longestLine)).trim());
    if (whole !== undefined) return whole;
    const lines = answerLines(text).map((line) => withSigns(line.slice(0, longestLine)));
    const at = lines.findIndex((line) => /^\s*(?:\{|\[\s*\{)/u.test(line));
    const json = at === -1 ? undefined : jsonAnswer(lines.slice(at));
    const isFirst = json !== undefined && lines.slice(0, at).every((line) => leadsIn(line, true));
    return readLines(isFirst ? [json] : lines, known);
  };
}
