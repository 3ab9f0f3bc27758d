import { isAbstention } from './abstention.ts';
import { adjectives, answerLines, bareLine, interjection, isLeadIn, jsonAnswer } from './answer-lines.ts';
import { normalizeSpan } from './squad-metric.ts';
import { undecorated } from './undecorated.ts';

const about = `(?:\\s+(?:to|for|from|in|of|based on|according to)\\s(?:[^?？:：]{1,200}[?？]["'”’*]*|[^?？:：]{1,120}?)|,[^,:：]{1,80},)?`;
const passage =
  '(?:(?:the|this|that|your|provided|given|above|supplied)\\s+){0,3}(?:passage|text|context|article|paragraph|excerpt|document|information)(?:\\s+(?:provided|given|above))?';
const foreign = 'antwort|réponse|respuesta|risposta|resposta|ответ|答案|回答';

/** What may stand before an answer in its line. */
const openings: readonly RegExp[] = [
  new RegExp(
    `^(?:${interjection}|unfortunately|(?:i['’]m |i am )?sorry|i apologi[sz]e|therefore|thus|so|hence)\\s*[!,.:—–]+\\s*(?:but\\s+)?`,
    'iu',
  ),
  new RegExp(
    `^(?:based (?:up)?on|according to|from|as (?:stated|mentioned|described|given) in|per|in)\\s+${passage}\\s*[,:]\\s*`,
    'iu',
  ),
  /^[^:：]{0,200}?\b(?:answer|ans|span)\b[^:：=]{0,200}[:：=]>?[*_\s]*/iu,
  new RegExp(
    `^[*_\\s]*${adjectives}(?:answer[*_]*\\s+(?:->|[-–—→])|(?:response|output|result|solution)[*_]*\\s*:|(?:${foreign})[*_]*\\s*[:：])[*_\\s]*`,
    'iu',
  ),
  new RegExp(
    `^[*_\\s]*${adjectives}(?:words?|wording|phrase|quote|quotation|extract)(?:\\s(?:[^:：]{0,60}\\s)?${passage})?[*_]*\\s*[:：][*_\\s]*`,
    'iu',
  ),
  /^[*_\s]*A[*_]*[:：][*_\s]*/u,
  new RegExp(
    `^[*_\\s]*(?:i (?:think|believe|would say)(?: that)?\\s+)?${adjectives}(?:answer|span)${about}\\s+(?:is|was|would be|should be|must be|will be)(?:\\s+that)?[*_]*\\s+`,
    'iu',
  ),
  /^.{0,300}?\b(?<!what )(?:the|my) (?:correct |final |right |short )?answer (?:is|would be)[*_]*\s+/iu,
];

/** Says outright that the answer follows, behind whatever came before. */
const stated = new RegExp(`^[*_\\s]*${adjectives}answer(?:[*_\\s]*(?:[:：]|$)|${about}\\s+is\\s*[:："“*])`, 'iu');
/** A model that asks itself the next question. */
const nextQuestion = /^[*_\s]*(?:question|passage|title)\b/iu;

const boxed = /^\$*\\boxed\{(?:\\text\{)?([^{}]*)\}+\$*$/u;
/** `Rollo is the answer.` */
const closing = /\s(?:is|was|would be) (?:the|my) (?:\p{L}+ )?answer$/iu;

function withoutOpenings(line: string): string {
  const said = undecorated(line);
  const end = closing.exec(said.slice(-60))?.[0] ?? '';
  let text = said.slice(0, said.length - end.length);
  for (const opening of openings) {
    const rest = text.replace(opening, '');
    if (rest.trim() !== '') text = rest;
  }
  return text;
}

/** Where the answer begins: at the line that says so, else behind those that lead in to it. */
function firstLine(lines: readonly string[]): number {
  const question = lines.findIndex((line) => nextQuestion.test(bareLine(line)));
  const own = question === -1 ? lines : lines.slice(0, question);
  const said = Math.max(
    0,
    own.findIndex((line) => stated.test(bareLine(line))),
  );
  const at = lines.findIndex((line, index) => index >= said && !isLeadIn(line, index + 1 < lines.length));
  return at === -1 ? lines.length : at;
}

/**
 * Reads a short answer out of a model's output: the line that says outright that it is the answer, else the first line.
 * Thoughts, code fences, headings and lines that only lead in are passed over; of a JSON object its `answer` counts. What is
 * left of the line is without a lead-in ("Answer:", "The answer is", "Based on the passage,"), the mark of a list, quotes,
 * markdown and a final full stop.
 */
export function answerSpan(output: string): string {
  return spanOf(answerLine(output));
}

/** The line that holds the answer, with what leads in to it. */
function answerLine(output: string): string {
  const lines = answerLines(output);
  const rest = lines.slice(firstLine(lines));
  return bareLine(jsonAnswer(rest) ?? rest[0] ?? '');
}

function spanOf(line: string): string {
  return undecorated(withoutOpenings(line)).replace(boxed, '$1');
}

/** Whether an output says that there is no answer; what leads in to the answer may belong to the sentence that says so. */
export function saysNoAnswer(output: string): boolean {
  const line = answerLine(output);
  return isAbstention(line) || isAbstention(spanOf(line));
}

/**
 * Reads the predicted span of SQuAD 2.0 out of a model's output.
 *
 * @returns the span; empty where the model says that there is no answer (`saysNoAnswer`); undefined where nothing could be
 * read, as of an empty output, a lead-in alone, or one of nothing but articles and punctuation
 */
export function predictedSpan(output: string): string | undefined {
  const line = answerLine(output);
  const span = spanOf(line);
  if (isAbstention(line) || isAbstention(span)) return '';
  return normalizeSpan(span) === '' ? undefined : span;
}
