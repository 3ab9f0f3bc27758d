import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { managedServerSchema } from '../../core/suite.ts';
import { serverCommand } from './server-command.ts';
import { readServerMemory, type ServerMemoryState } from './server-memory.ts';
import {
  llamaServerMemory,
  ollamaMemory,
  serverDevices,
  type ServerMemoryReport,
  untoldMemory,
  sglangMemory,
  vllmMemory,
} from './server-reports.ts';

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../test/fixtures/telemetry', name), 'utf8');

describe('what servers say of their memory', () => {
  it('is in lines of the log of vLLM, per GPU', () => {
    expect(vllmMemory(fixture('vllm.log'))).toEqual({
      weightsBytes: 7.2512 * gibibyte,
      poolBytes: 62.4 * gibibyte,
      computeBytes: 0.61 * gibibyte,
      isPoolNeeded: false,
      place: 'device',
    });
    const given = fixture('vllm.log').replaceAll(
      /Available KV cache memory: .*/g,
      'Initial free memory 78.3 GiB, reserved 4.0 GiB memory for KV Cache as specified by kv_cache_memory_bytes config and skipped memory profiling.',
    );
    expect(vllmMemory(given).poolBytes).toBe(4 * gibibyte);
    expect(vllmMemory('nothing of the kind').weightsBytes).toBeUndefined();
  });

  it('is an answer of SGLang', () => {
    const report = sglangMemory(JSON.parse(fixture('sglang-server-info.json')));
    expect(report).toEqual({
      weightsBytes: 14.27 * gibibyte,
      poolBytes: 55.1 * gibibyte,
      computeBytes: 0.44 * gibibyte,
      isPoolNeeded: false,
      place: 'device',
    });
    expect(sglangMemory({ internal_states: [] }).weightsBytes).toBeUndefined();
    expect(sglangMemory('an error').place).toBe('unknown');
  });

  it('is in lines of the log of llama-server, by buffer', () => {
    const log = fixture('llama-server-gpu.log');
    expect(llamaServerMemory(log)).toEqual({
      weightsBytes: 4403.49 * mebibyte,
      poolBytes: 8192 * mebibyte,
      isPoolNeeded: true,
      computeBytes: 560 * mebibyte,
      place: 'device',
    });
    expect(llamaServerMemory(log.replace('offloaded 33/33', 'offloaded 20/33')).place).toBe('both');
    const host = llamaServerMemory(log.replaceAll('CUDA0', 'CPU'));
    expect(host).toMatchObject({ place: 'host', weightsBytes: (4403.49 + 281.81) * mebibyte });
    expect(llamaServerMemory('').place).toBe('unknown');
  });

  it('is read from a recorded log of llama-server', () => {
    expect(llamaServerMemory(fixture('llama-server-cpu.log'))).toEqual({
      weightsBytes: 92.1 * mebibyte,
      poolBytes: 45 * mebibyte,
      isPoolNeeded: true,
      computeBytes: 15.64 * mebibyte,
      place: 'host',
    });
  });

  it('is a list of Ollama, without parts', () => {
    const list: unknown = JSON.parse(fixture('ollama-ps.json'));
    expect(ollamaMemory(list, 'qwen2.5:7b')).toEqual({ totalBytes: 6654289920, deviceBytes: 5333539264 });
    expect(ollamaMemory(list, 'other')).toBeUndefined();
    expect(ollamaMemory('', 'other')).toBeUndefined();
  });
});

describe('what a server needs', () => {
  const report: ServerMemoryReport = {
    weightsBytes: 7 * gibibyte,
    poolBytes: 60 * gibibyte,
    isPoolNeeded: false,
    computeBytes: gibibyte,
    deviceBytes: undefined,
    place: 'device',
  };
  const state: ServerMemoryState = {
    report,
    kvUsageMax: 0.1,
    deviceBytes: 70 * gibibyte,
    resident: { nowBytes: 5, peakBytes: 6 },
    isPeakReset: false,
    hostDoubt: undefined,
  };

  it('is weights, used cache, graphs and the rest; the pool stands beside it', () => {
    expect(readServerMemory(state)).toEqual({
      nowBytes: 16 * gibibyte,
      peakBytes: 16 * gibibyte,
      isPeakReset: true,
      reservedBytes: 60 * gibibyte,
      split: {
        weightsBytes: 7 * gibibyte,
        kvBytes: 6 * gibibyte,
        computeBytes: gibibyte,
        overheadBytes: 2 * gibibyte,
      },
    });
  });

  it('does not grow with the pool that a card allows', () => {
    const larger = { ...report, poolBytes: 120 * gibibyte };
    const same = { ...state, report: larger, kvUsageMax: 0.05, deviceBytes: 130 * gibibyte };
    expect(readServerMemory(same)?.peakBytes).toBe(readServerMemory(state)?.peakBytes);
  });

  it('counts all of a cache that has the size that was asked for, without doubt', () => {
    const llama = llamaServerMemory(fixture('llama-server-gpu.log'));
    const reading = readServerMemory({ ...state, report: llama, kvUsageMax: undefined, deviceBytes: 14 * gibibyte });
    expect(reading).toEqual({
      nowBytes: 14 * gibibyte,
      peakBytes: 14 * gibibyte,
      isPeakReset: true,
      split: {
        weightsBytes: 4403.49 * mebibyte,
        kvBytes: 8192 * mebibyte,
        computeBytes: 560 * mebibyte,
        overheadBytes: 14 * gibibyte - (4403.49 + 8192 + 560) * mebibyte,
      },
    });
    // vLLM's cache is what the card has left.
    expect(readServerMemory({ ...state, kvUsageMax: undefined })?.doubt).toMatch(/how much of its KV cache/);
  });

  it('is in doubt where something is not told', () => {
    expect(readServerMemory({ ...state, deviceBytes: undefined })?.doubt).toMatch(/^memory other than weights/);
    expect(readServerMemory({ ...state, report: { ...report, place: 'both' } })?.doubt).toMatch(/in host memory/);
    expect(readServerMemory({ ...state, report: untoldMemory })).toMatchObject({
      peakBytes: 70 * gibibyte,
      doubt: 'the server does not break down its memory: all of its GPU memory is counted',
    });
    expect(
      readServerMemory({ ...state, report: untoldMemory, deviceBytes: undefined, resident: undefined }),
    ).toBeUndefined();
  });

  it('on a host is resident memory', () => {
    const host = { ...report, place: 'host' } as const;
    const resident = { nowBytes: 69 * gibibyte, peakBytes: 70 * gibibyte };
    expect(readServerMemory({ ...state, report: host, resident })).toMatchObject({
      peakBytes: 70 * gibibyte,
      split: { kvBytes: 60 * gibibyte, overheadBytes: 2 * gibibyte },
    });
  });
});

type Settings = Parameters<typeof managedServerSchema.parse>[0];

function devicesOf(settings: Settings, log = ''): number {
  const server = managedServerSchema.parse(settings);
  const facts = { model: 'm', file: undefined, servedName: 'm', port: 1 };
  const none = { contextTokens: undefined, sequences: undefined, threads: undefined };
  return serverDevices(server, serverCommand({ server, ...facts, ...none }).argv, log);
}

describe('the GPUs of a server', () => {
  it('are tensor times pipeline times data parallel sizes, however they are written', () => {
    expect(devicesOf({ preset: 'vllm' })).toBe(1);
    expect(devicesOf({ preset: 'vllm', tensorParallel: 4 })).toBe(4);
    expect(devicesOf({ preset: 'vllm', tensorParallel: 2, arguments: ['-pp', '2', '--data-parallel-size=3'] })).toBe(
      12,
    );
    expect(devicesOf({ preset: 'vllm', arguments: ['--pipeline_parallel_size', '2', '-dp', '2'] })).toBe(4);
    // The last one counts, for vLLM too.
    expect(devicesOf({ preset: 'vllm', tensorParallel: 2, arguments: ['-tp=8'] })).toBe(8);
    expect(devicesOf({ preset: 'sglang', tensorParallel: 2, arguments: ['--pp-size', '2', '--dp', '2'] })).toBe(8);
    expect(
      devicesOf({ preset: 'sglang', tensorParallel: 8, arguments: ['--dp-size=8', '--enable-dp-attention'] }),
    ).toBe(8);
    expect(devicesOf({ command: ['vllm', 'serve', 'm', '--port', '{port}', '--tensor-parallel-size', '2'] })).toBe(2);
    expect(devicesOf({ command: ['serve', '{port}'], tensorParallel: 4 })).toBe(4);
  });

  const log = readFileSync(join(import.meta.dirname, '../../../test/fixtures/telemetry/llama-server-gpu.log'), 'utf8');
  const onTwo = `${log}\nload_tensors:        CUDA1 model buffer size =  2101.00 MiB\n`;

  it('are those that hold a part of the model, by the log of llama-server', () => {
    expect(devicesOf({ preset: 'llama-server' }, log)).toBe(1);
    expect(devicesOf({ preset: 'llama-server' }, onTwo)).toBe(2);
    expect(devicesOf({ command: ['my-llama', '--port', '{port}'] }, onTwo)).toBe(2);
    expect(devicesOf({ preset: 'llama-server', gpus: ['0', '1'] }, log.replaceAll('CUDA0', 'CPU'))).toBe(1);
    // One that doesn't say it uses what it may see.
    expect(devicesOf({ preset: 'llama-server', gpus: ['0', '1'] }, '')).toBe(2);
    expect(devicesOf({ preset: 'llama-server' }, '')).toBe(1);
  });

  it('are those that hold a part of the model, by the log of Ollama', () => {
    const line = (device: string): string =>
      `time=2026-11-20T10:00:00.000Z level=INFO source=device.go:240 msg="model weights" device=${device} size="2.1 GiB"\n`;
    expect(devicesOf({ preset: 'ollama', gpus: ['0', '1'] }, line('CUDA0') + line('CUDA1') + line('CPU'))).toBe(2);
    expect(devicesOf({ preset: 'ollama', gpus: ['0', '1'] }, line('CUDA0') + line('CPU'))).toBe(1);
    expect(devicesOf({ preset: 'ollama' }, onTwo)).toBe(2);
    expect(devicesOf({ preset: 'ollama', gpus: ['0', '1'] })).toBe(1);
  });

  it('may not be given as tensor-parallel where layers are never split', () => {
    for (const preset of ['llama-server', 'ollama'] as const) {
      const { error } = managedServerSchema.safeParse({ preset, tensorParallel: 2 });
      expect(error?.issues).toMatchObject([
        {
          path: ['tensorParallel'],
          message: 'llama-server and ollama split a model by layers: name its GPUs as gpus, without tensorParallel',
        },
      ]);
    }
  });
});
