import { execFile } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type GgufEntry, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { estimateModelMemory } from './model-memory.ts';

const entries: readonly GgufEntry[] = [
  ['general.architecture', 'toy'],
  ['toy.block_count', 4],
  ['toy.context_length', 2048],
  ['toy.embedding_length', 64],
  ['toy.feed_forward_length', 128],
  ['toy.attention.head_count', 8],
  ['toy.attention.head_count_kv', 2],
  ['tokenizer.ggml.tokens', Array.from({ length: 5000 }, (_, index) => `token ${index}`)],
];
const tensors = [
  { name: 'a', shape: [64, 10], offset: 0 },
  { name: 'b', shape: [7], offset: 1024 },
];
const file = makeGguf(entries, tensors, 4096);

async function withFile<Result>(content: Uint8Array, use: (path: string) => Promise<Result>): Promise<Result> {
  await using folder = await testFolder();
  const path = join(folder.path, 'model.gguf');
  await writeFile(path, content);
  return await use(path);
}

describe('estimateModelMemory', () => {
  it('adds up what the header says', async () => {
    const estimate = await withFile(file, async (path) =>
      estimateModelMemory(path, { contextTokens: 1000, sequences: 3 }),
    );
    // 1000 tokens become 1024; 4 layers of 2 heads of 8 keys and 8 values, 2 bytes each.
    expect(estimate.kvBytes).toBe(1024 * 3 * 4 * 2 * 16 * 2);
    expect(estimate).toMatchObject({
      weightsBytes: 4096,
      parameters: 647,
      architecture: 'toy',
      trainedContextTokens: 2048,
      isEstimated: true,
    });
    expect(estimate.totalBytes).toBe(
      estimate.weightsBytes + estimate.kvBytes + estimate.computeBytes + estimate.overheadBytes,
    );
  });

  it('counts heads that differ between layers, and key sizes of their own', async () => {
    const own: readonly GgufEntry[] = [
      ...entries.filter(([key]) => key !== 'toy.attention.head_count_kv'),
      ['toy.attention.head_count_kv', [1, 2, 3, 4]],
      ['toy.attention.key_length', 32],
      ['toy.attention.value_length', 16],
    ];
    const estimate = await withFile(makeGguf(own, tensors, 4096), async (path) =>
      estimateModelMemory(path, { contextTokens: 256, sequences: 1 }),
    );
    expect(estimate.kvBytes).toBe(256 * 10 * 48 * 2);
  });

  it('adds the parts of a split model', async () => {
    await using folder = await testFolder();
    const paths = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'].map((name) => join(folder.path, name));
    for (const path of paths) await writeFile(path, file);
    const estimate = await estimateModelMemory(paths[0] ?? '', { contextTokens: 256, sequences: 1 });
    expect(estimate).toMatchObject({ weightsBytes: 8192, parameters: 1294 });
  });

  it('does not read the weights of a huge file', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'huge.gguf');
    await writeFile(path, file);
    // Sparse: a terabyte would take hours to read.
    await truncate(path, 1e12);
    expect((await estimateModelMemory(path, { contextTokens: 256, sequences: 1 })).weightsBytes).toBeGreaterThan(9e11);
    await promisify(execFile)('rm', [path]);
  });
});
