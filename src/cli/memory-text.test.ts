import { expect, it } from 'vitest';
import { briefPass } from '../../test/setup/bare-pass.ts';
import type { DeviceMemory, MemoryReading } from '../core/meter.ts';
import { memoryText } from './memory-text.ts';

const mebibyte = 2 ** 20;

const device: DeviceMemory = {
  name: 'CUDA0',
  description: 'NVIDIA A10',
  isSoftware: false,
  usedBytes: 900 * mebibyte,
  peakBytes: 1000 * mebibyte,
  totalBytes: 22 * 1024 * mebibyte,
  split: {
    weightsBytes: 640 * mebibyte,
    kvBytes: 200 * mebibyte,
    computeBytes: 100 * mebibyte,
    overheadBytes: 60 * mebibyte,
  },
  isTold: true,
};

const onHost: MemoryReading = {
  nowBytes: 900 * mebibyte,
  peakBytes: 1000 * mebibyte,
  isPeakReset: true,
  split: device.split,
  reservedBytes: undefined,
  doubt: undefined,
};

it('shows what a model took of each GPU, and nothing where there is none', () => {
  const memory = { ...onHost, devices: [device, { ...device, name: 'CUDA1', isTold: false }] };
  expect(memoryText([{ model: 'm', taskId: 't', result: { ...briefPass, memory } }])).toMatchInlineSnapshot(`
    "model  task  pass          GPU                   memory        of    weights   KV cache    compute     other
    m      t     throughput 1  CUDA0 NVIDIA A10  1000.0 MiB  22.0 GiB  640.0 MiB  200.0 MiB  100.0 MiB  60.0 MiB
    m      t     throughput 1  CUDA1 NVIDIA A10  1000.0 MiB  22.0 GiB  640.0 MiB  200.0 MiB  100.0 MiB  60.0 MiB
    CUDA1: its driver does not tell what is used, so the library's own buffers are shown"
  `);
  expect(memoryText([{ model: 'm', taskId: 't', result: { ...briefPass, memory: onHost } }])).toBeUndefined();
  expect(memoryText([])).toBeUndefined();
});
