import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GgufEntry, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { readModelHeader } from './gguf-kind.ts';

const weights = [{ name: 'token_embd.weight', shape: [32], offset: 0 }];

async function read(entries: readonly GgufEntry[], tensors = weights): Promise<unknown> {
  await using folder = await testFolder();
  const path = join(folder.path, 'm.gguf');
  await writeFile(path, makeGguf(entries, tensors, 128));
  return await readModelHeader(path);
}

const architecture = (name: string): GgufEntry => ['general.architecture', name];

describe('readModelHeader', () => {
  it.each<readonly [what: string, entries: readonly GgufEntry[]]>([
    ['a projector for images or sound', [architecture('clip'), ['general.type', 'mmproj']]],
    ['a projector for images or sound', [architecture('clip')]],
    ['a LoRA adapter', [architecture('qwen2'), ['general.type', 'adapter'], ['adapter.type', 'lora']]],
    ['a LoRA adapter', [architecture('llama'), ['adapter.type', 'lora']]],
    ['a control vector', [architecture('controlvector'), ['general.type', 'adapter']]],
    ['a control vector', [architecture('controlvector')]],
    [
      'an importance matrix',
      [
        ['general.type', 'imatrix'],
        ['imatrix.chunk_count', 100],
      ],
    ],
    ['an importance matrix', [['imatrix.datasets', ['wiki.train.raw']]]],
    ['a file of the type "vae"', [architecture('x'), ['general.type', 'vae']]],
    ['an embedding model', [architecture('bert'), ['bert.pooling_type', 2]]],
    ['an embedding model', [architecture('nomic-bert-moe')]],
    ['an embedding model', [architecture('jina-bert-v2')]],
    ['an embedding model', [architecture('t5encoder')]],
    ['an embedding model', [architecture('gemma-embedding')]],
    ['an embedding model', [architecture('qwen3'), ['qwen3.pooling_type', 3]]],
    ['a reranker', [architecture('qwen3'), ['qwen3.pooling_type', 4]]],
    ['an encoder-decoder (T5)', [architecture('t5')]],
    ['a diffusion language model', [architecture('llada')]],
    ['a model that draws images', [architecture('flux')]],
    ['a draft head for speculative decoding', [architecture('eagle3')]],
    ['a draft head for speculative decoding', [architecture('medusa')]],
    ['a model that draws images', [architecture('qwen_image')]],
    ['a vocoder', [architecture('wavtokenizer-dec')]],
    ['a speech recogniser', [architecture('whisper')]],
    ['part 2 of 3 of a split model', [architecture('llama'), ['split.no', 1], ['split.count', 3]]],
  ])('refuses %s: %j', async (what, entries) => {
    await expect(read(entries)).rejects.toMatchObject({
      code: 'PB_MODEL',
      message: expect.stringContaining(`m.gguf is no language model: it is ${what}`),
      hint: expect.not.stringMatching(/again/i),
    });
  });

  it('refuses a vocabulary alone', async () => {
    await expect(read([architecture('llama'), ['tokenizer.ggml.tokens', ['a']]], [])).rejects.toThrow(
      'a vocabulary without weights',
    );
  });

  it.each<readonly [what: string, entries: readonly GgufEntry[]]>([
    ['decoders', [architecture('llama'), ['general.type', 'model']]],
    ['decoders without a type', [architecture('qwen3')]],
    ['decoders that name no pooling', [architecture('gemma3'), ['gemma3.pooling_type', 0]]],
    ['architectures that nobody has heard of', [architecture('brandnew')]],
    ['types of another kind than text', [architecture('llama'), ['general.type', 7]]],
    ['first parts', [architecture('llama'), ['split.no', 0], ['split.count', 3]]],
  ])('takes %s', async (_, entries) => {
    await expect(read(entries)).resolves.toMatchObject({ version: 3 });
  });

  it('takes the first part of a split model, which may have no weights', async () => {
    await expect(read([architecture('llama'), ['split.no', 0], ['split.count', 3]], [])).resolves.toMatchObject({
      splitCount: 3,
    });
  });
});
