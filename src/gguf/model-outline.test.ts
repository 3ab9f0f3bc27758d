import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GgufEntry, type GgufTensor, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { cacheTypeProblem, needsOfModel } from './model-needs.ts';
import { readModelOutline } from './model-outline.ts';

const entries: readonly GgufEntry[] = [
  ['general.architecture', 'toy'],
  ['toy.block_count', 2],
  ['toy.context_length', 2048],
  ['toy.embedding_length', 64],
  ['toy.feed_forward_length', 128],
  ['toy.attention.head_count', 2],
  ['toy.attention.head_count_kv', [1, 2]],
  ['toy.vocab_size', 1000],
];

/** Tensors of these bytes, one behind the other. */
function tensorsOf(...sizes: readonly (readonly [name: string, bytes: number])[]): {
  readonly tensors: readonly GgufTensor[];
  readonly bytes: number;
} {
  let offset = 0;
  const tensors = sizes.map(([name, bytes]) => {
    const tensor = { name, shape: [bytes / 4], offset };
    offset += bytes;
    return tensor;
  });
  return { tensors, bytes: offset };
}

const table = ['token_embd.weight', 640] as const;
const inLayers = [
  ['blk.0.attn_q.weight', 64],
  ['blk.0.ffn_up.weight', 128],
  ['blk.1.attn_q.weight', 64],
  ['blk.1.ffn_up_exps.weight', 512],
  ['blk.1.ffn_gate_inp.weight', 32],
  ['blk.1.ffn_gate_up_chexps.weight', 256],
  ['output_norm.weight', 32],
] as const;

async function outlineOf(...parts: readonly (readonly (readonly [string, number])[])[]) {
  await using folder = await testFolder();
  const names =
    parts.length === 1 ? ['m.gguf'] : parts.map((_, part) => `m-0000${part + 1}-of-0000${parts.length}.gguf`);
  for (const [part, sizes] of parts.entries()) {
    const { tensors, bytes } = tensorsOf(...sizes);
    await writeFile(join(folder.path, names[part] ?? ''), makeGguf(part === 0 ? entries : [], tensors, bytes));
  }
  return await readModelOutline(join(folder.path, names[0] ?? ''));
}

describe('the outline of a model', () => {
  it('has weights by layer, experts apart; a table that gives the logits too counts on both sides', async () => {
    const outline = await outlineOf([table, ...inLayers]);
    expect(outline).toMatchObject({
      layers: [
        { weightsBytes: 192, expertBytes: 0, cache: { numbersPerToken: 64 } },
        { weightsBytes: 864, expertBytes: 768, cache: { numbersPerToken: 128 } },
      ],
      outputBytes: 32 + 640,
      inputBytes: 640,
      weightsBytes: 1728,
      keyLength: 32,
      valueLength: 32,
    });
    const own = await outlineOf([table, ...inLayers, ['output.weight', 320]]);
    expect(own).toMatchObject({ outputBytes: 352, inputBytes: 640 });
  });

  it('adds the parts of a split model', async () => {
    const whole = await outlineOf([table, ...inLayers]);
    expect(await outlineOf([table], inLayers)).toEqual(whole);
  });
});

describe('what it needs', () => {
  const use = { contextTokens: 500, sequences: 3, kvCache: 'f16', flashAttention: 'auto' } as const;

  it('follows the type of the cache, layer by layer', async () => {
    const outline = await outlineOf([table, ...inLayers]);
    // 500 tokens become 512; keys and values of 32 numbers.
    const numbers = 512 * 3 * 64;
    expect(needsOfModel(outline, use).layers.map(({ kvBytes }) => kvBytes)).toEqual([numbers * 2, numbers * 4]);
    expect(needsOfModel(outline, { ...use, kvCache: 'q8_0' }).layers[0]?.kvBytes).toBe((numbers * 34) / 32);
    expect(needsOfModel(outline, { ...use, kvCache: 'q4_0' }).layers[0]?.kvBytes).toBe((numbers * 18) / 32);
  });

  it('keeps of a sliding window what it sees and a batch, unless all of it is to be used again', async () => {
    const outline = await outlineOf([table, ...inLayers]);
    const layers = outline.layers.map((layer) => ({ ...layer, cache: { ...layer.cache, windowTokens: 100 } }));
    const windowed = { ...outline, layers };
    const long = { ...use, contextTokens: 4096, sequences: 1 };
    const kept = (keepsWindow?: boolean): number | undefined =>
      needsOfModel(windowed, keepsWindow === undefined ? long : { ...long, keepsWindow }).layers[0]?.kvBytes;
    // 100 and 512 tokens become 768.
    expect(kept(false)).toBe(768 * 64 * 2);
    expect(kept(true)).toBe(4096 * 64 * 2);
    expect(kept()).toBe(kept(true));
    expect(needsOfModel(windowed, { ...use, keepsWindow: false }).layers[0]?.kvBytes).toBe(512 * 3 * 64 * 2);
  });

  it('has the scores of attention where they are kept', async () => {
    const outline = await outlineOf([table, ...inLayers]);
    const without = needsOfModel(outline, { ...use, flashAttention: 'off' }).computeBytes;
    expect(without - needsOfModel(outline, use).computeBytes).toBe(512 * 512 * 2 * 4);
  });

  it('tells a cache that the size of its heads cannot have', async () => {
    const outline = await outlineOf([table, ...inLayers]);
    expect(cacheTypeProblem(outline, 'q8_0')).toBeUndefined();
    const odd = { ...outline, valueLength: 80 };
    expect(cacheTypeProblem(odd, 'q8_0')).toBe(
      "a q8_0 key-value cache needs heads of a multiple of 32 numbers, but this model's have 80",
    );
    expect(cacheTypeProblem(odd, 'bf16')).toBeUndefined();
  });
});
