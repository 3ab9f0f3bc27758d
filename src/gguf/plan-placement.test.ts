import { describe, expect, it } from 'vitest';
import { caught } from '../../test/setup/caught.ts';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import type { ModelNeeds } from './model-needs.ts';
import { planPlacement, type PlacementOptions, type PlannedGpu } from './plan-placement.ts';

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

/** Ten layers of 1 GiB with 256 MiB of cache, an output of 512 MiB, and 256 MiB to compute with. */
const dense: ModelNeeds = {
  layers: Array.from({ length: 10 }, () => ({ weightsBytes: gibibyte, expertBytes: 0, kvBytes: 256 * mebibyte })),
  outputBytes: 512 * mebibyte,
  inputBytes: 512 * mebibyte,
  computeBytes: 256 * mebibyte,
};
const experts: ModelNeeds = {
  ...dense,
  layers: dense.layers.map((layer) => ({ ...layer, expertBytes: 768 * mebibyte })),
};
const plain: PlacementOptions = { splitMode: 'layer', mainGpu: 0 };

function gpus(...freeGibibytes: readonly number[]): readonly PlannedGpu[] {
  return freeGibibytes.map((free, index) => ({
    name: `CUDA${index}`,
    description: `NVIDIA A10 ${index}`,
    freeBytes: free * gibibyte,
  }));
}

describe('one GPU', () => {
  it('takes all layers where they fit', () => {
    const plan = planPlacement('m', dense, gpus(24), plain);
    expect(plan).toMatchObject({ gpuLayers: 11, allLayers: 11, shares: undefined, hostExperts: 0 });
    expect(plan.gpus).toMatchObject([
      { layers: 11, weightsBytes: 10.5 * gibibyte, kvBytes: 2.5 * gibibyte, totalBytes: 13.25 * gibibyte },
    ]);
    expect(plan.hostBytes).toBe(768 * mebibyte);
  });

  it('takes as many as fit with something left free, the output layer first', () => {
    // 5 - 0.5 - 0.25 - 0.5 = 3.75 GiB: three layers of 1.25 GiB beside the output.
    const plan = planPlacement('m', dense, gpus(5), plain);
    expect(plan.gpus).toMatchObject([{ layers: 4, totalBytes: 4.5 * gibibyte }]);
    expect(plan.hostBytes).toBe(7 * 1.25 * gibibyte + 768 * mebibyte);
    expect(planPlacement('m', dense, gpus(1), plain)).toMatchObject({ gpuLayers: 0, gpus: [{ totalBytes: 0 }] });
  });

  it('takes the number that is asked for, and all where that is more than there are', () => {
    expect(planPlacement('m', dense, gpus(24), { ...plain, gpuLayers: 3 }).gpuLayers).toBe(3);
    expect(planPlacement('m', dense, gpus(24), { ...plain, gpuLayers: 99 }).gpuLayers).toBe(11);
    expect(planPlacement('m', dense, gpus(24), { ...plain, gpuLayers: 'all' }).gpuLayers).toBe(11);
    const none = planPlacement('m', dense, gpus(24), { ...plain, gpuLayers: 0 });
    expect(none).toMatchObject({ gpuLayers: 0, gpus: [{ layers: 0, computeBytes: 0 }] });
    expect(none.hostBytes).toBe(10 * 1.25 * gibibyte + 768 * mebibyte);
  });

  it('refuses more than fit, with what is needed, what is free, and how many fit', () => {
    const error = caught(() => planPlacement('m', dense, gpus(6), { ...plain, gpuLayers: 'all' }));
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({
      message: 'm: 11 layers need about 13.3 GiB on NVIDIA A10 0, 6.0 GiB are free: at most 5 fit',
      hint: expect.stringContaining('Lower gpuLayers'),
    });
    // What it says can be asked for.
    expect(planPlacement('m', dense, gpus(6), { ...plain, gpuLayers: 5 }).gpuLayers).toBe(5);
    expect(() => planPlacement('m', dense, gpus(6), { ...plain, gpuLayers: 6 })).toThrow('at most 5 fit');
    expect(() => planPlacement('m', dense, gpus(0.5), { ...plain, gpuLayers: 2 })).toThrow('none fits');
  });

  it('leaves experts on the host, so that more layers fit', () => {
    const half = planPlacement('m', experts, gpus(24), { ...plain, hostExperts: 4 });
    expect(half).toMatchObject({ hostExperts: 4, gpus: [{ layers: 11, weightsBytes: 7.5 * gibibyte }] });
    expect(half.hostBytes).toBe(3 * gibibyte + 768 * mebibyte);
    const all = planPlacement('m', experts, gpus(7), { ...plain, hostExperts: 'all' });
    expect(all).toMatchObject({ gpuLayers: 11, hostExperts: 10, gpus: [{ weightsBytes: 3 * gibibyte }] });
    expect(planPlacement('m', experts, gpus(7), plain).gpuLayers).toBe(5);
  });
});

describe('several GPUs', () => {
  it('share the layers by what is free, in the order of the layers', () => {
    const plan = planPlacement('m', dense, gpus(20, 10), plain);
    expect(plan.gpus.map(({ layers }) => layers)).toEqual([8, 3]);
    // The output is on the last.
    expect(plan.gpus.map(({ weightsBytes }) => weightsBytes / gibibyte)).toEqual([8, 2.5]);
    expect(plan.shares).toEqual([20 * gibibyte, 10 * gibibyte]);
  });

  it('share them as is asked for', () => {
    const options = { ...plain, gpuShares: [1, 0, 3] };
    const plan = planPlacement('m', dense, gpus(24, 24, 24), options);
    expect(plan.gpus.map(({ layers }) => layers)).toEqual([3, 0, 8]);
    expect(plan.shares).toEqual([1, 0, 3]);
    expect(plan.gpus[1]).toMatchObject({ totalBytes: 0 });
  });

  it('are not all used where nothing is split', () => {
    const plan = planPlacement('m', dense, gpus(8, 24), { ...plain, splitMode: 'none', mainGpu: 1 });
    expect(plan).toMatchObject({ shares: undefined, mainGpu: 1, gpus: [{ layers: 0 }, { layers: 11 }] });
  });

  it('refuse what one of them cannot hold', () => {
    const options = { ...plain, gpuShares: [1, 1], gpuLayers: 'all' } as const;
    expect(() => planPlacement('m', dense, gpus(24, 4), options)).toThrow(
      'm: 5 layers need about 5.8 GiB on NVIDIA A10 1, 4.0 GiB are free: at most 7 fit on all GPUs',
    );
  });

  it.each([
    [{ mainGpu: 2 }, 'm: mainGpu 2: there are 2 GPUs, counted from 0'],
    [{ gpuShares: [1] }, 'm: gpuShares has 1 part, but there are 2 GPUs'],
    [{ gpuShares: [0, 0] }, 'm: gpuShares are all 0'],
  ])('refuse what the machine does not have: %j', (own, message) => {
    const error = caught(() => planPlacement('m', dense, gpus(24, 24), { ...plain, ...own }));
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message });
  });
});

describe('no GPU', () => {
  it('leaves everything on the host', () => {
    expect(planPlacement('m', dense, [], plain)).toMatchObject({ gpuLayers: 0, gpus: [] });
  });

  it('refuses layers for one', () => {
    expect(() => planPlacement('m', dense, [], { ...plain, gpuLayers: 3 })).toThrow(
      'm: gpuLayers 3: there is no GPU here',
    );
  });
});
