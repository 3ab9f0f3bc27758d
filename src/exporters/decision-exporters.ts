import { jsonText } from './sanitise.ts';
import type { Decision, DecisionCandidate } from '../scoring/decision.ts';
import type { Scalar } from './column.ts';
import { csvLine } from './csv-text.ts';
import {
  answerFacts,
  answerSentence,
  decisionAlignments,
  decisionHeadings,
  decisionRow,
  questionText,
  whyNot,
} from './decision-rows.ts';
import { escapeMarkdown, markdownTable } from './markdown-text.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const decisionVersion = 'perbench-decision/1';

function decisionJson(decision: Decision): string {
  const content = { schema: decisionVersion, answer: answerSentence(decision), ...decision };
  return `${jsonText(content, 2)}\n`;
}

type CsvColumn = readonly [heading: string, value: (candidate: DecisionCandidate, decision: Decision) => Scalar];

const csvColumns: readonly CsvColumn[] = [
  ['rank', ({ rank }) => rank],
  ['model', ({ model }) => model],
  ['is_recommended', ({ model }, { recommended }) => String(model === recommended)],
  ['is_eligible', ({ isEligible }) => String(isEligible)],
  ['score_version', (_, { scoreVersion }) => scoreVersion],
  ['score', ({ score }) => score],
  ['score_low', ({ interval }) => interval?.low],
  ['score_high', ({ interval }) => interval?.high],
  ['support', ({ support }) => support],
  ['device_seconds', ({ costSeconds }) => costSeconds],
  ['accuracy', ({ accuracy }) => accuracy],
  ['required_accuracy', ({ requiredAccuracy }) => requiredAccuracy],
  ['why_not', (candidate, decision) => whyNot(candidate, decision) || undefined],
];

function decisionCsv(decision: Decision): string {
  const rows = decision.candidates.map((candidate) =>
    csvLine(csvColumns.map(([, value]) => value(candidate, decision))),
  );
  return [csvLine(csvColumns.map(([heading]) => heading)), ...rows].join('');
}

function decisionMarkdown(decision: Decision): string {
  const facts = answerFacts(decision).map(([what, text]) => `- **${what}**: ${escapeMarkdown(text)}\n`);
  const notes = decision.notes.map((note) => `- ${escapeMarkdown(note)}\n`);
  const rows = decision.candidates.map((candidate) => decisionRow(candidate, decision));
  return [
    `### ${escapeMarkdown(answerSentence(decision))}\n`,
    `${escapeMarkdown(questionText(decision))}\n`,
    markdownTable(decisionHeadings, decisionAlignments, rows),
    ...(facts.length + notes.length > 0 ? [[...facts, ...notes].join('')] : []),
  ].join('\n');
}

/** Formats of decisions, by the ending of the file. */
export const decisionExporters = {
  csv: { extensions: ['csv'], render: decisionCsv },
  json: { extensions: ['json'], render: decisionJson },
  markdown: { extensions: ['md', 'markdown'], render: decisionMarkdown },
} as const;
