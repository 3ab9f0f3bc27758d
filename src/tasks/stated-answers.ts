import type { ExactDecimal } from './exact-decimal.ts';
import { numbersIn } from './number-tokens.ts';
import { answerTold, clauseEnd, isQuestion, leading, regionNumber, Sentence, withoutLabels } from './number-claims.ts';
import { boxClose, boxOpen } from './plain-maths.ts';

/** A number that an answer says is the answer. */
export interface StatedAnswer {
  readonly value: ExactDecimal;
  /** Nothing but taking it back overrules it; what is stated can be followed by a conclusion; part of a question. */
  readonly strength: 'final' | 'stated' | 'partial';
  /** Position of its sentence. */
  readonly at: number;
  /** What the sentence says after it. */
  readonly rest: string;
}

interface Found {
  readonly value: ExactDecimal;
  readonly strength: StatedAnswer['strength'];
  /** Where in the sentence it begins. */
  readonly offset: number;
}

/** The last stated answer of a text that isn't for a part; where there is none, the last that is. */
export function lastStated(sentences: readonly Sentence[]): StatedAnswer | undefined {
  const headings = sentences.filter(({ text, isHeading }) => isHeading && text.includes('####')).length;
  let part: StatedAnswer | undefined;
  for (let at = sentences.length - 1; at >= 0; at -= 1) {
    const sentence = sentences[at] ?? new Sentence('');
    const last = [boxed(sentence), marked(sentences, at, headings), worded(sentences, at), reversed(sentence)]
      .filter((each) => each !== undefined)
      .toSorted((left, right) => left.offset - right.offset)
      .at(-1);
    const answer = last && { value: last.value, strength: last.strength, at, rest: sentence.text.slice(last.offset) };
    if (answer !== undefined && answer.strength !== 'partial') return answer;
    part ??= answer;
  }
  return part;
}

function boxed({ text }: Sentence): Found | undefined {
  const parts = text.split(boxOpen);
  for (let index = parts.length - 1; index > 0; index -= 1) {
    const value = regionNumber((parts[index] ?? '').split(boxClose, 1)[0] ?? '');
    if (value !== undefined) return { value, strength: 'final', offset: parts.slice(0, index).join(boxOpen).length };
  }
  return undefined;
}

/** A number and nothing but signs, currency, and a unit of a few words. */
function isBare(text: string): boolean {
  return (
    text.length <= 80 &&
    /^[^\p{L}\d]*(?:rs\.?\s?|usd\s?|eur\s?)?\d[\d.,'’_\u00a0\u2009\u202f]*(?:⁄\d+)?(?:\s?[\p{L}%°]+){0,3}[^\p{L}\d]*$/iu.test(
      text,
    )
  );
}

/** Sentences that what is announced is looked for in. */
const reachOfAnnouncement = 100;

/** What a line such as `Final answer` announces: the number on the next line, else what is told up to the next heading. */
function announced(sentences: readonly Sentence[], at: number, rest = ''): ExactDecimal | undefined {
  const after = sentences.slice(at + 1, at + 1 + reachOfAnnouncement);
  const next = rest === '' ? after[0]?.text : undefined;
  if (next !== undefined && isBare(next)) return regionNumber(next);
  const end = after.findIndex(({ text, isHeading }) => isHeading || explanation.test(text) || announcement.test(text));
  const told = [new Sentence(rest), ...(end === -1 ? after : after.slice(0, end))];
  return answerTold(told.filter(({ isRemark }) => !isRemark));
}

const explanation =
  /^[^\p{L}\d]*(?:explanation|reasoning|justification|solution|steps?|calculations?|working)\b[^\p{L}\d]*(?:$|:)/iu;

/**
 * The protocol's own `#### 18`. One with words is a heading where something is told below it, and it begins with a word
 * or others are there.
 */
function marked(sentences: readonly Sentence[], at: number, headings: number): Found | undefined {
  const { text = '', isHeading = false } = sentences[at] ?? {};
  const closed = text.replace(/(?<=[^#\s]\s?)#+\s?$/u, '');
  const offset = closed.lastIndexOf('####');
  if (offset === -1) return undefined;
  const written = closed.slice(offset + 4);
  if (!/[\p{L}\d]/u.test(written)) return found(announced(sentences, at), 'stated', offset);
  const region = withoutLabels(written);
  const value = regionNumber(region);
  if (value === undefined) return undefined;
  if (!/\p{L}/u.test(written)) return { value, strength: 'final', offset };
  const isHeader = isHeading && !region.includes('=') && (headings > 1 || !/^[^\p{L}]*\d/u.test(region));
  return isHeader && isToldAfter(sentences, at) ? undefined : { value, strength: 'stated', offset };
}

function isToldAfter(sentences: readonly Sentence[], at: number): boolean {
  return sentences
    .slice(at + 1, at + 1 + reachOfAnnouncement)
    .some(({ told, isRemark }) => told.length > 0 && !isRemark);
}

const subject = String.raw`(?<![\p{L}\p{N}])(?<final>final\s)?(?:(?:numerical|numeric)\s)?(?:answer|ans\.?|antwort|ergebnis|respuesta|réponse|resposta|risposta|ответ|答案|答え|(?<=final )(?:result|total|number|amount|value|solution))`;
const reach = String.raw`(?:\s(?:to|for|of|in|after|with|here|now|then|we|that|which|you|should|must|therefore|thus|then|ist|es|est|è|é)(?=\s)[^\n.?!:=\d]{0,60}?)?`;
const verb = String.raw`(?<verb>\s(?:is|was|would be|will be|should be|must be|comes to|ist|es|est|è|é)(?![\p{L}'’])[\s\uE002]*:?|是|は|[\s\uE002]*[:：=|]|\s[-–—](?=\s))`;
const statement = new RegExp(`${subject}[\\uE002"”']?${reach}${verb}`, 'giu');
/** A line that only announces the answer. */
const announcement = /^[^\p{L}\d]*(?:(?:the|my|your) )?(?<final>final )?(?:answer|result|conclusion)[^\p{L}\d]*$/iu;

/** What stands before an answer that is asked for, supposed, or somebody else's. */
const supposed = new RegExp(
  [
    String.raw`\b(?:whether|if|suppose|supposing|assume|assuming|imagine|unless)(?:\sor not)?(?:\sthat)?\s(?:(?:the|an?|my|our|your|his|her|their)\s)?(?:\w+\s)?$`,
    String.raw`\b(?:might|may|could|would)\s(?:\w+\s)?(?:think|say|guess|expect|believe|assume|suggest)\b`,
    String.raw`\b(?:claim(?:s|ed)?|says?|thinks|thought|guess(?:es|ed)?|believes|hypothesis|assumption|idea|tempting|seems?|looks?|appears?|initially|naively|at first (?:glance|sight))\b[^.]*$`,
    String.raw`\b(?:wrong|incorrect|tempting|naive)\s$`,
    String.raw`\bto\s(?:the\s)?$`,
  ].join('|'),
  'iu',
);
/** What says that an answer is for a part of the question. */
const partial = new RegExp(
  [
    String.raw`\b(?:first|second|partial|intermediate|previous|initial)\s(?:\w+\s)?$`,
    String.raw`\b(?:for|to|of) (?:just |only )?(?:one|a single|each|every|the (?:first|second|third|other)|(?:part|step|question))\b`,
    String.raw`\b(?:so far|per|only)\b`,
    String.raw`^\P{L}*first(?:ly)?,`,
  ].join('|'),
  'iu',
);

function isOfPart(before: string, claim: string): boolean {
  return /\bwould be\b/iu.test(claim) || partial.test(before) || partial.test(claim);
}

/** Whether what follows says so: in the same clause, or in one about the answer (`…, but this is for one row only`). */
function isLimited(rest: string, next = ''): boolean {
  const end = clauseEnd.exec(rest)?.index ?? rest.length;
  const more = [rest.slice(end).replace(/^\P{L}+/u, ''), next].filter(
    (text) => aboutAnswer.test(text) && !/\d/u.test(text),
  );
  return [rest.slice(0, end), ...more].some((words) => partial.test(words.slice(0, 60)));
}

const aboutAnswer = /^(?:(?:but|and|though|although|however),?\s)?(?:this|that|it|which)(?:\s|['’]s\b)/iu;

/** `The answer is 18`, `**Answer:** 18`, and lines that announce one. */
function worded(sentences: readonly Sentence[], at: number): Found | undefined {
  const sentence = sentences[at];
  if (sentence === undefined || isQuestion(sentence.text)) return undefined;
  const { text } = sentence;
  const line = announcement.exec(text);
  if (line !== null)
    return found(announced(sentences, at), line.groups?.['final'] === undefined ? 'stated' : 'final', 0);
  for (const match of text.matchAll(statement).toArray().slice(-mostStatements).toReversed()) {
    const before = text.slice(Math.max(0, match.index - 60), match.index);
    const rest = text.slice(match.index + match[0].length);
    const isPart = isOfPart(before, match[0]) || isLimited(rest, sentences[at + 1]?.text);
    const { final, verb: said = '' } = match.groups ?? {};
    const value = supposed.test(before) ? undefined : stated(sentences, at, rest, /^[\s\uE002]*[:：=|]/u.test(said));
    const strength = isPart ? 'partial' : 'stated';
    if (value !== undefined) return { value, strength: final === undefined ? strength : 'final', offset: match.index };
  }
  return undefined;
}

/** In one sentence; more are a model that repeats itself. */
const mostStatements = 4;

function found(value: ExactDecimal | undefined, strength: Found['strength'], offset: number): Found | undefined {
  return value && { value, strength, offset };
}

/** @param isLabel - after a colon a whole solution may follow */
function stated(sentences: readonly Sentence[], at: number, rest: string, isLabel: boolean): ExactDecimal | undefined {
  if (!/[\p{L}\d]/u.test(rest)) return announced(sentences, at);
  const start = numbersIn(withoutLabels(rest))[0]?.start ?? rest.length;
  const isNumber =
    !leading.test(rest) && /^\P{L}*(?:[\p{L}.]+\P{L}+)?(?:a total of\P{L}+)?$/u.test(rest.slice(0, start));
  return isLabel && !isNumber ? announced(sentences, at, rest) : regionNumber(rest);
}

/** `So 18 is the answer.` */
function reversed({ text }: Sentence): Found | undefined {
  const match = /\d\D{0,40}?\sis\s(?:the|my|our)\s(?:final\s|correct\s)?answer\b(?!\sto)/iu.exec(text);
  if (match === null || isQuestion(text)) return undefined;
  const said = text.slice(0, match.index + match[0].length);
  return /\b(?:whether|if|not)\b/iu.test(said) ? undefined : found(new Sentence(said).lastTold, 'stated', match.index);
}
