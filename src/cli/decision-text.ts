import {
  answerFacts,
  answerSentence,
  decisionHeadings,
  decisionRow,
  questionText,
} from '../exporters/decision-rows.ts';
import { textWidth } from '../exporters/text-width.ts';
import { plainText } from '../exporters/sanitise.ts';
import type { Decision } from '../scoring/decision.ts';
import type { Output } from './output.ts';
import { textTable } from './text-table.ts';

/** A decision for a terminal: the answer, what it hangs on, every model with its reason. */
export function decisionText(decision: Decision, styled: Output['styled']): string {
  const facts = answerFacts(decision);
  const width = Math.max(0, ...facts.map(([what]) => textWidth(what)));
  const rows = decision.candidates.map((candidate) => decisionRow(candidate, decision));
  const [heading = '', ...body] = textTable(decisionHeadings, rows).split('\n');
  return [
    styled(plainText(questionText(decision)), 'dim'),
    styled(plainText(answerSentence(decision)), ['bold', decision.outcome === 'recommended' ? 'green' : 'yellow']),
    ...facts.map(([what, text]) => `  ${what.padEnd(width)}  ${plainText(text)}`),
    '',
    styled(heading, 'underline'),
    ...body,
    ...decision.notes.map((note) => styled(`  ${plainText(note)}`, 'dim')),
  ].join('\n');
}
