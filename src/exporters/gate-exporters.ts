import type { GateCheck, GateResult } from '../scoring/gate.ts';
import type { Scalar } from './column.ts';
import { csvLine } from './csv-text.ts';
import {
  checkSentence,
  demandText,
  evidenceText,
  gateHeadings,
  gateRow,
  gateSentence,
  placeText,
} from './gate-rows.ts';
import { jsonText, safeText } from './sanitise.ts';
import { escapeMarkdown, markdownTable } from './markdown-text.ts';

/** A gate's result with where it comes from. */
export interface GateDocument {
  readonly result: GateResult;
  /** Ids of the two runs, or `run:model`. */
  readonly baseline: string;
  readonly candidate: string;
  /** Where the limits come from, one phrase each. */
  readonly limitsFrom: readonly string[];
  /** What differs in how the two were made, one sentence each. */
  readonly differences: readonly string[];
  /** Cells without a partner, one sentence each. */
  readonly unmatched: readonly string[];
}

/** Raised when a reader of an older file would misunderstand a newer one. */
const gateVersion = 'perbench-gate/1';

function gateJson({ result, ...origin }: GateDocument): string {
  const content = { schema: gateVersion, verdict: gateSentence(result), ...result, ...origin };
  return `${jsonText(content, 2)}\n`;
}

type CsvColumn = readonly [heading: string, value: (check: GateCheck) => Scalar];

const csvColumns: readonly CsvColumn[] = [
  ['task', ({ taskId }) => taskId],
  ['model', ({ model }) => model],
  ['limit', ({ limit }) => limit],
  ['metric', ({ metric }) => metric],
  ['kind', ({ kind }) => kind],
  ['unit', ({ unit }) => unit],
  ['bound', ({ bound }) => bound],
  ['direction', ({ isUpper }) => (isUpper ? 'at most' : 'at least')],
  ['estimate', ({ estimate }) => estimate],
  ['low', ({ interval }) => interval?.low],
  ['high', ({ interval }) => interval?.high],
  ['outcome', ({ outcome }) => outcome],
  ['notes', ({ notes }) => notes.join('; ') || undefined],
];

function gateCsv({ result }: GateDocument): string {
  const rows = result.checks.map((check) => csvLine(csvColumns.map(([, value]) => value(check))));
  return [csvLine(csvColumns.map(([heading]) => heading)), ...rows].join('');
}

/** The gate for a step summary or a comment. */
export function gateMarkdown({ result, baseline, candidate, differences, unmatched }: GateDocument): string {
  const rows = result.checks.map(gateRow);
  const notes = [
    ...result.checks.filter((check) => check.notes.length > 0).map((check) => `! ${checkSentence(check)}`),
    ...differences.map((difference) => `! ${difference}`),
    ...unmatched,
  ];
  return [
    `### ${escapeMarkdown(gateSentence(result))}\n`,
    `Candidate ${escapeMarkdown(candidate)} against baseline ${escapeMarkdown(baseline)}.\n`,
    markdownTable(gateHeadings, ['left', 'left', 'left', 'right', 'left'], rows),
    ...(notes.length > 0 ? [notes.map((note) => `- ${escapeMarkdown(note)}\n`).join('')] : []),
  ].join('\n');
}

/** Text that XML 1.0 can hold, its markup escaped. */
function xmlText(text: string): string {
  return safeText(text)
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\n]/g, ' ');
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join('');
}

type JunitKind = 'failure' | 'error' | 'skipped' | undefined;

/** An open check is an error, unless the user said that it shall count as something else. */
function junitKind({ outcome }: GateCheck, { rule }: GateResult): JunitKind {
  if (outcome === 'pass') return undefined;
  if (outcome === 'fail') return 'failure';
  return rule === 'pass' ? 'skipped' : rule === 'fail' ? 'failure' : 'error';
}

function junitCase(check: GateCheck, result: GateResult): string {
  const own = { classname: placeText(check), name: demandText(check), time: 0 };
  const { limit, bound, outcome, estimate, interval } = check;
  const facts = { limit, bound, outcome, estimate, low: interval?.low, high: interval?.high };
  const properties = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`      <property${attributes({ name, value })}/>\n`],
  );
  const kind = junitKind(check, result);
  const message = checkSentence(check);
  const verdict = kind === undefined ? '' : `    <${kind}${attributes({ message })}/>\n`;
  return [
    `  <testcase${attributes(own)}>\n`,
    `    <properties>\n${properties.join('')}    </properties>\n`,
    verdict,
    `    <system-out>${xmlText(`got ${evidenceText(check)}`)}</system-out>\n`,
    '  </testcase>\n',
  ].join('');
}

/** JUnit XML: a test case per check. */
function gateJunit({ result, baseline, candidate }: GateDocument): string {
  const kinds = result.checks.map((check) => junitKind(check, result));
  const count = (kind: JunitKind): number => kinds.filter((own) => own === kind).length;
  const counts = {
    tests: result.checks.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
  const name = `perbench gate: ${candidate} against ${baseline}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites${attributes({ name, ...counts, time: 0 })}>\n`,
    `<testsuite${attributes({ name, ...counts, time: 0 })}>\n`,
    `  <properties>\n    <property${attributes({ name: 'verdict', value: gateSentence(result) })}/>\n  </properties>\n`,
    ...result.checks.map((check) => junitCase(check, result)),
    '</testsuite>\n</testsuites>\n',
  ].join('');
}

/** Formats of gates, by the ending of the file. */
export const gateExporters = {
  junit: { extensions: ['junit.xml', 'xml'], render: gateJunit },
  json: { extensions: ['json'], render: gateJson },
  csv: { extensions: ['csv'], render: gateCsv },
  markdown: { extensions: ['md', 'markdown'], render: gateMarkdown },
} as const;
