import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { EnvironmentError } from '../core/errors.ts';
import { llamaSchema } from '../core/llama-settings.ts';
import { chooseDevice, type ChosenDevice } from '../engines/llama-cpp/choose-device.ts';
import type { NativeDevice } from '../engines/llama-cpp/native/native-devices.ts';
import { readModelOutline } from '../gguf/model-outline.ts';
import { estimateModelMemory } from '../sources/model-memory.ts';
import type { GpuSupply } from './gpu-outlook.ts';
import { type LocalOutlook, localOutlook, placedOptions } from './local-outlook.ts';

const gibibyte = 2 ** 30;
const layerBytes = 2 ** 20;
const modelOf = (tokens: number, bytes = layerBytes) =>
  makeGguf(
    [
      ['general.architecture', 'toy'],
      ['toy.block_count', 4],
      ['toy.context_length', 2048],
      ['toy.embedding_length', 64],
      ['toy.attention.head_count', 2],
      ['tokenizer.ggml.model', 'gpt2'],
      ['tokenizer.ggml.tokens', Array.from({ length: tokens }, (_, token) => `t${token}`)],
    ],
    [0, 1, 2, 3].map((layer) => ({ name: `blk.${layer}.ffn_up.weight`, shape: [8], offset: layer * bytes })),
    4 * bytes,
  );
const [file, draftFile, otherFile] = [modelOf(200), modelOf(200, layerBytes / 2), modelOf(1)];

const none: GpuSupply = { count: 0, memoryBytes: undefined, from: 'none found' };
const card: NativeDevice = {
  name: 'CUDA0',
  description: 'NVIDIA A10',
  kind: 'gpu',
  freeBytes: gibibyte,
  totalBytes: 2 * gibibyte,
  isSoftware: false,
};

/** With room for the model alone, beside what is left free. */
const tight = { ...card, freeBytes: 512 * 2 ** 20 + 9 * layerBytes };

const chosen = (devices: readonly NativeDevice[]) => async (): Promise<ChosenDevice> =>
  ({
    location: { device: devices.length === 0 ? 'cpu' : 'cuda', packageName: 'llama' },
    devices,
    note: undefined,
    mend: undefined,
  }) as unknown as ChosenDevice;

async function outlookOf(
  settings: Readonly<Record<string, unknown>>,
  supply: GpuSupply,
  choose: typeof chooseDevice = chosen([]),
): Promise<LocalOutlook & { readonly onHost: number }> {
  await using folder = await testFolder();
  const path = join(folder.path, 'm.gguf');
  await writeFile(path, file);
  await writeFile(join(folder.path, 'd.gguf'), draftFile);
  await writeFile(join(folder.path, 'other.gguf'), otherFile);
  const { draft, ...others } = llamaSchema(z).parse(settings);
  const options = draft === undefined ? others : { ...others, draft: join(folder.path, draft) };
  const use = { contextTokens: 512, sequences: 2 };
  const outlook = await localOutlook({
    name: 'm',
    file: path,
    outline: await readModelOutline(path),
    options,
    ...use,
    supply,
    chooseDevice: choose,
  });
  return { ...outlook, onHost: (await estimateModelMemory(path, { ...options, ...use })).totalBytes };
}

describe('what a model in process takes', () => {
  it('is that of the host without a GPU, with the type of its cache', async () => {
    const outlook = await outlookOf({}, none);
    expect(outlook).toMatchObject({ memoryBytes: outlook.onHost, placement: undefined, computedBy: ['llama'] });
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
      file: path,
      outline: await readModelOutline(path),
      options,
      ...use,
      chooseDevice: chosen([card]),
    });
    const { totalBytes } = await estimateModelMemory(path, use);
    expect(outlook).toEqual({
      memoryBytes: totalBytes,
      hostBytes: totalBytes,
      isAssumed: false,
    });
  });

  it('is that of the GPU of this machine, with what stays on the host', async () => {
    const { placement, memoryBytes, hostBytes, onHost } = await outlookOf({}, none, chosen([card]));
    expect(placement).toMatchObject({ gpuLayers: 5, gpus: [{ description: 'NVIDIA A10', layers: 5 }] });
    expect(memoryBytes).toBe(placement?.gpus[0]?.totalBytes);
    expect(hostBytes).toBeLessThan(onHost - 4 * layerBytes);
  });

  it('says where it is computed once it is placed, with one figure where nothing is on a GPU', async () => {
    const some = await outlookOf({ gpuLayers: 4 }, none, chosen([card]));
    expect(some.computesOn).toBe('computes 4 of 5 layers on NVIDIA A10 (cuda), the others on the CPU');
    expect(some.computedBy).toEqual(['llama', 'NVIDIA A10', '4 of 5 layers']);
    const without = await outlookOf({ gpuLayers: 'none' }, none, chosen([card]));
    expect(without).toMatchObject({ memoryBytes: without.onHost, hostBytes: without.onHost, placement: undefined });
    expect(without.computesOn).toBe('computes on the CPU: none of its 5 layers is on NVIDIA A10 (cuda)');
    const all = await outlookOf({ gpuLayers: 'all' }, none, chosen([card]));
    expect(all.computesOn).toBe('computes on NVIDIA A10 (cuda)');
    expect(all.computedBy).toEqual((await outlookOf({ gpuLayers: 40 }, none, chosen([card]))).computedBy);
  });

  it('leaves its draft room on the GPU first', async () => {
    const { draftPlacement, placement, ...rest } = await outlookOf({ draft: 'd.gguf' }, none, chosen([tight]));
    expect(draftPlacement?.gpuLayers).toBe(5);
    expect(placement?.gpuLayers).toBeLessThan(5);
    expect((await outlookOf({}, none, chosen([tight]))).placement?.gpuLayers).toBe(5);
    const [own = 0, ofDraft = 0] = [placement, draftPlacement].map((plan) => plan?.gpus[0]?.totalBytes);
    expect(rest.memoryBytes).toBe(own + ofDraft);
  });

  it('is a problem where the draft or the kernels cannot be', async () => {
    expect((await outlookOf({ draft: 'other.gguf' }, none)).problem).toBe(
      'm: draft other.gguf has another vocabulary than m.gguf: 1 tokens instead of 200. Choose a smaller model of the same family.',
    );
    expect((await outlookOf({ kernels: 'foo' }, none, chooseDevice)).problem).toMatch(
      /^m: no kernels "foo" in \S+; known: /,
    );
  });

  it('is planned for GPUs that somebody assumes, without asking this machine', async () => {
    const supply: GpuSupply = { count: 2, memoryBytes: 2 * gibibyte, from: 'assumed' };
    const { placement, isAssumed } = await outlookOf({ device: 'cuda' }, supply, async () => {
      throw new EnvironmentError('nobody asks');
    });
    expect(placement?.gpus.map(({ layers, description }) => `${layers} on ${description}`)).toEqual([
      '3 on assumed GPU 0',
      '2 on assumed GPU 1',
    ]);
    expect(isAssumed).toBe(true);
    expect(await outlookOf({ device: 'cpu' }, supply)).toMatchObject({ placement: undefined, isAssumed: false });
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
      'm: device "cuda": CUDA finds no device. Check that nvidia-smi shows a GPU.',
    );
    for (const setting of [{ gpuLayers: 3 }, { gpuShares: [1] }, { splitMode: 'row' }, { mainGpu: 1 }]) {
      const { problem } = await outlookOf(setting, none);
      expect(problem).toContain(`m: ${Object.keys(setting)[0]} is for GPUs, but the CPU computes it`);
    }
  });
});
