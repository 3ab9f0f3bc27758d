import type { GateDocument } from '../exporters/gate-exporters.ts';
import { checkSentence, gateHeadings, gateRow, gateSentence } from '../exporters/gate-rows.ts';
import { plainText } from '../exporters/sanitise.ts';
import type { Output } from './output.ts';
import { textTable } from './text-table.ts';

const colors = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const;

/** A gate for a terminal: a line per check, what speaks against the numbers, the verdict at the end. */
export function gateText(document: GateDocument, styled: Output['styled']): string {
  const { result, baseline, candidate, limitsFrom, differences, unmatched } = document;
  const [heading = '', ...rows] = textTable(gateHeadings, result.checks.map(gateRow)).split('\n');
  const doubts = [
    ...result.checks.filter(({ notes }) => notes.length > 0).map((check) => `! ${checkSentence(check)}`),
    ...differences.map((difference) => `! ${difference}`),
    ...unmatched,
  ];
  return [
    plainText(`candidate ${candidate} against baseline ${baseline}; limits from ${limitsFrom.join(', then ')}`),
    styled(heading, 'underline'),
    ...rows.map((row, index) => styled(row, colors[result.checks[index]?.outcome ?? 'inconclusive'])),
    ...doubts.map((line) => styled(plainText(line), 'dim')),
    '',
    styled(gateSentence(result), ['bold', colors[result.outcome]]),
  ].join('\n');
}
