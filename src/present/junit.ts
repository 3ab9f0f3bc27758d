import type { Check, Document } from './document.ts';
import { safeText } from './sanitise.ts';

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
