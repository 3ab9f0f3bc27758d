import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GgufEntry, makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { type CacheLayout, cacheLayouts } from './cache-layout.ts';
import { readGgufHeader } from './gguf-header.ts';

async function layoutsOf(
  architecture: string,
  layers: number,
  values: Readonly<Record<string, number | readonly number[]>>,
): Promise<readonly CacheLayout[]> {
  await using folder = await testFolder();
  const path = join(folder.path, 'm.gguf');
  const own = Object.entries(values).map(([name, value]): GgufEntry => [`${architecture}.${name}`, value]);
  await writeFile(path, makeGguf([['general.architecture', architecture], ...own]));
  return cacheLayouts(await readGgufHeader(path), layers);
}

const numbers = (layouts: readonly CacheLayout[]): readonly number[] => layouts.map((each) => each.numbersPerToken);
const windows = (layouts: readonly CacheLayout[]): readonly (number | undefined)[] =>
  layouts.map(({ windowTokens }) => windowTokens);

describe('cacheLayouts', () => {
  it('keeps keys and values of the heads that queries share (GQA), by layer where they differ', async () => {
    const grouped = { embedding_length: 2048, 'attention.head_count': 32 };
    expect(numbers(await layoutsOf('llama', 2, grouped))).toEqual([4096, 4096]);
    expect(numbers(await layoutsOf('llama', 2, { ...grouped, 'attention.head_count_kv': 8 }))).toEqual([1024, 1024]);
    const own = { ...grouped, 'attention.head_count_kv': [8, 4], 'attention.key_length': 128 };
    expect(numbers(await layoutsOf('llama', 2, own))).toEqual([8 * (128 + 64), 4 * (128 + 64)]);
  });

  it('keeps one compressed key with latent attention (MLA), as DeepSeek V2 Lite has it', async () => {
    const latent = {
      embedding_length: 2048,
      'attention.head_count': 16,
      'attention.head_count_kv': 1,
      'attention.key_length': 576,
      'attention.value_length': 512,
      'attention.key_length_mla': 192,
      'attention.value_length_mla': 128,
    };
    expect(numbers(await layoutsOf('deepseek2', 1, latent))).toEqual([576]);
    const older = { 'attention.head_count': 16, 'attention.key_length': 192, 'attention.value_length': 128 };
    expect(numbers(await layoutsOf('deepseek2', 1, older))).toEqual([16 * 320]);
  });

  it('knows which layers have a sliding window: by architecture, by a period, or one by one', async () => {
    const window = { 'attention.head_count': 1, 'attention.key_length': 8, 'attention.sliding_window': 512 };
    const local = 512;
    expect(windows(await layoutsOf('gemma3', 7, window))).toEqual([...Array<number>(5).fill(local), undefined, local]);
    expect(windows(await layoutsOf('smallthinker', 3, window))).toEqual([undefined, local, local]);
    const period = { ...window, 'attention.sliding_window_pattern': 2 };
    expect(windows(await layoutsOf('gemma3', 3, period))).toEqual([local, undefined, local]);
    const each = { ...window, 'attention.sliding_window_pattern': [1, 0], 'attention.key_length_swa': 4 };
    const layouts = await layoutsOf('gemma4', 2, each);
    expect(windows(layouts)).toEqual([local, undefined]);
    expect(numbers(layouts)).toEqual([4, 8]);
    expect(windows(await layoutsOf('llama', 2, window))).toEqual([undefined, undefined]);
  });

  it('counts no cache where layers read that of others, and a state where they are recurrent', async () => {
    const heads = { 'attention.head_count': 2, 'attention.key_length': 4, 'attention.value_length': 4 };
    const shared = await layoutsOf('gemma4', 3, { ...heads, 'attention.shared_kv_layers': 2 });
    expect(numbers(shared)).toEqual([16, 0, 0]);
    const state = { 'ssm.inner_size': 8, 'ssm.state_size': 4, 'ssm.conv_kernel': 3, 'ssm.group_count': 1 };
    const hybrid = await layoutsOf('qwen3next', 4, { ...heads, ...state });
    expect(numbers(hybrid)).toEqual([0, 0, 0, 16]);
    // State 8 x 4, and two rows of what is convolved: 8 + 2 x 4.
    expect(hybrid.map(({ stateNumbers }) => stateNumbers)).toEqual([64, 64, 64, 0]);
  });
});
