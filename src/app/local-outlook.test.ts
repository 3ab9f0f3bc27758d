import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { EnvironmentError } from '../core/errors.ts';
import { llamaSchema } from '../core/llama-settings.ts';
import type { ChosenDevice } from '../engines/llama-cpp/choose-device.ts';
import type { NativeDevice } from '../engines/llama-cpp/native/native-devices.ts';
import { estimateModelMemory } from '../sources/model-memory.ts';
import { readModelOutline } from '../gguf/model-outline.ts';
import type { GpuSupply } from './gpu-outlook.ts';
import { type LocalOutlook, localOutlook, placedOptions } from './local-outlook.ts';

const gibibyte = 2 ** 30;
const layerBytes = 2 ** 20;
const file = makeGguf(
  [
    ['general.architecture', 'toy'],
    ['toy.block_count', 4],
    ['toy.context_length', 2048],
    ['toy.embedding_length', 64],
    ['toy.attention.head_count', 2],
  ],
  [0, 1, 2, 3].map((layer) => ({ name: `blk.${layer}.ffn_up.weight`, shape: [8], offset: layer * layerBytes })),
  4 * layerBytes,
);

const none: GpuSupply = { count: 0, memoryBytes: undefined, from: 'none found' };
const card: NativeDevice = {
  name: 'CUDA0',
  description: 'NVIDIA A10',
  kind: 'gpu',
  freeBytes: gibibyte,
  totalBytes: 2 * gibibyte,
  isSoftware: false,
};

const chosen = (devices: readonly NativeDevice[]) => async (): Promise<ChosenDevice> =>
  ({ devices, note: undefined, mend: undefined }) as unknown as ChosenDevice;

async function outlookOf(
  settings: Readonly<Record<string, unknown>>,
  supply: GpuSupply,
  chooseDevice: () => Promise<ChosenDevice> = chosen([]),
): Promise<LocalOutlook & { readonly onHost: number }> {
  await using folder = await testFolder();
  const path = join(folder.path, 'm.gguf');
  await writeFile(path, file);
  const options = llamaSchema(z).parse(settings);
  const use = { contextTokens: 512, sequences: 2 };
  const outlook = await localOutlook({
    name: 'm',
    outline: await readModelOutline(path),
    options,
    ...use,
    supply,
    chooseDevice,
  });
  return { ...outlook, onHost: (await estimateModelMemory(path, { ...options, ...use })).totalBytes };
}

describe('what a model in process takes', () => {
  it('is that of the host without a GPU, with the type of its cache', async () => {
    const outlook = await outlookOf({}, none);
    expect(outlook).toMatchObject({ memoryBytes: outlook.onHost, placement: undefined, problem: undefined });
    const smaller = await outlookOf({ kvCache: 'q8_0' }, none);
    expect(outlook.onHost - smaller.onHost).toBe((512 * 2 * 4 * 2 * 64 * 2 * (64 - 34)) / 64);
  });

  it('is that of the host where a server is given the file, whatever GPUs are here', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'm.gguf');
    await writeFile(path, file);
    const use = { contextTokens: 512, sequences: 2 };
    const options = placedOptions({ name: 'm', engine: 'managed', engineOptions: { server: {} } });
    const outlook = await localOutlook({
      name: 'm',
      outline: await readModelOutline(path),
      options,
      ...use,
      chooseDevice: chosen([card]),
    });
    const { totalBytes } = await estimateModelMemory(path, use);
    expect(outlook).toEqual({
      memoryBytes: totalBytes,
      hostBytes: totalBytes,
      placement: undefined,
      problem: undefined,
    });
  });

  it('is that of the GPU of this machine, with what stays on the host', async () => {
    const { placement, memoryBytes, hostBytes, onHost } = await outlookOf({}, none, chosen([card]));
    expect(placement).toMatchObject({ gpuLayers: 5, gpus: [{ description: 'NVIDIA A10', layers: 5 }] });
    expect(memoryBytes).toBe(placement?.gpus[0]?.totalBytes);
    expect(hostBytes).toBeLessThan(onHost - 4 * layerBytes);
  });

  it('is planned for GPUs that somebody assumes, without asking this machine', async () => {
    const supply: GpuSupply = { count: 2, memoryBytes: 2 * gibibyte, from: 'assumed' };
    const { placement } = await outlookOf({ device: 'cuda' }, supply, async () => {
      throw new EnvironmentError('nobody asks');
    });
    expect(placement?.gpus.map(({ layers, description }) => `${layers} on ${description}`)).toEqual([
      '3 on assumed GPU 0',
      '2 on assumed GPU 1',
    ]);
    expect((await outlookOf({ device: 'cpu' }, supply)).placement).toBeUndefined();
  });

  it('is a problem in one line where it cannot be placed', async () => {
    const small = { ...card, freeBytes: 5 * layerBytes };
    expect((await outlookOf({ gpuLayers: 'all' }, none, chosen([small]))).problem).toMatch(
      /^m: 5 layers need about [\d.]+ MiB on NVIDIA A10, 5\.0 MiB are free: at most \d fit\. Lower gpuLayers, .+\.$/,
    );
    const missing = async (): Promise<ChosenDevice> => {
      throw new EnvironmentError('device "cuda": CUDA finds no device', { hint: 'Check that nvidia-smi shows a GPU.' });
    };
    expect((await outlookOf({ device: 'cuda' }, none, missing)).problem).toBe(
      'device "cuda": CUDA finds no device. Check that nvidia-smi shows a GPU.',
    );
    expect((await outlookOf({ gpuLayers: 3 }, none)).problem).toMatch(/gpuLayers is for GPUs, but the CPU computes it/);
  });
});
