import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeGguf } from '../../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../../test/setup/test-settings.ts';
import { type SuiteInput, suiteSchema } from '../../core/suite.ts';
import type { LocalContext } from '../local-context.ts';
import { nameModel, prepareModels } from '../prepare-models.ts';
import { gpusOf, lacks, needsOf } from './needs.ts';

function gpusOfSuite(input: SuiteInput): number {
  const suite = suiteSchema.parse(input);
  const [entry] = suite.models;
  if (entry === undefined) throw new Error('a suite has models');
  return gpusOf(suite, nameModel(entry, '/'));
}

const served = (server: object, model: object = {}): SuiteInput['models'][number] => ({
  source: 'owner/name',
  server,
  ...model,
});

it.each([
  ['a server of one GPU', { models: [served({ preset: 'vllm' })] }, 1],
  ['tensor parallelism', { models: [served({ preset: 'vllm', tensorParallel: 4 })] }, 4],
  [
    'pipeline and data parallelism',
    {
      models: [
        served({
          preset: 'vllm',
          tensorParallel: 2,
          arguments: ['--pipeline-parallel-size', '2', '--data-parallel-size=2'],
        }),
      ],
    },
    8,
  ],
  ['GPUs by name', { models: [served({ preset: 'sglang', gpus: ['0', '1'] })] }, 2],
  ['a server on a CPU, as the suite wants', { models: [served({ preset: 'vllm' })], hosts: { cpu: 'epyc' } }, 0],
  ['a file on a server', { models: [served({ preset: 'llama-server' }, { source: './m.gguf' })] }, 0],
  ['a file on machines with GPUs', { models: ['./m.gguf'], hosts: { gpu: 'h100' } }, 1],
  ['a file anywhere', { models: ['./m.gguf'] }, 0],
  ['a file on a GPU', { models: [{ source: './m.gguf', engineOptions: { device: 'cuda' } }] }, 1],
  ['a file on two', { models: [{ source: './m.gguf', engineOptions: { device: 'cuda', gpuShares: [3, 1] } }] }, 2],
  [
    'a file that stays on the CPU',
    { models: [{ source: './m.gguf', engineOptions: { device: 'cpu' } }], hosts: { gpu: 'h100' } },
    0,
  ],
  ['somebody else’s server', { models: ['http://127.0.0.1:1/v1#m'] }, 0],
  ['no model', { models: [{ source: 'm', engine: 'mock' }] }, 0],
] satisfies [string, SuiteInput, number][])('counts the GPUs of %s', (_, suite, gpus) => {
  expect(gpusOfSuite(suite)).toBe(gpus);
});

it('estimates the memory of a file that the CPU computes, and of nothing else', async () => {
  await using folder = await testFolder();
  const entries = [
    ['general.architecture', 'llama'],
    ['tokenizer.ggml.model', 'gpt2'],
    ['llama.block_count', 2],
    ['llama.embedding_length', 8],
    ['llama.attention.head_count', 2],
    ['llama.context_length', 128],
  ] as const;
  await writeFile(join(folder.path, 'm.gguf'), makeGguf(entries, [{ name: 'w', shape: [2, 10], offset: 0 }], 80));
  // What preparing models looks at.
  const context = { settings: testSettings(folder.path), workingFolder: folder.path } as LocalContext;
  const models = ['./m.gguf', { name: 'on a GPU', source: './m.gguf', engineOptions: { device: 'cuda' } }];
  const suite = suiteSchema.parse({ models: [...models, { source: 'x', engine: 'mock' }] });
  const planned = await prepareModels(suite, context, new AbortController().signal);
  const needs = await Promise.all(planned.map(async (model) => needsOf({ suite }, model)));
  expect(needs.map(({ gpus }) => gpus)).toEqual([0, 1, 0]);
  expect(needs.map(({ memoryBytes }) => memoryBytes === undefined)).toEqual([false, true, true]);
  expect(needs[0]?.memoryBytes).toBeGreaterThan(2 ** 30);
});

it('says what a machine lacks', () => {
  const host = { gpus: ['a', 'a'], memoryBytes: 8 * 2 ** 30 };
  expect(lacks(host, { gpus: 2, memoryBytes: 2 ** 30 })).toBeUndefined();
  expect(lacks(host, { gpus: 2, memoryBytes: undefined })).toBeUndefined();
  expect(lacks(host, { gpus: 4, memoryBytes: undefined })).toBe('needs 4 GPUs, and 2 are here');
  expect(lacks(host, { gpus: 0, memoryBytes: 16 * 2 ** 30 })).toBe(
    'needs about 16.0 GiB of memory, and there are 8.0 GiB',
  );
});
