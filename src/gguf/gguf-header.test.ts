import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeGguf, type GgufEntry } from '../../../test/setup/make-gguf.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { readGgufHeader, type GgufHeader } from './gguf-header.ts';

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

describe('readGgufHeader', () => {
  it('reads scalars and skips arrays', async () => {
    const header = await read(entries);
    expect(header).toMatchObject({ architecture: 'llama', tensorCount: 0, splitCount: 1 });
    expect(Object.fromEntries(header.values)).toEqual({
      'general.architecture': 'llama',
      'general.name': 'Näme',
      'llama.context_length': 8192,
      'tokenizer.ggml.model': 'gpt2',
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
});
