import { undecorated } from './undecorated.ts';
import { wholeWords, wordKey } from './whole-words.ts';

/** Reads the label out of an answer, or nothing. */
export type LabelReader = (text: string) => string | undefined;

const negation = /(?:\bnot|n['’]t|\bneither|\bnever)\s+(?:an?\s+|very\s+|really\s+)?$/iu;
/** `Category:`, `**The best label:**`: up to four words before a colon. */
const leadIn = /^[\s*_"'`]*(?:[\p{L}\p{M}]+\s+){0,3}[\p{L}\p{M}]+[\s*_]*[:：][\s*_]*/u;

const numeric = /^[-+−]?\d+(?:[.,]\d+)*$/u;
/** What makes a number before a label a part of the same number, date, ratio or calculation. */
const partBefore = /[\p{N}\p{Sc}][.,:/ \u00a0\u202f]?$|(?<![\p{L}\p{N}.,])[.,]$|[\p{N}%)]\s*[-+*/×·÷^=<>–]\s*$/u;
const signBefore = /[-–]$/u;
const partAfter = /^(?:[.,:/]\p{N}|[ \u00a0\u202f]\p{N}{3}(?!\p{N})|\s*[%‰\p{Sc}]|\s*[-+*/×·÷^=<>–]\s*\p{N})/u;

/** Whether a match in a line is all of the number that it is; words are whatever stands around them. */
function standsAlone(line: string, match: string, index: number): boolean {
  if (!numeric.test(match.trim())) return true;
  const [before, after] = [line.slice(0, index), line.slice(index + match.length)];
  if (partBefore.test(before) || partAfter.test(after)) return false;
  return /^[-+]/u.test(match) || !signBefore.test(before);
}

/**
 * Reads a label out of the first line that isn't blank.
 *
 * A line that is nothing but a label, quotes, markdown, a final full stop and a lead-in aside, is that label. Else exactly
 * one of the labels must be named as a whole word, whatever its case, and not after "not": an answer that hedges or
 * negates isn't one. Where one label is part of another ("spam", "not spam"), the longer one is meant. A label that is a
 * number is no part of another number, of a fraction, or of arithmetic, and its sign belongs to it.
 */
export function createLabelReader(labels: readonly string[]): LabelReader {
  const areNumbers = labels.some((label) => numeric.test(label.trim()));
  // Typographic minus signs count as plain ones, where labels may have one.
  const withSigns = (text: string): string => (areNumbers ? text.replaceAll('−', '-') : text);
  const byKey = Map.groupBy(labels, (label) => wordKey(withSigns(label)));
  const pattern = wholeWords(labels.map(withSigns));
  /** Labels that differ by case or spaces alone are told apart by just that. */
  const labelOf = (text: string): string | undefined => {
    const alike = byKey.get(wordKey(text)) ?? [];
    return alike.length > 1 ? alike.find((label) => label === text) : alike[0];
  };
  return (text) => {
    const line = withSigns(text.trimStart().split(/\r?\n/u, 1)[0] ?? '');
    const lead = leadIn.exec(line)?.[0] ?? '';
    // "positive or negative: positive" repeats the question before it answers.
    const parts = lead.search(pattern) === -1 ? [line, line.slice(lead.length)] : [line];
    const whole = parts.flatMap((part) => [part.trim(), undecorated(part)]);
    const exact = whole.map(labelOf).find((label) => label !== undefined);
    if (exact !== undefined) return exact;
    const matches = line
      .matchAll(pattern)
      .filter(({ 0: match, index }) => standsAlone(line, match, index))
      .toArray();
    if (matches.some(({ index }) => negation.test(line.slice(0, index)))) return undefined;
    const found = new Set(matches.map(([match]) => labelOf(match)));
    return found.size === 1 ? [...found][0] : undefined;
  };
}
