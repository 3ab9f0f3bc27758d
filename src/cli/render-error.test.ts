import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, UsageError } from '../core/errors.ts';
import { exitCodeByErrorCode } from './exit-codes.ts';
import { renderError } from './render-error.ts';

const source = join(import.meta.dirname, '..');
const documented = readFileSync(join(source, '../docs/errors.md'), 'utf8');

/** Codes of the classes in the source, wherever they are. */
function codesInSource(): ReadonlySet<string> {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.includes('.test.'),
  );
  const codes = files.flatMap((name) =>
    Array.from(
      readFileSync(join(source, name), 'utf8').matchAll(/readonly code = '(PB_[A-Z_]+)'/g),
      ([, code = '']) => code,
    ),
  );
  return new Set(codes);
}

function documentedCodes(): ReadonlyMap<string, number> {
  const rows = documented.matchAll(/^\| `(PB_[A-Z_]+)` +\| (\d+) +\|/gm);
  return new Map(Array.from(rows, ([, code = '', exit]) => [code, Number(exit)]));
}

describe('error codes', () => {
  it('are the same in the source, in docs/errors.md and in the exit codes', () => {
    const inSource = Array.from(codesInSource()).toSorted();
    expect(inSource.length).toBeGreaterThan(10);
    expect(Array.from(documentedCodes().keys()).toSorted()).toEqual(inSource);
    expect(Object.keys(exitCodeByErrorCode).toSorted()).toEqual(inSource);
  });

  it('have the documented exit codes', () => {
    expect(exitCodeByErrorCode).toEqual(Object.fromEntries(documentedCodes()));
  });
});

describe('an error on the terminal', () => {
  it('is one line and a hint where it is known', () => {
    expect(renderError(new UsageError('no such thing', { hint: 'Try another.' }))).toEqual({
      exitCode: 2,
      text: 'error: no such thing\nhint: Try another.\n',
      record: { code: 'PB_USAGE', message: 'no such thing', hint: 'Try another.' },
    });
  });

  it('is broken between words where the terminal is narrower, unless a word is longer', () => {
    const names = Array.from({ length: 12 }, (_, index) => `model-${index}`).join(', ');
    const error = new UsageError(`unknown model "x"; known: ${names}`, { hint: `Run perbench models list ${names}.` });
    const lines = renderError(error, 40).text.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.slice(0, -1).filter((each) => each.length > 40)).toEqual([]);
    expect(lines.slice(0, -1).join('').replaceAll(/ +/g, ' ')).toContain('model-11');
    // A hint may be a command: people copy it.
    expect(lines.at(-1)).toBe(`hint: Run perbench models list ${names}.`);
    const path = `/${'x'.repeat(60)}.gguf`;
    expect(renderError(new UsageError(`no such file: ${path}`), 40).text).toBe(`error: no such file: ${path}\n`);
  });

  it('is a line for each of several problems', () => {
    const error = new ConfigError({ file: 'a.yaml', line: 1, column: 2 }, ['one', 'a.yaml:3:4: two']);
    expect(renderError(error).text).toBe('error: a.yaml:1:2: one\nerror: a.yaml:3:4: two\n');
  });

  it.each(['a\n::error::x.gguf', 'a\r\n::error::x.gguf', 'a\u2028::error::x.gguf'])(
    'is one line with %j in it',
    (name) => {
      const error = new UsageError(`no such file: ${name}`, { hint: `Did you mean "${name}"?` });
      expect(renderError(error).text).toBe(
        'error: no such file: a ::error::x.gguf\nhint: Did you mean "a ::error::x.gguf"?\n',
      );
    },
  );

  it('holds no escape sequences of foreign text', () => {
    expect(renderError(new UsageError('a\u001B[31mb\u202Ec\u0007')).text).toBe('error: abc\n');
  });

  it('is one line where the system refused, whoever asked', () => {
    const error = Object.assign(new Error("EACCES: permission denied, open '/a'"), {
      code: 'EACCES',
      path: '/a',
      errno: -13,
    });
    const rendered = renderError(error);
    expect(rendered.text).toBe(
      'error: /a: permission denied (EACCES)\nhint: Change its permissions, or name another place.\n',
    );
    expect(rendered).toMatchObject({ exitCode: 5, record: { code: 'PB_ENVIRONMENT' } });
  });

  it('is a stack where it is a bug', () => {
    const rendered = renderError(new TypeError('x is not a function'));
    expect(rendered.exitCode).toBe(1);
    expect(rendered.text).toMatch(
      /^error: this is a bug in perbench: TypeError: x is not a function\n +at .*render-error\.test\.ts/,
    );
    expect(rendered.record).toMatchObject({ code: 'PB_BUG', message: 'x is not a function' });
    expect(renderError('a string').exitCode).toBe(1);
  });
});
