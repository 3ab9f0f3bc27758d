import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGguf, type GgufEntry } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { ModelError } from '../core/errors.ts';
import { type GgufHeader, readGgufHeader } from './gguf-header.ts';

const entries: readonly GgufEntry[] = [
  ['general.architecture', 'llama'],
  ['general.name', 'Näme'],
  ['llama.context_length', 8192],
  ['tokenizer.ggml.model', 'gpt2'],
  ['tokenizer.ggml.tokens', ['a', 'b', 'ç']],
  ['tokenizer.ggml.token_type', [1, 1, 3]],
  ['tokenizer.chat_template', '{{ messages }}'],
];

async function read(content: readonly GgufEntry[]): Promise<GgufHeader> {
  await using folder = await testFolder();
  const file = join(folder.path, 'm.gguf');
  await writeFile(file, makeGguf(content));
  return await readGgufHeader(file);
}

const toy = makeGguf(
  [
    ['general.architecture', 'toy'],
    ['toy.block_count', 4],
    ['tokenizer.ggml.tokens', Array.from({ length: 5000 }, (_, index) => `token ${index}`)],
  ],
  [
    { name: 'a', shape: [64, 10], offset: 0 },
    { name: 'b', shape: [7], offset: 1024 },
  ],
  4096,
);

async function readBytes(content: Uint8Array): Promise<GgufHeader> {
  await using folder = await testFolder();
  const file = join(folder.path, 'm.gguf');
  await writeFile(file, content);
  return await readGgufHeader(file);
}

describe('readGgufHeader', () => {
  it('reads values, and steps over lists of texts', async () => {
    const header = await read(entries);
    expect(header).toMatchObject({ architecture: 'llama', splitCount: 1 });
    expect(Object.fromEntries(header.values)).toEqual({
      'general.architecture': 'llama',
      'general.name': 'Näme',
      'llama.context_length': 8192,
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.token_type': [1, 1, 3],
      'tokenizer.chat_template': '{{ messages }}',
    });
  });

  it('tells tokenizers apart by vocabulary and types, not by names, order of keys or template', async () => {
    const sha256 = async (content: readonly GgufEntry[]): Promise<string | undefined> =>
      (await read(content)).tokenizerSha256;
    const original = await sha256(entries);
    expect(original).toMatch(/^[0-9a-f]{64}$/);
    expect(await sha256(entries.toReversed())).toBe(original);
    expect(await sha256(entries.filter(([key]) => !/general|template/.test(key)))).toBe(original);
    const change = (key: string, value: GgufEntry[1]): readonly GgufEntry[] =>
      entries.map((entry) => (entry[0] === key ? [key, value] : entry));
    expect(await sha256(change('tokenizer.ggml.tokens', ['a', 'b', 'c']))).not.toBe(original);
    expect(await sha256(change('tokenizer.ggml.token_type', [1, 1, 1]))).not.toBe(original);
    expect(await sha256(entries.slice(0, 3))).toBeUndefined();
  });

  it('reads on where the header is longer than the first read', async () => {
    const tokens = Array.from({ length: 200_000 }, (_, index) => `token ${index}`);
    const header = await read([
      ['tokenizer.ggml.tokens', tokens],
      ['general.name', 'after a long list'],
    ]);
    expect(header.values.get('general.name')).toBe('after a long list');
  });

  it('reads values, steps over the vocabulary, and counts', async () => {
    const header = await readBytes(toy);
    expect(header).toMatchObject({ version: 3, parameters: 647, weightsBytes: 4096 });
    expect(header.values.get('toy.block_count')).toBe(4);
    expect(header.lengths.get('tokenizer.ggml.tokens')).toBe(5000);
    expect(header.values.has('tokenizer.ggml.tokens')).toBe(false);
  });

  it.each([
    ['cut in its header', toy.subarray(0, 300), 'the file ends before its header does'],
    ['cut in its weights', toy.subarray(0, toy.length - 4000), 'the file ends before its weights do'],
    [
      'of another version',
      Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(60, 9)]),
      'its version is 151587081, expected 2 or 3',
    ],
  ])('says that a file is damaged: %s', async (_, content, problem) => {
    await expect(readBytes(content)).rejects.toThrow(ModelError);
    await expect(readBytes(content)).rejects.toThrow(`is a damaged GGUF file: ${problem}`);
  });

  it('never fails but with a ModelError, whatever is flipped in the header', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'model.gguf');
    await assert(
      asyncProperty(integer({ min: 4, max: 420 }), integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(toy);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        await writeFile(path, damaged);
        const outcome = await readGgufHeader(path).catch((error: unknown) => error);
        expect(outcome instanceof Error ? outcome : new ModelError('read')).toBeInstanceOf(ModelError);
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});
