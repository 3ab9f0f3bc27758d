import { execFile } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GgufEntry, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { ModelError } from '../core/errors.ts';
import { readGgufHeader } from './gguf-header.ts';
import { requireGguf } from './gguf-magic.ts';
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

describe('readGgufHeader', () => {
  it('reads values, steps over the vocabulary, and counts', async () => {
    const header = await withFile(file, readGgufHeader);
    expect(header).toMatchObject({ version: 3, parameters: 647, weightsBytes: 4096 });
    expect(header.values.get('toy.block_count')).toBe(4);
    expect(header.lengths.get('tokenizer.ggml.tokens')).toBe(5000);
    expect(header.values.has('tokenizer.ggml.tokens')).toBe(false);
  });

  it('reads a header that is larger than the first piece', async () => {
    const vocabulary = Array.from({ length: 200_000 }, (_, index) => `a rather long token number ${index}`);
    const header = await withFile(
      makeGguf(
        [
          ['tokenizer.ggml.tokens', vocabulary],
          ['last', 7],
        ],
        [],
        32,
      ),
      readGgufHeader,
    );
    expect(header.values.get('last')).toBe(7);
    expect(header.lengths.get('tokenizer.ggml.tokens')).toBe(200_000);
  });

  it.each([
    ['cut in its header', file.subarray(0, 300), 'the file ends before its header does'],
    ['cut in its weights', file.subarray(0, file.length - 4000), 'the file ends before its weights do'],
    [
      'of another version',
      Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(60, 9)]),
      'its version is 151587081, expected 2 or 3',
    ],
  ])('says that a file is damaged: %s', async (_, content, problem) => {
    await expect(withFile(content, readGgufHeader)).rejects.toThrow(ModelError);
    await expect(withFile(content, readGgufHeader)).rejects.toThrow(`is a damaged GGUF file: ${problem}`);
  });

  it('never fails but with a ModelError, whatever is flipped in the header', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'model.gguf');
    await assert(
      asyncProperty(integer({ min: 4, max: 420 }), integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(file);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        await writeFile(path, damaged);
        const outcome = await readGgufHeader(path).catch((error: unknown) => error);
        expect(outcome instanceof Error ? outcome : new ModelError('read')).toBeInstanceOf(ModelError);
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});

describe('requireGguf', () => {
  it.each([
    ['', 'an empty file'],
    ['PK\x03\x04rest', 'a zip archive or a PyTorch checkpoint'],
    ['  <!DOCTYPE html><html>', 'a web page'],
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:ab',
      'a Git LFS pointer: the file itself was never fetched',
    ],
    ['\x10\x00\x00\x00\x00\x00\x00\x00{"__metadata__":{}}', 'a safetensors file'],
    ['{"a": 1}', 'JSON text'],
    ['tjgg\x01\x00\x00\x00', 'a GGML file from before GGUF'],
    ['\0'.repeat(100), 'zero bytes only, as an unfinished download leaves'],
    ['GGUF', 'bytes 47475546'],
    ['abcdefgh', 'bytes 61626364'],
  ])('names what it found: %j', async (text, what) => {
    await expect(withFile(Buffer.from(text, 'latin1'), requireGguf)).rejects.toThrow(
      `is not a GGUF file: it is ${what}`,
    );
  });

  it('says that a file is missing, or a folder', async () => {
    await using folder = await testFolder();
    await expect(requireGguf(join(folder.path, 'none.gguf'))).rejects.toThrow(`no such file: ${folder.path}/none.gguf`);
    await expect(requireGguf(folder.path)).rejects.toThrow('is a folder, expected a GGUF file');
  });
});

describe('estimateModelMemory', () => {
  it('adds up what the header says', async () => {
    const estimate = await withFile(file, async (path) => estimateModelMemory(path, 1000, 3));
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
    const estimate = await withFile(makeGguf(own, tensors, 4096), async (path) => estimateModelMemory(path, 256, 1));
    expect(estimate.kvBytes).toBe(256 * 10 * 48 * 2);
  });

  it('adds the parts of a split model', async () => {
    await using folder = await testFolder();
    const paths = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'].map((name) => join(folder.path, name));
    for (const path of paths) await writeFile(path, file);
    const estimate = await estimateModelMemory(paths[0] ?? '', 256, 1);
    expect(estimate).toMatchObject({ weightsBytes: 8192, parameters: 1294 });
  });

  it('does not read the weights of a huge file', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'huge.gguf');
    await writeFile(path, file);
    // Sparse: a terabyte would take hours to read.
    await truncate(path, 1e12);
    expect((await estimateModelMemory(path, 256, 1)).weightsBytes).toBeGreaterThan(9e11);
    await promisify(execFile)('rm', [path]);
  });
});
