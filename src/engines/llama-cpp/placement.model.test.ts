import { describe, expect, it } from 'vitest';
import { openSmall } from '../../../test/setup/open-small.ts';
import type { LoadedModel } from '../../core/engine.ts';
import type { MemorySplit } from '../../core/meter.ts';
import { chooseDevice } from './choose-device.ts';
import { gpusOf } from './native/native-devices.ts';

const signal = new AbortController().signal;

async function openWith(
  engineOptions: Readonly<Record<string, unknown>>,
  options: { readonly threads?: number; readonly contextTokens?: number } = {},
): Promise<LoadedModel> {
  return openSmall('smollm2-135m-instruct', { threads: 1, ...options, model: { engineOptions } });
}

async function answer(model: LoadedModel, maxTokens: number): Promise<string> {
  async function* requests() {
    yield { id: 'a', prompt: { style: 'plain', text: 'One, two, three,' }, maxTokens, stop: [] } as const;
  }
  for await (const result of model.generate(requests(), { concurrency: 1, reuse: 'none', signal })) {
    if (result.status === 'done') return result.text;
  }
  throw new Error('no answer');
}

async function cacheOf(engineOptions: Readonly<Record<string, unknown>>): Promise<MemorySplit> {
  await using model = await openWith({ device: 'cpu', ...engineOptions });
  expect(await answer(model, 4)).toContain('four');
  const { split } = await model.memory();
  if (split === undefined) throw new Error('no split');
  return split;
}

describe('the cache', () => {
  it('takes the type that is set, with as many bytes as the type needs', { timeout: 60_000 }, async () => {
    const [half, eighth, whole] = [
      await cacheOf({ flashAttention: 'off' }),
      await cacheOf({ kvCache: 'q8_0' }),
      await cacheOf({ kvCache: 'f32', flashAttention: 'on' }),
    ];
    // The library's log has two decimals of a MiB.
    expect(whole.kvBytes / half.kvBytes).toBeCloseTo(2, 2);
    // Blocks of 32 numbers take 34 bytes instead of 64.
    expect(eighth.kvBytes / half.kvBytes).toBeCloseTo(34 / 64, 2);
  });

  it('is refused where it cannot be, in one line', async () => {
    await expect(openWith({ device: 'cpu', kvCache: 'q4_0', flashAttention: 'off' })).rejects.toThrow(
      'smollm2-135m-instruct: engine options of llama: flashAttention: a quantised key-value cache needs it: expected "auto" or "on"',
    );
  });
});

describe('settings of one model', () => {
  it("stand above the suite's", async () => {
    await using model = await openWith({ device: 'cpu', threads: 2, contextTokens: 512 }, { contextTokens: 1024 });
    expect(model.info).toMatchObject({ threads: 2, contextTokens: 512 });
  });

  it.each([{ gpuLayers: 4 }, { gpuLayers: 'all' }, { gpuShares: [1, 1] }])(
    'for GPUs are refused on the CPU: %j',
    async (own) => {
      const [setting = ''] = Object.keys(own);
      await expect(openWith({ device: 'cpu', ...own })).rejects.toThrow(
        `smollm2-135m-instruct: ${setting} is for GPUs, but the CPU computes it`,
      );
    },
  );

  it('for experts are refused where there are none', async () => {
    await expect(openWith({ device: 'cpu', hostExperts: 'all' })).rejects.toThrow(
      "smollm2-135m-instruct: hostExperts is for mixtures of experts, which this model isn't",
    );
  });
});

describe('a GPU', () => {
  it('holds the layers that are asked for, and refuses more than fit', { timeout: 240_000 }, async (context) => {
    const chosen = await chooseDevice('vulkan').catch((error: unknown) => String(error));
    if (typeof chosen === 'string') return context.skip(`no Vulkan device: ${chosen}`);
    const [gpu] = gpusOf(chosen.devices);
    await using model = await openWith({ device: 'vulkan', gpuLayers: 12 }, { contextTokens: 64 });
    expect(model.info.devices[0]).toMatch(/: 12 of 31 layers$/);
    expect(model.info.engineBuild).toMatch(/ 12 of 31 layers\)$/);
    expect(await answer(model, 1)).not.toBe('');
    const { devices = [], hostPeakBytes } = await model.memory();
    expect(devices).toHaveLength(1);
    const [{ split, usedBytes, totalBytes, isTold, isSoftware }] = devices as [(typeof devices)[0]];
    // 11 of 30 layers with their cache, and the table of tokens once more.
    expect(split.weightsBytes / 2 ** 20).toBeCloseTo(51.94, 1);
    expect(split.kvBytes / 2 ** 20).toBeCloseTo((11 * 256 * 3 * (64 + 64) * 2) / 2 ** 20, 1);
    expect(usedBytes).toBeLessThan(totalBytes);
    // llvmpipe says that all of its memory is free, always.
    expect(isTold).toBe(!isSoftware);
    expect(hostPeakBytes === undefined).toBe(isSoftware);
    const free = Math.floor((gpu?.freeBytes ?? 0) / 2 ** 20);
    expect(free).toBeGreaterThan(0);
    const tooLarge = openSmall('smollm2-135m-instruct', {
      threads: 1,
      contextTokens: 8192,
      concurrency: 4096,
      model: { engineOptions: { device: 'vulkan', gpuLayers: 'all' } },
    });
    await expect(tooLarge).rejects.toThrow(
      /^smollm2-135m-instruct: 31 layers need about [\d.,]+ GiB on .+, [\d.]+ [MG]iB are free: (at most \d+ fit|none fits)$/,
    );
  });
});
