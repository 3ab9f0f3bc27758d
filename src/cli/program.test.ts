import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { UsageError } from '../core/errors.ts';
import { normalizeFlags, resolveOptions } from './options/resolve-options.ts';
import { parseCommandLine, type ParsedCommandLine } from './program.ts';
import { commands } from './tables/commands.ts';
import { runOptions } from './tables/measure-options.ts';

function parse(...argv: readonly string[]): ParsedCommandLine {
  const parsed = parseCommandLine(normalizeFlags(argv), '1.2.3', () => undefined);
  if (parsed === undefined) throw new Error('nothing was parsed');
  return parsed;
}

function runValues(...argv: readonly string[]) {
  return resolveOptions(runOptions, parse('run', ...argv).given, {}).values;
}

function help(...argv: readonly string[]): string {
  let printed = '';
  const parsed = parseCommandLine(argv, '1.2.3', (text) => {
    printed += text;
  });
  expect(parsed).toBeUndefined();
  return printed;
}

function problem(...argv: readonly string[]): string {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof UsageError) return `${error.message} | ${error.hint ?? ''}`;
    throw error;
  }
  return 'accepted';
}

describe('the command line', () => {
  it.each([
    [['rum'], "unknown command 'rum' | Did you mean run?"],
    [['xyzzy'], "unknown command 'xyzzy' | See perbench --help."],
    [['models', 'lst'], "unknown command 'lst' | Did you mean list?"],
    [['help', 'rum'], "unknown command 'rum' | Did you mean run?"],
    [['help', 'nonsense'], "unknown command 'nonsense' | See perbench --help."],
    [['help', 'models', 'lst'], "unknown command 'lst' | Did you mean list?"],
    [['run', '--modle', 'x'], "unknown option '--modle' | Did you mean --model?"],
    [['run', '--limt=3'], "unknown option '--limt=3' | Did you mean --limit?"],
    [
      ['run', '--gen_kwargs', 'top_p=1'],
      expect.stringContaining("unknown option '--gen-kwargs' | Tasks decide limits"),
    ],
    [['run', '--include_path=x'], expect.stringContaining('Name the file of an own task itself')],
    [['run', '-m'], "option '-m, --model <model>' argument missing | See perbench --help."],
    [['score'], "missing required argument 'table' | See perbench --help."],
    [['list', 'a'], "too many arguments for 'list'. Expected 0 arguments but got 1: a | See perbench --help."],
    [['completion', 'zhs'], expect.stringContaining('bash, zsh, fish')],
  ])('explains %j', (argv, expected) => {
    expect(problem(...argv)).toEqual(expected);
  });

  it('understands global options before and after the command', () => {
    expect(parse('--json', 'list', '-q').given).toMatchObject({
      json: [{ spelling: '--json', value: true }],
      quiet: [{ spelling: '--quiet', value: true }],
    });
  });

  it('keeps arguments apart from options', () => {
    expect(parse('report', 'a', '-t', 'gsm8k', 'b').arguments).toEqual(['a', 'b']);
    expect(parse('models', 'pull', 'x', 'y')).toMatchObject({
      command: { name: 'models pull' },
      arguments: ['x', 'y'],
    });
    expect(parse('eval', '-').arguments).toEqual(['-']);
  });

  it("understands lm-eval's flags, with underscores and with dashes", () => {
    const expected = {
      task: ['gsm8k', 'arc_easy'],
      model: ['hf'],
      modelArgs: ['pretrained=./x.gguf', 'dtype=auto'],
      limit: { fraction: 0.1 },
      shots: 5,
      concurrency: 'auto',
      logSamples: true,
      style: 'instruct',
      seed: 7,
    };
    const flags = ['--tasks', 'gsm8k,arc_easy', '--model', 'hf', '--model_args', 'pretrained=./x.gguf,dtype=auto'];
    const more = [
      '--limit',
      '0.1',
      '--num_fewshot',
      '5',
      '--batch_size',
      'auto:4',
      '--log_samples',
      '--seed',
      '7,1,2,3',
    ];
    const argv = [...flags, ...more, '--output_path', 'out', '--apply_chat_template'];
    expect(runValues(...argv)).toMatchObject(expected);
    expect(runValues(...argv.map((word) => (word.startsWith('--') ? word.replaceAll('_', '-') : word)))).toMatchObject(
      expected,
    );
    expect(runValues('--apply_chat_template', 'default').style).toBe('instruct');
    expect(parse('run', ...argv).given['out']).toEqual([{ spelling: '--output-path', value: 'out' }]);
  });

  it.each([
    ['1', { items: 1 }],
    ['200', { items: 200 }],
    ['0.25', { fraction: 0.25 }],
    ['1e3', { items: 1000 }],
  ])('reads --limit %s', (value, limit) => {
    expect(runValues('--limit', value).limit).toEqual(limit);
  });

  it.each(['0', '-1', '1.5', '0.0', '1.0e-400', 'all'])('refuses --limit %s', (value) => {
    expect(() => runValues('--limit', value)).toThrow('--limit: expected a whole number of at least 1, or a fraction');
  });

  it('prints the version, and help without an error', () => {
    expect(help('--version')).toBe('1.2.3\n');
    expect(help()).toContain('Usage: perbench <command>');
    expect(help('models')).toMatch(/^ {2}pull .*download and verify models/m);
    expect(help('run', '--help')).toContain('--data-dir <folder>');
    expect(help('help', 'run')).toContain('--data-dir <folder>');
    expect(help('help', 'models', 'pull')).toContain('Usage: perbench models pull');
    expect(help('help')).toContain('Usage: perbench <command>');
  });

  it('lists every command in its help, on one screen', () => {
    const text = help('--help');
    for (const { name } of commands) expect(text).toContain(name.split(' ')[0]);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(54);
    // One line each: what is longer belongs into `details`.
    const long = commands.filter(({ name, summary }) => !name.includes(' ') && summary.length > 58);
    expect(long.map(({ name }) => name)).toEqual([]);
  });
});

describe('--out', () => {
  const silent = commands.filter(({ writesFiles }) => writesFiles !== true);
  it.each(silent)('is refused by $name, which has nothing to write', async ({ name, arguments: operands }) => {
    const given = operands.flatMap((operand) => (operand.isOptional ? [] : (operand.choices?.slice(0, 1) ?? ['x'])));
    const ended = await runInProcess([...name.split(' '), ...given, '-o', 'x.csv'], { folder: tmpdir() });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`error: --out: perbench ${name} writes no files\nhint: Redirect its output instead`);
  });
});
