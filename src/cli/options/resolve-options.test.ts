import { describe, expect, it } from 'vitest';
import { choice, countedFlag, flag, negatedFlag, number, text, texts, withDefault } from './option.ts';
import { environmentName, flagName, normalizeFlags, resolveOptions, type GivenFlags } from './resolve-options.ts';

const table = {
  limit: withDefault(number({ argument: 'n', min: 1, max: 100, help: '' }), 7),
  ratio: number({ argument: 'x', min: 0.5, isWhole: false, help: '' }),
  name: text({ argument: 'text', help: '' }),
  task: texts({ argument: 'task', isCommaSeparated: true, help: '' }),
  kind: choice({ argument: 'kind', choices: ['serving', 'paper'], help: '' }),
  skipInvalid: flag({ help: '' }),
  color: negatedFlag({ help: '' }),
  verbose: countedFlag({ help: '' }),
  secret: text({ argument: 'text', help: '', hasEnvironment: false }),
};

function resolve(given: GivenFlags, environment: Record<string, string> = {}) {
  return resolveOptions(table, given, environment);
}

const given = (spelling: string, ...values: readonly (string | true)[]) => values.map((value) => ({ spelling, value }));

describe('values of options', () => {
  it('takes a flag before the environment, that before the default', () => {
    const environment = { PERBENCH_LIMIT: '5' };
    expect(resolve({ limit: given('--limit', '3') }, environment).values.limit).toBe(3);
    expect(resolve({}, environment)).toMatchObject({
      values: { limit: 5 },
      origins: { limit: { source: 'env', from: 'PERBENCH_LIMIT' } },
    });
    expect(resolve({}, { PERBENCH_LIMIT: '' })).toMatchObject({
      values: { limit: 7 },
      origins: { limit: { source: 'default', from: 'default' } },
    });
  });

  it('knows where a flag came from by its spelling', () => {
    expect(resolve({ task: given('--tasks', 'a') }).origins.task).toEqual({ source: 'flag', from: '--tasks' });
  });

  it('takes the last of a single option and all of a repeatable one, commas included', () => {
    const { values } = resolve({ name: given('--name', 'a', 'b'), task: given('--task', 'a, b', 'c') });
    expect(values.name).toBe('b');
    expect(values.task).toEqual(['a', 'b', 'c']);
    expect(resolve({}, { PERBENCH_TASK: 'x,y' }).values.task).toEqual(['x', 'y']);
  });

  it('reads flags, negated flags and counted flags from both places', () => {
    expect(resolve({}).values).toMatchObject({ skipInvalid: undefined, color: true, verbose: 0 });
    expect(
      resolve({
        skipInvalid: given('--skip-invalid', true),
        color: given('--no-color', true),
        verbose: given('--verbose', true, true),
      }).values,
    ).toMatchObject({ skipInvalid: true, color: false, verbose: 2 });
    expect(
      resolve({}, { PERBENCH_SKIP_INVALID: 'no', PERBENCH_COLOR: '0', PERBENCH_VERBOSE: '2' }).values,
    ).toMatchObject({
      skipInvalid: false,
      color: false,
      verbose: 2,
    });
  });

  it('leaves alone the environment of an option that has none', () => {
    expect(resolve({}, { PERBENCH_SECRET: 'x' }).values.secret).toBeUndefined();
  });

  it.each([
    ['limit', '0', 'a whole number from 1 to 100'],
    ['limit', '101', 'a whole number from 1 to 100'],
    ['limit', '1.5', 'a whole number from 1 to 100'],
    ['limit', '0x10', 'a whole number from 1 to 100'],
    ['limit', '', 'a whole number from 1 to 100'],
    ['limit', 'ten', 'a whole number from 1 to 100'],
    ['ratio', '0.4', 'a number of at least 0.5'],
    ['ratio', 'NaN', 'a number of at least 0.5'],
    ['ratio', 'Infinity', 'a number of at least 0.5'],
    ['name', '', 'some text'],
    ['task', '', 'some text'],
    ['task', ' , ,', 'some text'],
  ] as const)('refuses --%s "%s"', (name, value, expected) => {
    expect(() => resolve({ [name]: given(`--${name}`, value) })).toThrow(
      `--${name}: expected ${expected}, got "${value}"`,
    );
  });

  it.each([
    ['a,', ['a']],
    [',a', ['a']],
    ['a,,b', ['a', 'b']],
    [' a , b , ', ['a', 'b']],
  ])('takes the list "%s", whose empty parts do not count', (value, tasks) => {
    expect(resolve({ task: given('--task', value) }).values.task).toEqual(tasks);
  });

  it('names the variable that holds a bad value', () => {
    expect(() => resolve({}, { PERBENCH_SKIP_INVALID: 'maybe' })).toThrow(
      'PERBENCH_SKIP_INVALID: expected 1 or 0, got "maybe"',
    );
  });

  it('suggests the nearest choice', () => {
    const resolveTypo = () => resolve({ kind: given('--kind', 'papr') });
    expect(resolveTypo).toThrow('--kind: expected one of serving, paper, got "papr"');
    expect(resolveTypo).toThrow(expect.objectContaining({ hint: 'Did you mean "paper"?' }));
  });
});

describe('names of options', () => {
  it('makes flags and variables from names', () => {
    expect(flagName('dataDir')).toBe('data-dir');
    expect(environmentName('dataDir')).toBe('PERBENCH_DATA_DIR');
  });

  it('takes underscores in flags for dashes, not in values and not after --', () => {
    expect(normalizeFlags(['--num_fewshot', 'a_b', '--model_args=x_y=z_w', '-m', 'a_b', '--', '--not_a_flag'])).toEqual(
      ['--num-fewshot', 'a_b', '--model-args=x_y=z_w', '-m', 'a_b', '--', '--not_a_flag'],
    );
  });
});
