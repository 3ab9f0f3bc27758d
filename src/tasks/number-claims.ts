import { addDecimals, type ExactDecimal, equalDecimals } from './exact-decimal.ts';
import { numbersIn, type NumberToken } from './number-tokens.ts';
import { boldMark } from './plain-maths.ts';

/** A sentence, a clause that begins with a conclusion, or a heading as a whole. */
export class Sentence {
  readonly text: string;
  /** Begins with `#`. */
  readonly isHeading: boolean;
  #told: readonly NumberToken[] | undefined;
  #isRemark: boolean | undefined;

  constructor(text: string, isHeading = false) {
    this.text = text;
    this.isHeading = isHeading;
  }

  /** The numbers that are what it says, rather than what it says in passing. */
  get told(): readonly NumberToken[] {
    this.#told ??= toldNumbers(this.text);
    return this.#told;
  }

  get lastTold(): ExactDecimal | undefined {
    return this.told.at(-1)?.value;
  }

  /** A question to the reader, an offer or a note, which is no part of a solution. */
  get isRemark(): boolean {
    this.#isRemark ??= offer.test(this.text) || isQuestion(this.text);
    return this.#isRemark;
  }
}

export function isQuestion(text: string): boolean {
  return /[?？]\P{L}{0,9}$/u.test(text.slice(-20));
}

const abbreviation = String.raw`(?<!\b(?:mrs?|ms|dr|st|vs|rs|no|approx|ans|e\.g|i\.e|fig|eq)\.)`;
const boundary = new RegExp(
  String.raw`(?<=[.!?])${abbreviation}\s|(?<=[。！？])|;\s|,\s(?=(?:and\s)?(?:so(?!\sthat)|therefore|thus|hence)\s)`,
  'giu',
);

/** The sentences that hold a letter or a digit. */
export function sentencesOf(plain: string): readonly Sentence[] {
  return plain
    .split('\n')
    .flatMap((line) =>
      /^\s?#/u.test(line) ? [new Sentence(line, true)] : line.split(boundary).map((text) => new Sentence(text)),
    )
    .filter(({ text, isHeading }) => isHeading || /[\p{L}\p{N}]/u.test(text));
}

/** `2.`, `Step 2:` and the like, which count parts of a text rather than what it is about. */
const label =
  /(?:^[\s#\uE002(]*\d{1,2}[.):](?=[\s\uE002]*[\p{L}([])|\b(?:step|part|question|problem|example|case|phase|method|equation|option)\s#?\d{1,2}\b(?!\s?[=×]))[.):]?/giu;
/** Numbers that a text names to say that they are wrong, or that the right one lies between them. */
const negated =
  /\bbetween\s[$€£]?\d[\d.,]*\sand\s[$€£]?\d[\d.,]*|\b(?:not|n't|never|neither|nor|instead of|rather than|(?:less|fewer|greater) than)\s(?:(?:be|just|exactly|about|equal to|a|the)\s){0,3}[-$€£]{0,2}\d[\d.,]*/giu;

/** The text with labels and negated numbers blanked, every other character where it was. */
export function withoutLabels(text: string): string {
  const blank = (found: string): string => ' '.repeat(found.length);
  return text.replaceAll(label, blank).replaceAll(negated, blank);
}

/** The text with what is in brackets blanked, unless that leaves no number. */
function withoutAsides(text: string): string {
  const rest = text.replaceAll(/\([^()]*\)|\[[^[\]]*\]/gu, (found) => ' '.repeat(found.length));
  return /\d/u.test(rest) ? rest : text;
}

export const equals = /[=≈⇒]/u;
/** Where a stated number ends and talk about it begins. */
export const clauseEnd = /[,:](?=\s)|[(.](?=\s|$)|\s(?:because|since|as|where|which|if|and|but)\s|\s[—–]\s?|—|\uE001/u;

/**
 * Reads the number that a box holds, or that follows "answer is": where it begins a calculation, the result; else the
 * first, as in `18 apples (3 a day)`.
 */
export function regionNumber(region: string): ExactDecimal | undefined {
  const text = withoutAsides(withoutLabels(region));
  const first = numbersIn(text)[0];
  if (first === undefined) return undefined;
  const rest = text.slice(first.end);
  const end = clauseEnd.exec(rest)?.index ?? rest.length;
  const clause = text.slice(0, first.end + end);
  const result = equationResult(clause) ?? simpleFraction(clause.slice(first.start));
  return result ?? (calculation.test(clause) ? toldNumbers(rest.slice(end)).at(-1)?.value : undefined) ?? first.value;
}

const calculation = /\d[^+×÷]{0,30}[+×÷]/u;

/**
 * What an equation comes to: its last side that is one number, else the number that a side without operators begins with,
 * as in `= 18 apples for 3 days`; of a number and its rounded value the whole one.
 */
function equationResult(text: string): ExactDecimal | undefined {
  if (!equals.test(text)) return undefined;
  const sides = text
    .split(equals)
    .map((side) => ({ numbers: numbersIn(side), isWorking: /[+×÷/]|\d\s?-|\s-\s/u.test(side) }))
    .filter(({ numbers }) => numbers.length > 0);
  const results = sides.filter(({ isWorking }) => !isWorking);
  const alone = results.filter(({ numbers }) => numbers.length === 1);
  const whole = text.includes('≈') ? alone.findLast(({ numbers }) => numbers[0]?.value.denominator === 1n) : undefined;
  return ((whole ?? alone.at(-1) ?? results.at(-1))?.numbers[0] ?? sides.at(-1)?.numbers.at(-1))?.value;
}

/** `3/4` at the start of a text and not part of a date. */
function simpleFraction(text: string): ExactDecimal | undefined {
  const written = /^(-?\d{1,9})\s?\/\s?(\d{1,9})(?![\d/.])/u.exec(text);
  return written === null ? undefined : numbersIn(`${written[1]}⁄${written[2]}`)[0]?.value;
}

const afterOperator = /[+×÷/]\s?\(?$|\d\)?\s-\s?$/u;
const beforeOperator = /^(?:\s\p{L}+){0,2}(?:\)?\s?[+×÷/]|\s-\s)/u;
const timeSpan = /^\s?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b/iu;
const during =
  /\b(?:in|after|over|for|within|every|each|per|next|first|last)\s(?:the\s)?(?:remaining\s|other\s|next\s|first\s|last\s)?$/iu;
/** Numbers that are given rather than found: `in the 3 rows`, `out of 30`, `paid with a $20 bill`. */
const known =
  /\b(?:(?:out|each) of|the(?: (?:other|remaining))?|these|those|(?<!\bin\s)all|her|his|their|pa(?:id|y|ys|ying) with(?: an?)?)\s$/iu;
/** Behind an amount, what it is for or where it is: `5 days to finish 100 pages`, `18 apples in 6 baskets`. */
const dependent =
  /\d\s\p{L}+\s(?:(?:in|into|on|across|among)|to\s(?!get|make|give|have|reach|find|be\s|total|equal)\p{L}+)\s(?:all\s)?$/iu;
/** `at $5 each`, `at 20 pages per day`. */
const rate = /^(?:\s\p{L}+){0,2}\s(?:per|each|an?|every|apiece)\b/iu;

/** Whether a number is said in passing: it is calculated with, or says in how much time, or out of how many. */
function isPassing(text: string, { start, end }: NumberToken, isEquation: boolean): boolean {
  const [before, after] = [text.slice(Math.max(0, start - 40), start), text.slice(end, end + 40)];
  if (isEquation && (afterOperator.test(before) || beforeOperator.test(after))) return true;
  if (known.test(before) || dependent.test(before) || (/\bat\s$/iu.test(before) && rate.test(after))) return true;
  return during.test(before) && timeSpan.test(after);
}

/** `3/4 cup`: of a few parts, and no date. */
const amountFraction = /(?<![\d/.,]|\p{L})(\d{1,2})\/(\d|1\d|20)(?=\s(?:of\b|\p{L}+s?\b)|[.!]?$)(?!\s?[+×÷])/giu;

function toldNumbers(sentence: string): readonly NumberToken[] {
  if (!/\d/u.test(sentence)) return [];
  const whole = wholeFraction(sentence);
  if (whole !== undefined) return [{ value: whole, start: 0, end: sentence.length }];
  const written = withoutAsides(withoutLabels(sentence));
  const isEquation = equals.test(written);
  const text = isEquation ? written : written.replaceAll(amountFraction, '$1⁄$2');
  const told = numbersIn(text).filter((token) => !isPassing(text, token, isEquation));
  const bold = told.filter((token) => isBold(text, token));
  return bold.length === 1 ? bold : told;
}

/** Whether bold text is this number, with a unit at most. */
function isBold(text: string, { start, end }: NumberToken): boolean {
  return text[start - 1] === boldMark && /^(?:\s?[\p{L}%]+){0,2}[.!]?\uE002(?!\s?:)/u.test(text.slice(end, end + 60));
}

/** `3/4` as the whole sentence, decoration aside: among words a slash means too many other things. */
function wholeFraction(sentence: string): ExactDecimal | undefined {
  const written = /^[\s$\uE002]*(-?\d{1,9}\s?\/\s?\d{1,9})[\s$\uE002.]*$/u.exec(sentence);
  return written === null ? undefined : simpleFraction(written[1] ?? '');
}

const offer =
  /^\P{L}*(?:let me know|feel free|if you (?:need|want|have|would|'d|are)|i hope|hope (?:this|that|it)|would you|do you|please|thank|note|is there|(?:i'm |i am )?happy to|tell me|(?:this|that)(?: is|'s) because|tip\b)/iu;
const conclusion =
  /^\P{L}*(?:and |but )?(?:so|therefore|thus|hence|finally|overall|consequently|in conclusion|wait|actually)\b|\b(?:in all|in total|altogether|all together|total|combined)\b/iu;
const continuation =
  /^\P{L}*(?:and )?(?:then|next|after that)\b|^\P{L}*(?:but|however)\b.*(?:=|\b(?:left|leav(?:es|ing)|remain|actually|really|it(?: is|'s))\b)/iu;
const check =
  /^\P{L}*(?:to (?:double[- ])?(?:check|verify)|(?:double[- ])?check(?:ing)?\b(?=\P{L})|verification|proof|(?:let's|let us|let me|we can|you can|we) (?:double[- ])?(?:check|verify)(?=\s(?:this|that|it|our|my|the (?:answer|result))\b|\P{L}*$|[:,]))/iu;

/** Begins as conclusions do, or speaks of a total, and tells a number. */
function isConclusion({ text, isRemark, lastTold }: Sentence): boolean {
  return lastTold !== undefined && !isRemark && conclusion.test(text);
}

/** Headings of what is said about a result. */
const aside = /^\P{L}*(?:notes?|remarks?|verification|check(?:ing)?|explanation)\P{L}*$/iu;

/** Sentences before the check of a number that was concluded with, or was told last; before a heading such as `Note`. */
function beforeCheck(sentences: readonly Sentence[]): readonly Sentence[] {
  const at = sentences.findIndex(({ text, isHeading }, index) => {
    if (isHeading && aside.test(text)) return sentences.slice(0, index).some(({ told }) => told.length > 0);
    return check.test(text) && isChecked(sentences, index);
  });
  return at === -1 ? sentences : sentences.slice(0, at);
}

/** Whether a check is of what was told before it, which it then names, at the latest on the next line. */
function isChecked(sentences: readonly Sentence[], at: number): boolean {
  const told = sentences.slice(Math.max(0, at - 3), at).findLast(({ lastTold }) => lastTold !== undefined)?.lastTold;
  const named = sentences.slice(at, at + 3).flatMap(({ text }) => numbersIn(text));
  return told !== undefined && named.some(({ value }) => equalDecimals(value, told));
}

/** The number that the last sentence with one tells, remarks, a check of the result and its parts aside. */
export function toldLast(sentences: readonly Sentence[]): ExactDecimal | undefined {
  const [before, last] = beforeCheck(sentences)
    .filter(({ isRemark, lastTold }) => lastTold !== undefined && !isRemark)
    .slice(-2);
  if (last === undefined) return before?.lastTold;
  return before !== undefined && isConclusion(before) && isBreakdown(last, before) ? before.lastTold : last.lastTold;
}

const mostParts = 9;

/** What begins a sentence that lists parts rather than going on to calculate: `12 are red`, `Blue: 2`. */
const listing = /^(?:\P{L}*|\P{L}*(?:\p{L}+\s){0,2}\p{L}+:\s)[$€£]?\d(?!.*\b(?:so|left|leav(?:es|ing)|remain\w*)\b)/isu;

/** Whether a sentence names the parts of a total: `In all 18. 12 are red and 6 green`, but not `5 of them are left`. */
function isBreakdown({ text, told }: Sentence, { lastTold: total }: Sentence): boolean {
  if (told.length < 2 || told.length > mostParts || equals.test(text) || !listing.test(text)) return false;
  return (
    total !== undefined &&
    equalDecimals(
      told.map(({ value }) => value).reduce((sum, part) => addDecimals(sum, part)),
      total,
    )
  );
}

/** What is told behind a mark such as `Final answer:`: of one sentence what it begins with, of a solution the result. */
export function answerTold(sentences: readonly Sentence[]): ExactDecimal | undefined {
  const [only, ...others] = sentences.filter(({ isRemark, lastTold }) => lastTold !== undefined && !isRemark);
  if (only === undefined || others.length > 0 || working.test(only.text)) return lastOfAll(sentences);
  const main = new Sentence(only.text.replace(leading, ''));
  return (main.told[0] ?? only.told[0])?.value;
}

/** What a sentence says of how it comes to its number. */
const working = /[=≈⇒+×÷]|\b(?:total|altogether|in all|mak(?:es?|ing)|giv(?:es?|ing)|leav(?:es?|ing)|means?|get)\b/iu;
/** A clause or phrase before the main one. */
export const leading =
  /^\P{L}*(?:with|if|after|since|because|as|for|when|by|in|given|using|from|at|having|each of)\b[^,]*,\s/iu;

/** {@link toldLast}, else the last number of all. */
export function lastOfAll(sentences: readonly Sentence[]): ExactDecimal | undefined {
  return toldLast(sentences) ?? lastNumber(sentences, withoutLabels) ?? lastNumber(sentences, (text) => text);
}

function lastNumber(sentences: readonly Sentence[], readable: (text: string) => string): ExactDecimal | undefined {
  for (const { text } of sentences.toReversed()) {
    const last = /\d/u.test(text) ? numbersIn(readable(text)).at(-1) : undefined;
    if (last !== undefined) return last.value;
  }
  return undefined;
}

/** What a later conclusion says in place of a stated number; undefined where none does, or one repeats it. */
export function overruling(stated: ExactDecimal, later: readonly Sentence[]): ExactDecimal | undefined {
  const solution = beforeCheck(later);
  const { told = [] } = solution.findLast(isConclusion) ?? {};
  if (told.length > 0) return told.some(({ value }) => equalDecimals(value, stated)) ? undefined : told.at(-1)?.value;
  const continued = solution.findIndex(({ text, lastTold }) => lastTold !== undefined && continuation.test(text));
  return continued === -1 ? undefined : toldLast(solution.slice(continued));
}
