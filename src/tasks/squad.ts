/**
 * SQuAD 2.0: the model copies the answer to a question from a passage, or says that there is none (Rajpurkar et al.
 * 2018, arXiv:1806.03822). Always abstaining scores 0.5007: the score to beat, and the tasks' `chance`.
 *
 * Protocol squad2/per@3:
 * - zero-shot; instruction, then title and passage, then the question, so that the questions on one passage share a
 *   prefix; chat template for instruct models, `Answer:` to complete for base models; at most 32 tokens;
 * - the span is the first line that doesn't only lead in to it (`predictedSpan`); "unanswerable" and sentences that say
 *   as much mean "no answer" (`saysNoAnswer`); an output in which nothing can be read is wrong, and counted;
 * - the official metric: headline `exact` (the stricter of the two), `f1` beside it, both for each half of the set.
 *
 * Protocol squad2/lmeval@1: as lm-eval's task `squadv2` version 3 has it, for comparison with published numbers.
 * - zero-shot `Title: …\n\nBackground: …\n\nQuestion: …\n\nAnswer:`; at most 256 tokens, ends at a line break;
 * - the text is scored as it is: a generated "unanswerable" is a wrong span, never "no answer", so a model that
 *   abstains in words scores 0 on the unanswerable half; that is lm-eval's known behaviour, kept on purpose;
 * - headline `exact`, `f1` beside it.
 *
 * Not covered: the threshold search for "no answer" (`best_exact`, `best_f1`): it wants a probability of "no answer",
 * for which lm-eval also asks for the log-likelihood of " unanswerable". A task here either generates or scores
 * likelihoods. `exact` and `f1` are not touched by that: lm-eval's threshold is 1.0, which no probability exceeds.
 */
import { squadRecord } from '../core/dataset-record.ts';
import { contentHash } from '../core/item-id.ts';
import { defineTask, type GenerateTask, type GenerationQuestion, type ItemScore, type Task } from '../core/task.ts';
import { fixedExamples, perItemExamples } from './example-picker.ts';
import { predictedSpan } from './read-span.ts';
import { normalizeSpan, spanExact, spanF1 } from './squad-metric.ts';
import { cutAtStop, groupMeans, promptAfter, type TaskVariant, variantFacts, where } from './task-parts.ts';

export interface SquadItem {
  readonly id: string;
  readonly title: string;
  readonly context: string;
  readonly question: string;
  /** Empty where the passage has no answer. */
  readonly answers: readonly string[];
}

const dataset = { name: 'squad2', split: 'validation', fewShotSplit: 'train' } as const;
const published = { name: 'squad2', version: 1, dataset, items: 11_873 } as const;
/** The third, since lead-ins and sentences that abstain are read as what they are. */
export const perVersion = 3;
const per: TaskVariant = { ...published, version: perVersion, protocol: 'per', title: 'SQuAD 2.0' };
const lmeval: TaskVariant = { ...published, protocol: 'lmeval', title: 'SQuAD 2.0, lm-eval' };

/** What both protocols have in common. */
const common = {
  kind: 'generate',
  metric: 'exact',
  // Abstaining from every question is no answer that a model is held against (docs/scores.md).
  trivialAccuracy: 0,
  category: 'generation',
  // Questions share a passage, so their scores are dependent.
  cluster: ({ context }) => contentHash(context, 16),
  parse(record) {
    const { id, title, context, question, answers } = squadRecord.parse(record);
    return { id, title, context, question, answers };
  },
  itemId: ({ id }) => id,
  expected: ({ answers }) => answers[0] ?? '(no answer)',
  summarise: summariseSpans,
} as const satisfies Partial<GenerateTask<SquadItem>>;

/** @param shots - examples in each prompt, the same for every item; zero by default */
export function squadPer(variant: TaskVariant = per, shots?: number): Task {
  const abstaining = variant.protocol === 'mini' ? 0.5 : 0.5007;
  return defineTask<SquadItem>({
    ...common,
    ...variantFacts(variant, shots),
    withShots: (count) => squadPer(variant, count),
    chance: abstaining,
    baselines: { always_unanswerable: abstaining },
    pickExamples: fixedExamples(shots ?? 0),
    question: spanQuestion,
    score: (item, { text }) => scoreOutput(item, predictedSpan(text)),
  });
}

const instruction =
  'Answer the question with the shortest possible span copied from the passage. ' +
  'If the passage does not answer it, write "unanswerable".';

function goldText({ answers }: SquadItem): string {
  return answers[0] ?? 'unanswerable';
}

function spanQuestion(item: SquadItem, examples: readonly SquadItem[]): GenerationQuestion {
  const body = ({ title, context, question: text }: SquadItem): string =>
    `Title: ${title}\n\nPassage: ${context}\n\nQuestion: ${text}`;
  const { plain, chat } = promptAfter(item, examples, {
    plain: (asked) => `${body(asked)}\n\nAnswer:`,
    chat: (asked) => `${instruction}\n\n${body(asked)}`,
    answer: goldText,
  });
  return {
    prompt: { plain: `${instruction}\n\n${plain}`, chat },
    maxTokens: { plain: 32, chat: 32 },
    stop: { plain: ['\n'], chat: [] },
  };
}

/** @param shots - examples in each prompt, drawn anew for every item; zero by default */
export function squadLmEval(shots?: number): Task {
  return defineTask<SquadItem>({
    ...common,
    ...variantFacts(lmeval, shots),
    withShots: squadLmEval,
    chance: 0.5007,
    baselines: { always_empty: 0.5007 },
    pickExamples: perItemExamples(shots ?? 0),
    question: lmEvalQuestion,
    score: (item, { text }) => scoreSpan(item, cutAtStop(text, ['\n'])),
  });
}

/** Prompt of lm-eval for one question, without examples. */
export function squadLmEvalContext({ title, context, question: text }: SquadItem): string {
  return `Title: ${title}\n\nBackground: ${context}\n\nQuestion: ${text}\n\nAnswer:`;
}

function lmEvalQuestion(item: SquadItem, examples: readonly SquadItem[]): GenerationQuestion {
  const asking = { plain: squadLmEvalContext, chat: squadLmEvalContext, answer: goldText };
  const prompt = promptAfter(item, examples, asking);
  return { prompt, maxTokens: { plain: 256, chat: 256 }, stop: { plain: ['\n'], chat: ['\n'] } };
}

/** @param span - undefined where none could be read */
function scoreOutput(item: SquadItem, span: string | undefined): ItemScore {
  if (span !== undefined) return scoreSpan(item, span);
  const nothing = { value: 0, answer: undefined, isUnparsed: true, metrics: { f1: 0, predicted_no_answer: 0 } };
  return { ...scoreSpan(item, ''), ...nothing };
}

/** @param span - empty, or nothing but articles and punctuation, for "no answer" */
function scoreSpan(item: SquadItem, span: string): ItemScore {
  const isEmpty = normalizeSpan(span) === '';
  return {
    value: spanExact(span, item.answers),
    answer: isEmpty ? '(no answer)' : span.trim(),
    isUnparsed: false,
    metrics: { f1: spanF1(span, item.answers), predicted_no_answer: isEmpty ? 1 : 0 },
    detail: { hasAnswer: item.answers.length > 0 },
  };
}

/** The two halves of the data set apart, as the official script prints them. */
function summariseSpans(scores: readonly ItemScore[]): Readonly<Record<string, number>> {
  const f1 = (score: ItemScore): number => score.metrics['f1'] ?? 0;
  return groupMeans(scores, {
    has_answer_exact: where('hasAnswer', true, ({ value }) => value),
    has_answer_f1: where('hasAnswer', true, f1),
    no_answer_exact: where('hasAnswer', false, ({ value }) => value),
    no_answer_f1: where('hasAnswer', false, f1),
  });
}
