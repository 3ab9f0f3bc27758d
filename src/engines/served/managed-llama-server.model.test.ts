import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findLlamaServer } from '../../../test/setup/llama-server.ts';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import { smallModel } from '../../../test/setup/small-models.ts';
import type { GenerateRequest, LoadedModel } from '../../core/engine.ts';
import { createManagedEngine } from './managed-engine.ts';

const tool = await findLlamaServer();
const missing = 'missing' in tool ? tool.missing : undefined;
const program = join(import.meta.dirname, '../../../test/setup/llama-server-program.py');

async function* questions(count: number): AsyncGenerator<GenerateRequest> {
  for (let id = 0; id < count; id += 1) {
    const messages = [{ role: 'user' as const, content: `Name ${id + 2} animals.` }];
    yield { id: String(id), prompt: { style: 'chat', messages }, maxTokens: 24, stop: [] };
  }
}

const { signal } = new AbortController();

async function openLlamaServer(settings: Readonly<Record<string, unknown>> = {}): Promise<LoadedModel> {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-llama-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const wrapper = join(folder, 'llama-server');
  const packages = 'folder' in tool ? tool.folder : '';
  writeFileSync(wrapper, `#!/bin/sh\nPYTHONPATH='${packages}' exec python3 '${program}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  const file = await smallModel('smollm2-135m-instruct');
  const server = {
    preset: 'llama-server',
    program: wrapper,
    contextTokens: 512,
    sequences: 2,
    startSeconds: 120,
    ...settings,
  };
  const spec = modelSpec({
    name: 'smol',
    engine: 'managed',
    file,
    promptStyle: 'instruct',
    engineOptions: { server, loglikelihood: 'none' },
  });
  const { LLAMA_API_KEY: _, ...environment } = process.env;
  const engine = createManagedEngine({ environment });
  const model = await engine.open(spec, { logFolder: folder, threads: 2 }, signal);
  onTestFinished(async () => model[Symbol.asyncDispose]());
  return model;
}

describe('a real llama-server', () => {
  it("is started by its preset, under llama.cpp's own reading of the command line, measured, and gone afterwards", async ({
    skip,
  }) => {
    if (missing !== undefined) skip(missing);
    const model = await openLlamaServer({ arguments: ['--api-key', 'sk-word'] });
    expect(model.info).toMatchObject({ contextTokens: 512, promptStyle: 'chat' });
    expect(model.info.engineBuild).toMatch(/^llama-server /);

    await model.resetMemoryPeak();
    const watch = await model.watch?.();
    const startedMs = performance.now();
    let outputTokens = 0;
    let waitedMs = 0;
    for await (const answer of model.generate(questions(4), { concurrency: 2, reuse: 'none', signal })) {
      if (answer.status === 'failed') throw new Error(answer.message);
      outputTokens += answer.outputTokens;
      waitedMs += answer.times.lastTokenMs - answer.times.startedMs;
    }
    const ownRate = outputTokens / (performance.now() - startedMs);
    // The server's own count; its probe ran before the window.
    const window = await watch?.stop();
    expect(window?.failedScrapes).toBe(0);
    expect(window?.outputTokens).toBeGreaterThanOrEqual(outputTokens);
    expect(window?.outputTokens).toBeLessThanOrEqual(outputTokens + 4);
    // What it counts of a request's time is within what the client waited for it.
    const { promptMs = 0, decodeMs = 0 } = window ?? {};
    expect(Math.min(promptMs, decodeMs)).toBeGreaterThan(0);
    expect(promptMs + decodeMs).toBeLessThan(waitedMs);
    expect(window).toMatchObject({ cacheHits: 0, draftedTokens: 0, gap: undefined });
    expect(window?.cacheQueries).toBe(window?.promptTokens);
    // Its window holds a look at the metrics before and one after.
    const serverRate = (window?.outputTokens ?? 0) / (window?.durationMs ?? 0);
    expect(ownRate / serverRate).toBeGreaterThan(0.9);
    expect(ownRate / serverRate).toBeLessThan(1.25);

    const { peakBytes, split, doubt } = await model.memory();
    const mebibyte = 2 ** 20;
    expect(doubt).toBeUndefined();
    // 98 MB of file; two caches of 512 tokens: 30 layers, 3 heads, 64 values, keys and values, 16 bits.
    expect((split?.weightsBytes ?? 0) / mebibyte).toBeCloseTo(92.1, 1);
    expect(split?.kvBytes).toBe(2 * 512 * 30 * 3 * 64 * 2 * 2);
    expect(split?.computeBytes).toBeGreaterThan(mebibyte);
    expect(peakBytes).toBeGreaterThan(130 * mebibyte);
    expect(model.info.deviceCount).toBeUndefined();
    await model[Symbol.asyncDispose]();
    expect(() => process.kill(model.info.processIds[0] ?? 0, 0)).toThrow(/ESRCH/);
  });

  it('refuses a command line that llama.cpp does not know', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await expect(openLlamaServer({ arguments: ['--no-such-flag'] })).rejects.toThrow(
      /before it was ready[^]*invalid argument: --no-such-flag/,
    );
  });
});
