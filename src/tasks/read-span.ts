import { normalizeSpan } from './squad-metric.ts';
import { undecorated } from './undecorated.ts';

/** Normal forms of whole answers that mean "no answer". */
const abstentions: ReadonlySet<string> = new Set(
  ['unanswerable', 'no answer', 'cannot be answered', "can't be answered", 'not answerable'].map(normalizeSpan),
);

/**
 * Reads a short answer out of a model's output: its first line that isn't blank, without a leading "Answer:", quotes,
 * markdown and a final full stop.
 */
export function answerSpan(output: string): string {
  const line = output.split(/\r?\n/u).find((candidate) => candidate.trim() !== '') ?? '';
  return undecorated(line.replace(/^[\s*_]*answer[*_]*\s*:[\s*_]*/iu, ''));
}

/** Whether an answer says that there is none; one that says nothing doesn't. */
export function isAbstention(span: string): boolean {
  // "unanswerable. The passage says …" abstains; "unanswerable questions" may be a span.
  return abstentions.has(normalizeSpan(span)) || /^unanswerable\s*\p{P}/iu.test(span);
}

/**
 * Reads the predicted span of SQuAD 2.0 out of a model's output.
 *
 * @returns the span; empty where the model says that there is no answer; undefined where nothing could be read, as of an
 * empty output or one of nothing but articles and punctuation
 */
export function predictedSpan(output: string): string | undefined {
  const span = answerSpan(output);
  if (isAbstention(span)) return '';
  return normalizeSpan(span) === '' ? undefined : span;
}
