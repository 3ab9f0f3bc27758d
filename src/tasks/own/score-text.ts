import type { ResolvedTask, TaskScore } from '../../core/task-definition.ts';
import type { ItemScore } from '../../core/task.ts';
import { answerOnly } from '../answer-only.ts';
import { answerSpan, saysNoAnswer } from '../read-span.ts';
import { normalizeSpan, spanF1 } from '../squad-metric.ts';
import { undecorated } from '../undecorated.ts';
import { wholeWords } from '../whole-words.ts';
import { createRegexReader } from './regex-reader.ts';
import type { RightAnswers } from './right-answers.ts';
import { rougeL } from './rouge-l.ts';
import type { SettingSource } from './setting-error.ts';

type TextScore = Extract<TaskScore, { readonly kind: 'exact' | 'contains' | 'f1' | 'rouge_l' | 'regex' }>;

/** What was read out of an answer, and what it is worth. */
interface Reading {
  readonly answer: string | undefined;
  readonly value: number;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  /** There is nothing that could be compared. */
  readonly isUnparsed?: boolean;
}

type Read = (output: string, texts: readonly string[]) => Reading;

/** @throws {ConfigError} if a pattern is none */
export function createTextScorer(
  definition: Pick<ResolvedTask, 'answer' | 'unanswerable'> & { readonly score: TextScore },
  file: SettingSource,
): (right: RightAnswers, output: string) => ItemScore {
  const read = readerOf(definition, file);
  const { unanswerable } = definition;
  const unread: Reading = { answer: undefined, value: 0, isUnparsed: true };
  const judge = (texts: readonly string[], output: string): Reading => {
    // Saying nothing isn't saying that there is no answer.
    if (output.trim() === '') return unread;
    if (unanswerable === undefined) return read(output, texts);
    const hasAnswer = texts.length > 0;
    if (saysNone(output, unanswerable))
      return { answer: '(no answer)', value: hasAnswer ? 0 : 1, metrics: metricsOf(hasAnswer ? 0 : 1) };
    const span = answerSpan(output);
    if (normalizeSpan(span) === '' && !texts.some((text) => isSame(span, text))) return unread;
    return hasAnswer ? read(output, texts) : { answer: span, value: 0, metrics: metricsOf(0) };
  };
  const metricsOf = (value: number): Reading['metrics'] => (definition.score.kind === 'exact' ? { f1: value } : {});
  return ({ texts }, output) => {
    const { answer, value, metrics = {}, isUnparsed = false } = judge(texts, answerOnly(output));
    if (unanswerable === undefined) return { value, answer, isUnparsed, metrics };
    return {
      value,
      answer,
      isUnparsed,
      metrics: { ...metrics, predicted_no_answer: answer === '(no answer)' ? 1 : 0 },
      detail: { hasAnswer: texts.length > 0 },
    };
  };
}

/** Whether an answer says that there is none: in the words of the task, or in those of SQuAD 2.0. */
function saysNone(output: string, unanswerable: string): boolean {
  if (saysNoAnswer(output)) return true;
  const span = answerSpan(output);
  const [said, wanted] = [normalizeSpan(span), normalizeSpan(unanswerable)];
  return (
    wanted !== '' && (said === wanted || (said.startsWith(`${wanted} `) && isFollowedByPunctuation(span, unanswerable)))
  );
}

function isFollowedByPunctuation(span: string, words: string): boolean {
  return span.toLowerCase().startsWith(words.toLowerCase()) && /^\s*\p{P}/u.test(span.slice(words.length));
}

/** The part of an answer that is compared: all of it where right answers have several lines or any text will do. */
function comparedPart(output: string, texts: readonly string[], answer: ResolvedTask['answer']): string {
  const isWhole = answer === 'free' || texts.some((text) => text.includes('\n'));
  return isWhole ? output.trim() : answerSpan(output);
}

/** Equal after SQuAD's normalisation; what that leaves nothing of, such as `+`, must be the same. */
function isSame(span: string, text: string): boolean {
  const normal = normalizeSpan(text);
  return normal === '' ? undecorated(text) === undecorated(span) : normal === normalizeSpan(span);
}

function readerOf(
  { score, answer }: Pick<ResolvedTask, 'answer'> & { readonly score: TextScore },
  file: SettingSource,
): Read {
  const compared =
    (valueOf: (span: string, texts: readonly string[]) => Pick<Reading, 'value' | 'metrics'>): Read =>
    (output, texts) => {
      const span = comparedPart(output, texts, answer);
      return { answer: span, ...valueOf(span, texts) };
    };
  switch (score.kind) {
    case 'exact':
      return compared((span, texts) => ({
        value: texts.some((text) => isSame(span, text)) ? 1 : 0,
        metrics: { f1: spanF1(span, texts) },
      }));
    case 'f1':
      return compared((span, texts) => ({ value: spanF1(span, texts) }));
    case 'rouge_l':
      return compared((span, texts) => ({ value: rougeL(span, texts) }));
    case 'contains':
      return (output, texts) => {
        const found = texts.find((text) => isNamed(output, text));
        return { answer: found ?? answerSpan(output), value: found === undefined ? 0 : 1 };
      };
    case 'regex': {
      const find = createRegexReader(score.pattern, file);
      return (output, texts) => {
        const found = find(output);
        if (texts.length === 0) return { answer: found ?? answerSpan(output), value: found === undefined ? 0 : 1 };
        const isRight = found !== undefined && texts.some((text) => isSame(found, text));
        return { answer: found, value: isRight ? 1 : 0, isUnparsed: found === undefined };
      };
    }
  }
}

function isNamed(output: string, text: string): boolean {
  const normal = normalizeSpan(text);
  return normal === '' ? output.includes(text.trim()) : wholeWords([normal]).test(normalizeSpan(output));
}
