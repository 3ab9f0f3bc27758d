import { describe, expect, it } from 'vitest';
import { smallModel, type SmallModelName } from '../../../test/setup/small-models.ts';
import { needsOfModel } from '../../gguf/model-needs.ts';
import { readModelOutline } from '../../gguf/model-outline.ts';
import { findLibrary } from './library-location.ts';
import { LlamaContext } from './native/llama-context.ts';
import { LlamaModel } from './native/llama-model.ts';
import { openLibrary } from './native/open-library.ts';

/** Once: the names of its types can't be given twice. */
const library = openLibrary(findLibrary('cpu'));

/** Bytes of the cache as the library takes it, and as the header of the file says. */
async function cacheBytes(name: SmallModelName, contextTokens: number, keepsWindow: boolean) {
  const file = await smallModel(name);
  const sequences = 2;
  const model = new LlamaModel(library, { file, threads: 1 });
  const shape = { sequences, cells: contextTokens, isUnified: false, keepsWindow, batchTokens: 512, outputs: 1 };
  const { buffers } = new LlamaContext(model, shape);
  const taken = buffers.filter(({ use }) => use === 'kv').reduce((sum, { bytes }) => sum + bytes, 0);
  const use = { contextTokens, sequences, kvCache: 'f16', flashAttention: 'auto', keepsWindow } as const;
  const { layers } = needsOfModel(await readModelOutline(file), use);
  return { taken, said: layers.reduce((sum, { kvBytes }) => sum + kvBytes, 0) };
}

describe('the cache that a header tells', () => {
  it('is that of the library, with queries that share keys', { timeout: 60_000 }, async () => {
    const { taken, said } = await cacheBytes('smollm2-135m-instruct', 2048, false);
    // The library's log has two decimals of a MiB.
    expect(Math.abs(taken - said)).toBeLessThan(2 ** 15);
  });

  it('is that of the library, with sliding windows kept whole and cut', { timeout: 60_000 }, async () => {
    const [whole, cut] = [await cacheBytes('gemma-3-270m', 4096, true), await cacheBytes('gemma-3-270m', 4096, false)];
    expect(Math.abs(whole.taken - whole.said)).toBeLessThan(2 ** 15);
    expect(Math.abs(cut.taken - cut.said)).toBeLessThan(2 ** 15);
    expect(cut.said).toBeLessThan(whole.said / 2);
  });
});
