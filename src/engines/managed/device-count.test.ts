import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { managedServerSchema } from '../../core/managed-server.ts';
import { serverDevices } from './device-count.ts';
import { serverCommand } from './server-command.ts';

type Settings = Parameters<typeof managedServerSchema.parse>[0];

function devicesOf(settings: Settings, log = ''): number {
  const server = managedServerSchema.parse(settings);
  const facts = { model: 'm', file: undefined, servedName: 'm', port: 1 };
  const none = { contextTokens: undefined, sequences: undefined, threads: undefined };
  return serverDevices({ server, argv: serverCommand({ server, ...facts, ...none }).argv, log });
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
