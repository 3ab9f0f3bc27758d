import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { llamaSchema } from '../core/llama-settings.ts';
import { suiteSchema, type SuiteInput } from '../core/suite.ts';
import { expandModels } from './candidates.ts';
import { nameModel } from './prepare-models.ts';

type Written = Exclude<SuiteInput['models'][number], string>;

async function candidates(model: Written) {
  const { models } = await expandModels(suiteSchema.parse({ models: [model] }), '/models');
  return models.filter((entry) => typeof entry !== 'string');
}

const namesOf = async (model: Written): Promise<readonly string[]> =>
  (await candidates(model)).map((entry) => nameModel(entry, '/models').name);

const qwen = { source: './qwen.gguf' };

describe('names', () => {
  it.each<[string, Written, readonly string[]]>([
    [
      'every combination as it is written, the first first',
      { ...qwen, vary: { kvCache: ['q8_0', 'f16'], threads: [1, 2] } },
      [
        'qwen (kvCache q8_0, threads 1)',
        'qwen (kvCache q8_0, threads 2)',
        'qwen (kvCache f16, threads 1)',
        'qwen (kvCache f16, threads 2)',
      ],
    ],
    ['nothing of what is fixed', { ...qwen, vary: { kvCache: 'q8_0', threads: [4] } }, ['qwen']],
    [
      'unset values, and words that are called none',
      { ...qwen, vary: { draft: ['none', './small/tiny.gguf'], splitMode: ['none', 'row'] } },
      [
        'qwen (draft none, splitMode none)',
        'qwen (draft none, splitMode row)',
        'qwen (draft tiny, splitMode none)',
        'qwen (draft tiny, splitMode row)',
      ],
    ],
    [
      'how it is asked as names say it anyway',
      { ...qwen, templateArgs: { a: 1 }, vary: { thinking: ['off', { budget: 2048 }, 'auto'], threads: [1, 2] } },
      [
        'qwen (a=1, thinking off, threads 1)',
        'qwen (a=1, thinking off, threads 2)',
        'qwen (a=1, thinking, 2k, threads 1)',
        'qwen (a=1, thinking, 2k, threads 2)',
        'qwen (a=1, thinking auto, threads 1)',
        'qwen (a=1, thinking auto, threads 2)',
      ],
    ],
    [
      'whether answers are structured',
      { ...qwen, vary: { structuredOutput: [true, false] } },
      ['qwen (structured output)', 'qwen (no structured output)'],
    ],
    [
      'a name of its own',
      {
        ...qwen,
        name: 'mine',
        thinking: 'off',
        vary: {
          gpuShares: [
            [3, 1],
            [1, 1],
          ],
        },
      },
      ['mine (gpuShares 3 1)', 'mine (gpuShares 1 1)'],
    ],
    [
      'files of a pattern',
      { source: 'hf:o/r/q-{a,b}.gguf', name: 'mine', vary: { threads: [1, 2] } },
      ['mine (q-a, threads 1)', 'mine (q-a, threads 2)', 'mine (q-b, threads 1)', 'mine (q-b, threads 2)'],
    ],
    ['files of a pattern by their names', { source: 'hf:o/r/q-{a,b}.gguf' }, ['q-a', 'q-b']],
    [
      'arguments of a server, without its keys',
      {
        source: 'org/model',
        server: { preset: 'vllm' },
        vary: { arguments: [[], ['--api-key', 'abcdefgh', '--eager']], tensorParallel: [1, 2], dtype: 'float16' },
      },
      [
        'model (arguments none, tensorParallel 1)',
        'model (arguments none, tensorParallel 2)',
        'model (arguments --api-key [removed] --eager, tensorParallel 1)',
        'model (arguments --api-key [removed] --eager, tensorParallel 2)',
      ],
    ],
  ])('say %s', async (_, model, names) => {
    expect(await namesOf(model)).toEqual(names);
  });
});

it('puts values where they belong', async () => {
  const [first, second] = await candidates({
    ...qwen,
    engineOptions: { draft: 'tiny.gguf' },
    vary: { kvCache: 'q8_0', draft: ['none', 'other.gguf'], thinking: 'off' },
  });
  expect(first).toMatchObject({ thinking: 'off', name: 'qwen (thinking off, draft none)' });
  expect(first).not.toHaveProperty('vary');
  expect(first?.engineOptions).toEqual({ kvCache: 'q8_0' });
  expect(second?.engineOptions).toEqual({ kvCache: 'q8_0', draft: 'other.gguf' });
  const [server] = await candidates({
    source: 'org/m',
    server: { preset: 'vllm' },
    vary: { arguments: [['--a']], memoryShare: [0.5, 0.6] },
  });
  expect(server).toMatchObject({ server: { arguments: ['--a'], memoryShare: 0.5, preset: 'vllm' }, engineOptions: {} });
});

it('takes no layers on GPUs by their word', async () => {
  const made = await candidates({ ...qwen, vary: { gpuLayers: ['none', 4, 'auto', 'all'] } });
  const layers = made.map(({ engineOptions }) => llamaSchema(z).parse(engineOptions).gpuLayers);
  expect(layers).toEqual([0, 4, undefined, 'all']);
});

it('leaves models without candidates as they are, and does nothing to those that it has written out', async () => {
  const suite = suiteSchema.parse({ models: ['a.gguf', { ...qwen, vary: { threads: [1, 2] } }] });
  const expanded = await expandModels(suite, '/models');
  expect(expanded.models[0]).toBe('a.gguf');
  expect(await expandModels(expanded, '/models')).toEqual(expanded);
});

describe('what is refused', () => {
  const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, index) => index + 1);

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown setting', { kvCashe: ['f16'] }, 'unknown setting to vary "kvCashe"'],
    [
      'a value that there is not',
      { flashAttention: ['on', 'onn'] },
      'vary.flashAttention: expected one of "auto", "on", "off", got "onn" (did you mean "on"?)',
    ],
    ['a value of another kind', { threads: [1, 'two'] }, 'vary.threads: expected a number, got "two"'],
    ['no value', { threads: [] }, 'vary.threads: expected at least one value, got an empty list'],
    ['a value twice', { threads: [1, 2, 1] }, 'vary.threads: 1 and 1 are the same'],
    ['no layers twice', { gpuLayers: ['none', 0] }, 'vary.gpuLayers: none and 0 are the same'],
    ['unset where none is a value', { splitMode: ['row', null] }, 'vary.splitMode: expected one of "layer"'],
    ['the default twice', { kvCache: ['none', 'f16'] }, 'vary.kvCache: none and f16 are the same'],
    ['tokens of no draft', { draftTokens: [2, 4] }, 'vary.draftTokens: 2 and 4 are the same where there is no draft'],
    [
      'tokens of a draft that one candidate lacks',
      { draft: ['none', 'tiny.gguf'], draftTokens: [2, 4] },
      'vary.draftTokens: 2 and 4 are the same where there is no draft',
    ],
    [
      'one name twice',
      { draft: ['a/tiny.gguf', 'b/tiny.gguf'] },
      'two models have the name "qwen (draft tiny)": of ./qwen',
    ],
    [
      'too many',
      { threads: numbers(20), gpuLayers: numbers(13) },
      '260 candidates of one model are more than the 256 that a suite may have',
    ],
  ])('%s', async (_, vary, message) => {
    await expect(candidates({ ...qwen, vary })).rejects.toThrow(message);
  });

  it('settings of a server without one, and of the engine with one', async () => {
    await expect(candidates({ ...qwen, vary: { tensorParallel: [1, 2] } })).rejects.toThrow('"tensorParallel"');
    const server = { preset: 'vllm' } as const;
    await expect(candidates({ source: 'o/m', server, vary: { kvCache: ['f16'] } })).rejects.toThrow('"kvCache"');
  });
});

it('names the sources of two models that would be called the same, where names are known', async () => {
  const expanded = async (...models: readonly string[]) =>
    expandModels(suiteSchema.parse({ models }), '/models').then(({ models: { length } }) => length);
  await expect(expanded('hf:o/r/q-{a,b}.gguf', 'c/q-b.gguf')).rejects.toMatchObject({
    message: 'two models have the name "q-b": of hf:o/r/q-{a,b}.gguf and of c/q-b.gguf',
    hint: expect.stringContaining('Name each model once'),
  });
  expect(await expanded('http://a/v1', 'http://b/v1', 'hf:o/r', 'hf:p/r')).toBe(4);
});
