import type { Check, Document } from './document.ts';
import { safeText } from './sanitise.ts';

/** Text on one line, its markup escaped. */
function xmlText(text: string): string {
  return safeText(text)
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

function testCase({ place, demand, evidence, sentence, countsAs, facts }: Check): string {
  const properties = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`      <property${attributes({ name, value })}/>\n`],
  );
  return [
    `  <testcase${attributes({ classname: place, name: demand, time: 0 })}>\n`,
    `    <properties>\n${properties.join('')}    </properties>\n`,
    countsAs === 'passed' ? '' : `    <${countsAs}${attributes({ message: sentence })}/>\n`,
    `    <system-out>${xmlText(`got ${evidence}`)}</system-out>\n`,
    '  </testcase>\n',
  ].join('');
}

/** The checks of a document as JUnit XML: a test case each. */
export function junitText({ title, verdict, checks }: Document): string {
  const count = (kind: Check['countsAs']): number => checks.filter(({ countsAs }) => countsAs === kind).length;
  const facts = attributes({
    name: title,
    tests: checks.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: 0,
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites${facts}>\n<testsuite${facts}>\n`,
    `  <properties>\n    <property${attributes({ name: 'verdict', value: verdict })}/>\n  </properties>\n`,
    ...checks.map(testCase),
    '</testsuite>\n</testsuites>\n',
  ].join('');
}

/** Annotations of one kind that GitHub shows for a step. */
const maxOfKind = 10;

/** Message of a workflow command: `%` and line ends are its syntax. */
function escapeMessage(text: string): string {
  return safeText(text).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

/** Property of a workflow command: colons and commas separate properties. */
function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function command(kind: 'error' | 'warning' | 'notice', title: string, message: string): string {
  return `::${kind} title=${escapeProperty(title)}::${escapeMessage(message)}`;
}

function ofKind(kind: 'error' | 'warning', title: string, checks: readonly Check[]): readonly string[] {
  const hasMore = checks.length > maxOfKind;
  const shown = hasMore ? checks.slice(0, maxOfKind - 1) : checks;
  const lines = shown.map(({ demand, sentence }) => command(kind, demand, sentence));
  const left = checks.length - shown.length;
  return hasMore ? [...lines, command(kind, title, `and ${left} more checks`)] : lines;
}

/** Workflow commands of GitHub Actions: an error per failed check, a warning per open one, the verdict as a notice. */
export function githubAnnotations({ checks, verdict }: Document): string {
  const of = (kind: Check['annotation']): readonly Check[] => checks.filter(({ annotation }) => annotation === kind);
  const title = 'perbench gate';
  return [
    ...ofKind('error', title, of('error')),
    ...ofKind('warning', title, of('warning')),
    command('notice', title, verdict),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** A step summary above this is dropped whole. */
export const stepSummaryBytes = 2 ** 20;

/**
 * A text cut at a line so that it fits, the cut said.
 *
 * @param room in bytes of UTF-8; a text that doesn't fit at all becomes empty
 */
export function fitSummary(text: string, room: number): string {
  if (Buffer.byteLength(text) <= room) return text;
  const note = '\nTruncated to the size limit of step summaries. perbench gate -o gate.md writes everything.\n';
  let left = room - Buffer.byteLength(note);
  if (left < 0) return '';
  let kept = '';
  for (const line of text.split(/(?<=\n)/u)) {
    left -= Buffer.byteLength(line);
    if (left < 0) break;
    kept += line;
  }
  return kept + note;
}
