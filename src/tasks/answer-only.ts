import { splitThoughts } from '../core/split-thoughts.ts';

/** What a model answers, without thoughts that came as a part of it; nothing where they never ended. */
export function answerOnly(output: string): string {
  return splitThoughts(output, { startsInside: 'unknown' }).answer;
}

const wrapper =
  /<((?:final[ _-]?)?answer|final|output|response|result|solution|span|label|sentiment|category|prediction|verdict)>/giu;
/** What may give another answer behind one. */
const another = /answer|####|boxed|\b(?:wait|no|actually|correction|so|therefore|thus|hence)\b/iu;
/** Wrappers that are looked at: a model may go on for ever. */
const mostWrappers = 4;

/**
 * {@link answerOnly}, of which only the last `<answer>…</answer>` or the like, if there is one that holds something and no
 * other answer seems to follow. What isn't called an answer may hold the way to one: then nothing stands behind it.
 */
export function innerAnswer(output: string): string {
  const answer = answerOnly(output);
  for (const { 0: open, 1: name = '', index } of answer.matchAll(wrapper).toArray().slice(-mostWrappers).toReversed()) {
    const rest = answer.slice(index + open.length);
    const close = new RegExp(`</${name}>`, 'iu').exec(rest);
    const inside = rest.slice(0, close?.index);
    const behind = close === null ? '' : rest.slice(close.index + close[0].length);
    const isWhole = close === null ? /(?:^|\n)\s*$/u.test(answer.slice(0, index).slice(-9)) : true;
    const isAnswer = /answer/iu.test(name) ? !another.test(behind) : !saysSomething(behind);
    if (isWhole && isAnswer && saysSomething(inside)) return inside;
  }
  return answer;
}

function saysSomething(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text.replaceAll(/<[^<>]*>/gu, ''));
}
