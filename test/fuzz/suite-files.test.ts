import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { expect, it } from 'vitest';
import { checkSuite } from '../../src/cli/suite-file/check-suite.ts';
import { parseWritten } from '../../src/app/written-document.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';

const slowMs = 2000;

/** The error of a suite file, or an empty text where it is a suite. */
function refusal(text: string, format: 'yaml' | 'json'): string {
  try {
    checkSuite(parseWritten(text, `suite.${format}`, format));
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** A suite, or lines that name the file, soon. */
function read(text: string, format: 'yaml' | 'json'): void {
  const startMs = performance.now();
  const message = refusal(text, format);
  expect(message).toMatch(/^$|^suite\.(yaml|json):/);
  expect(Math.max(...message.split('\n').map((line) => line.length))).toBeLessThan(2000);
  expect(performance.now() - startMs).toBeLessThan(slowMs);
}

const valid = {
  name: 'weekly',
  models: [
    'smollm2-135m-instruct',
    {
      name: 'small',
      source: './small.gguf',
      engine: 'llama',
      style: 'instruct',
      engineOptions: { contextTokens: 4096 },
    },
    { source: 'Qwen/Qwen2.5-0.5B', server: { preset: 'vllm', contextTokens: 2048 } },
  ],
  tasks: ['gsm8k', { task: 'tickets.csv', input: 'text', target: 'label', answer: 'label', labels: ['a', 'b'] }],
  protocol: 'serving',
  seed: 7,
  launches: 3,
  concurrency: 4,
  decide: { goal: 'winner', limits: ['accuracy >= 0.7', 'memory <= 2GiB'] },
  gates: ['accuracy drop <= 0.01'],
};

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    0,
    -1,
    Infinity,
    2 ** 53,
    Number.NaN,
    '__proto__',
    '\u0000',
    '\uFEFFa',
    'x'.repeat(5000),
  ),
  fc.constantFrom<unknown>([], {}, [[]], [null], { '': '' }, { constructor: 1 }, { '<<': { a: 1 } }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.date({ noInvalidDate: true }),
);

/** Where a value has others in it, one of them; the steps choose which. */
function changed(
  value: unknown,
  steps: readonly number[],
  change: (parent: Record<string, unknown>, key: string) => void,
): unknown {
  const copy = structuredClone(value);
  let at = copy as Record<string, unknown>;
  for (const [index, step] of steps.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) break;
    const inner = at[key];
    if (typeof inner !== 'object' || inner === null || index === steps.length - 1) {
      change(at, key);
      break;
    }
    at = inner as Record<string, unknown>;
  }
  return copy;
}

const mutation = fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }), fc.nat(4), odd, fc.string()).map(
  ([steps, kind, value, name]) =>
    (suite: unknown): unknown =>
      changed(suite, steps, (parent, key) => {
        if (kind === 0) delete parent[key];
        else if (kind === 1) parent[key] = value;
        else if (kind === 2) parent[key] = [parent[key], parent[key]];
        else if (kind === 3) parent[key] = { [name]: parent[key] };
        else Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true });
      }),
);

const mutated = fc
  .array(mutation, { minLength: 1, maxLength: 4 })
  .map((changes) => changes.reduce<unknown>((suite, change) => change(suite), valid));

it('takes the suite that the others are made from', () => {
  expect(
    checkSuite(parseWritten(JSON.stringify({ models: ['a'], tasks: ['gsm8k'] }), 'suite.json', 'json')).tasks,
  ).toEqual(['gsm8k']);
});

it('reads changed suites, or says in a line what is wrong', { timeout: fuzzTimeoutMs }, () => {
  const property = fc.property(mutated, (suite) => {
    read(JSON.stringify(suite), 'json');
    read(stringify(suite), 'yaml');
  });
  expect(() => fc.assert(property, fuzzSetting(150))).not.toThrow();
});

const fragment = fc.oneof(
  fc.constantFrom(
    'models:',
    'tasks:',
    '- ',
    '? ',
    ': ',
    '&a ',
    '*a ',
    '<<: ',
    '!!binary ',
    '!!set ',
    '|',
    '>-',
    '"',
    "'",
    '#',
    '---',
    '...',
    '\t',
    '\n',
    '\n  ',
    '\n    ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '%YAML 1.1\n',
    '0x1F',
    '1e999',
    '.inf',
    'null',
    '~',
    '\u2028',
    '\uFEFF',
    '\0',
    '1_000',
    '12:30:45',
    '2001-01-01',
  ),
  fc.string({ maxLength: 5 }),
);

it('reads text of any kind, or says in a line what is wrong', { timeout: fuzzTimeoutMs }, () => {
  const parts = fc.array(fragment, { maxLength: 40 });
  const property = fc.property(parts, fc.constantFrom('yaml', 'json'), (texts, format) => read(texts.join(''), format));
  expect(() => fc.assert(property, fuzzSetting(400))).not.toThrow();
});

const many = Array.from({ length: 20_000 }, (_, index) => index);

it.each([
  ['20,000 unknown keys', 'yaml', `models: [a]\n${many.map((index) => `key${index}: 1\n`).join('')}`],
  ['20,000 wrong models', 'json', JSON.stringify({ models: many.map(() => ({ sorce: 'a' })) })],
  ['brackets', 'json', `{"models": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['brackets that stay open', 'yaml', `models: ${'[{'.repeat(20_000)}`],
  ['dashes', 'yaml', `models: \n  ${'- '.repeat(20_000)}a`],
  ['question marks', 'yaml', `${'? '.repeat(20_000)}a`],
  [
    'indentation',
    'yaml',
    many
      .slice(0, 2000)
      .map((index) => `${' '.repeat(index)}a:\n`)
      .join(''),
  ],
  ['an alias within itself', 'yaml', 'models: &a [*a]\n'],
  [
    'aliases of aliases',
    'yaml',
    `a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n${'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(8)}]\n`)
      .join('')}models: *i\n`,
  ],
  ['a long key', 'json', `{"models": ["a"], "${'k'.repeat(1_000_000)}": 1}`],
  ['keys that are lists', 'yaml', 'models: [a]\n? [b, c]\n: d\n'],
] as const)('refuses %s at once', (_, format, text) => {
  const startMs = performance.now();
  expect(() => checkSuite(parseWritten(text, 'suite', format))).toThrow(ConfigError);
  // Some hundred milliseconds; what grows with the square of the size takes minutes.
  expect(performance.now() - startMs).toBeLessThan(20_000);
});
