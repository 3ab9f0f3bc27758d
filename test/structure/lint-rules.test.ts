import { beforeAll, describe, expect, it } from 'vitest';
import { lintPlanted, type LintReport } from './planted-lint.ts';

interface Fault {
  readonly path: string;
  readonly rule: string;
  readonly text: string;
}

// In pieces: no file of ours holds such a call.
const focused = ['it', 'only'].join('.');
const disabled = ['it', 'skip'].join('.');
const longFunction = `export function long(value: number): number {\n${'  value += 1;\n'.repeat(60)}  return value;\n}\n`;
const longFile = Array.from({ length: 301 }, (_, index) => `export const value${index} = ${index};\n`).join('');

const faults: readonly Fault[] = [
  {
    path: 'src/run/cycle-one.ts',
    rule: 'import(no-cycle)',
    text: "import { two } from './cycle-two.ts';\nexport const one = (): number => two();\n",
  },
  {
    path: 'src/run/any.ts',
    rule: 'typescript(no-explicit-any)',
    text: 'export function read(value: any): string {\n  return String(value);\n}\n',
  },
  {
    path: 'src/run/floating-promise.ts',
    rule: 'typescript(no-floating-promises)',
    text: 'export function start(work: () => Promise<void>): void {\n  work();\n}\n',
  },
  {
    path: 'src/run/misused-promise.ts',
    rule: 'typescript(no-misused-promises)',
    text: 'export function start(work: () => Promise<boolean>): number {\n  if (work()) return 1;\n  return 2;\n}\n',
  },
  {
    path: 'src/run/forgotten-case.ts',
    rule: 'typescript(switch-exhaustiveness-check)',
    text: "export function name(kind: 'a' | 'b'): string {\n  switch (kind) {\n    case 'a':\n      return 'A';\n  }\n  return '';\n}\n",
  },
  {
    path: 'src/run/empty-catch.ts',
    rule: 'eslint(no-empty)',
    text: 'export function quiet(work: () => void): void {\n  try {\n    work();\n  } catch {}\n}\n',
  },
  { path: 'src/run/long-file.ts', rule: 'eslint(max-lines)', text: longFile },
  { path: 'src/run/long-function.ts', rule: 'eslint(max-lines-per-function)', text: longFunction },
  {
    path: 'src/run/console.ts',
    rule: 'eslint(no-console)',
    text: "export function say(): void {\n  console.log('x');\n}\n",
  },
  {
    path: 'src/run/environment.ts',
    rule: 'eslint(no-restricted-properties)',
    text: "export const key = process.env['KEY'];\n",
  },
  {
    path: 'src/run/exit.ts',
    rule: 'eslint(no-restricted-properties)',
    text: 'export function stop(): void {\n  process.exit(1);\n}\n',
  },
  {
    path: 'src/stats/unseeded.ts',
    rule: 'eslint(no-restricted-properties)',
    text: 'export const value = Math.random();\n',
  },
  { path: 'src/run/camelCase.ts', rule: 'unicorn(filename-case)', text: 'export const value = 1;\n' },
  { path: 'src/run/default-export.ts', rule: 'import(no-default-export)', text: 'export default 1;\n' },
  {
    path: 'src/run/untyped-result.ts',
    rule: 'typescript(explicit-module-boundary-types)',
    text: 'export function add(a: number, b: number) {\n  return a + b;\n}\n',
  },
  {
    path: 'src/run/ignored-error.ts',
    rule: 'typescript(ban-ts-comment)',
    text: "// @ts-ignore\nexport const value: number = 'x';\n",
  },
  {
    path: 'src/run/module-mock.test.ts',
    rule: 'vitest(no-restricted-vi-methods)',
    text: "import { vi } from 'vitest';\nvi.mock('./any.ts');\n",
  },
  {
    path: 'src/run/focused.test.ts',
    rule: 'vitest(no-focused-tests)',
    text: `import { expect, it } from 'vitest';\n${focused}('x', () => {\n  expect(1).toBe(1);\n});\n`,
  },
  {
    path: 'src/run/disabled.test.ts',
    rule: 'vitest(no-disabled-tests)',
    text: `import { expect, it } from 'vitest';\n${disabled}('x', () => {\n  expect(1).toBe(1);\n});\n`,
  },
];

/** What lint must leave alone: a checker that reports everything is as blind as one that reports nothing. */
const innocent: Readonly<Record<string, string>> = {
  'src/run/cycle-two.ts': "import { one } from './cycle-one.ts';\nexport const two = (): number => one();\n",
  'src/run/handled.ts':
    'export async function handled(work: () => Promise<void>): Promise<void> {\n  await work();\n}\n',
  'src/cli/prints.ts': "export function say(): void {\n  console.log(process.env['HOME']);\n}\n",
  'src/run/long-with-comments.ts': `${'// why\n\n'.repeat(301)}export const value = 1;\n`,
  'src/run/long.test.ts': `import { expect, it } from 'vitest';\nit('x', () => {\n${'  expect(1).toBe(1);\n'.repeat(80)}});\n`,
};

describe('lint rules', () => {
  let report: LintReport;
  beforeAll(async () => {
    const planted = faults.map(({ path, text }) => [path, text]);
    report = await lintPlanted({ ...Object.fromEntries(planted), ...innocent });
  });

  it.each(faults)('$rule finds $path', ({ path, rule }) => {
    expect(report.rulesOf.get(path)).toContain(rule);
  });

  it.each(Object.keys(innocent).filter((path) => !path.includes('cycle')))('nothing is found in %s', (path) => {
    expect(report.rulesOf.get(path)).toBeUndefined();
  });
});
