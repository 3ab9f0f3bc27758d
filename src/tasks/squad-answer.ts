import { normalizeSpan } from './squad-metric.ts';

/** Normal forms of whole answers that mean "no answer". */
const abstentions: ReadonlySet<string> = new Set(
  ['', 'unanswerable', 'no answer', 'cannot be answered', "can't be answered", 'not answerable'].map(normalizeSpan),
);

/**
 * Reads the predicted span out of a model's output: its first line that isn't blank, without a leading "Answer:",
 * quotes, markdown and a final full stop.
 *
 * @returns the span; empty where the model says that there is no answer, or says nothing
 */
export function predictedSpan(output: string): string {
  const line = output.split(/\r?\n/u).find((candidate) => candidate.trim() !== '') ?? '';
  const span = undecorated(line.replace(/^[\s*_]*answer[*_]*\s*:[\s*_]*/iu, ''));
  if (abstentions.has(normalizeSpan(span))) return '';
  // "unanswerable. The passage says …" abstains; "unanswerable questions" may be a span.
  return /^unanswerable\s*\p{P}/iu.test(span) ? '' : span;
}

function undecorated(text: string): string {
  const pairs = /^(?:\*\*|__|[*_`"'“”‘’])+|(?:\*\*|__|[*_`"'“”‘’])+$/gu;
  let current = text.trim();
  for (;;) {
    const next = current
      .replace(pairs, '')
      .replace(/(?<!\.)\.$/u, '')
      .trim();
    if (next === current) return current;
    current = next;
  }
}
