import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { placeFakeSmi } from '../../../test/setup/fake-smi.ts';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import type { LoadedModel } from '../../core/engine.ts';
import { createManagedEngine } from './managed-engine.ts';

const script = join(import.meta.dirname, '../../../test/fixtures/fake-server.mjs');

interface OllamaSetting {
  /** Name in its list. */
  readonly listed: string;
  readonly source: string;
  readonly gpuBytes?: number;
}

/** A model behind a program that takes its port from the environment, as Ollama does. */
async function openOllama({ listed, source, gpuBytes = 0 }: OllamaSetting): Promise<LoadedModel> {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-ollama-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'ollama');
  const words = `--port "\${OLLAMA_HOST##*:}" --name '${listed}' --ollama ${gpuBytes}`;
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' ${words}\n`);
  chmodSync(program, 0o755);
  const server = { preset: 'ollama', program, contextTokens: 2048, startSeconds: 10, stopSeconds: 2 };
  const engineOptions = { loglikelihood: 'none', retrySeconds: 0, server };
  const { PATH = '' } = process.env;
  // In a container the tool shows the GPU, and processes of the host alone.
  const smi = placeFakeSmi({ gpus: ['NVIDIA A10'], processes: [], once: true });
  const tools = { nvidiaProgram: smi.program, amdProgram: '/nowhere/smi' };
  const model = await createManagedEngine({ environment: { PATH }, tools }).open(
    modelSpec({ name: 'mine', engine: 'managed', source, engineOptions }),
    { logFolder: folder },
    new AbortController().signal,
  );
  onTestFinished(async () => model[Symbol.asyncDispose]());
  return model;
}

describe('memory of a managed Ollama', () => {
  const listed = 'qwen2.5:7b';
  const source = 'qwen2.5:7b';

  it('is its own figure, with a doubt, where no GPU tool shows its processes', async () => {
    const whole = await openOllama({ listed, source, gpuBytes: 6_654_289_920 });
    expect(await whole.memory()).toMatchObject({
      peakBytes: 6_654_289_920,
      doubt: expect.stringMatching(/^the server does not break down its memory, and the GPU tool lists none/) as string,
    });
  });

  it('is resident memory, where it says that nothing is on a GPU', async () => {
    const reading = await (await openOllama({ listed, source, gpuBytes: 0 })).memory();
    expect(reading.doubt).toBeUndefined();
    expect(reading.peakBytes).toBeGreaterThan(2 ** 27);
  });
});

describe('a model of a managed Ollama', () => {
  it.each([
    ['qwen2.5:7b', 'qwen2.5:7b'],
    ['qwen2.5', 'qwen2.5:latest'],
    ['hf.co/bartowski/Y-GGUF:Q4_K_M', 'hf.co/bartowski/Y-GGUF:Q4_K_M'],
    ['hf.co/bartowski/Y-GGUF', 'hf.co/bartowski/Y-GGUF:latest'],
  ])('%s is asked for by its name there, whatever it is called here', async (source, listed) => {
    const model = await openOllama({ source, listed });
    expect(model.info.contextTokens).toBe(2048);
  });
});
