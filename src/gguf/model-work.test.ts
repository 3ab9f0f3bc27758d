import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GgufEntry, type GgufTensor, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { readModelOutline } from './model-outline.ts';
import type { ModelWork } from './model-work.ts';

/** Matrices of 8 columns, all of 32-bit floats. */
async function workOf(
  entries: readonly GgufEntry[],
  rows: Readonly<Record<string, number>>,
): Promise<{ readonly work: ModelWork; readonly parameters: number }> {
  await using folder = await testFolder();
  const path = join(folder.path, 'm.gguf');
  let offset = 0;
  const tensors = Object.entries(rows).map(([name, each]): GgufTensor => {
    const tensor = { name, shape: [8, each], offset };
    offset += 32 * each;
    return tensor;
  });
  await writeFile(
    path,
    makeGguf([['general.architecture', 'toy'], ['toy.block_count', 1], ...entries], tensors, offset),
  );
  return await readModelOutline(path);
}

const layer = { 'token_embd.weight': 100, 'blk.0.attn_norm.weight': 1, 'blk.0.attn_q.weight': 8 };

describe('modelWork', () => {
  it('counts the matrices that a token passes, not the table of which it reads a row', async () => {
    const { work } = await workOf([], { ...layer, 'output_norm.weight': 1, 'output.weight': 100 });
    expect(work.layers).toEqual([{ type: 0, bytes: 256, activeBytes: 256, activeParameters: 64 }]);
    expect(work.output).toEqual([{ type: 0, bytes: 3200, activeBytes: 3200, activeParameters: 800 }]);
    expect(work.activeParameters).toBe(864);
    expect(work.operations).toBe(4);
  });

  it('counts the table once more where it gives the logits too', async () => {
    const { work } = await workOf([], layer);
    expect(work.output).toEqual([{ type: 0, bytes: 3200, activeBytes: 3200, activeParameters: 800 }]);
  });

  it('counts experts by the share that is used, and those that all tokens share in full', async () => {
    const experts: readonly GgufEntry[] = [
      ['toy.expert_count', 8],
      ['toy.expert_used_count', 2],
    ];
    const weights = { 'blk.0.ffn_up_exps.weight': 64, 'blk.0.ffn_up_shexp.weight': 8 };
    const { work, parameters } = await workOf(experts, { ...layer, ...weights });
    expect(parameters).toBe(8 * (100 + 1 + 8 + 64 + 8));
    expect(work.activeParameters).toBe(8 * (100 + 8 + 64 / 4 + 8));
    expect(work.layers).toEqual([{ type: 0, bytes: 32 * 80, activeBytes: 32 * 32, activeParameters: 8 * 32 }]);
  });
});
