import { describe, expect, it } from 'vitest';
import { suiteSchema, type SuiteInput } from '../core/suite.ts';
import { catalogue } from '../sources/catalogue.ts';
import { attentionShapes, estimateGpuMemory } from '../sources/gpu-memory-estimate.ts';
import { gpuOutlook, gpuSupply, type GpuOutlook, type GpuSupply } from './gpu-outlook.ts';
import { nameModel } from './prepare-models.ts';

const gibibyte = 2 ** 30;
const eight: GpuSupply = { count: 8, memoryBytes: 80 * gibibyte, from: 'assumed' };

function outlookOf(model: SuiteInput['models'][number], supply = eight): GpuOutlook | undefined {
  const suite = suiteSchema.parse({ models: [model], contextTokens: 4096, concurrency: 16 });
  const [entry] = suite.models;
  if (entry === undefined) throw new Error('no model');
  return gpuOutlook(nameModel(entry, '/'), suite, supply);
}

const served = (source: string, tensorParallel = 1): SuiteInput['models'][number] => ({
  source,
  server: { preset: 'vllm', tensorParallel },
});

describe('memory per GPU', () => {
  it('is weights by their type and a full cache, over the GPUs', () => {
    // 144 KiB a token in 16 bits is what Qwen3-4B is known to take.
    const question = {
      parameters: 4e9,
      shape: attentionShapes['qwen3-4b'],
      dtype: 'auto',
      contextTokens: 1,
      sequences: 1,
      kvCacheBytes: undefined,
    } as const;
    expect(estimateGpuMemory({ ...question, tensorParallel: 1 })).toMatchObject({
      weightsBytes: 8e9,
      kvBytes: 144 * 1024,
    });
    // 8 heads on 16 GPUs: each holds one, twice over.
    expect(estimateGpuMemory({ ...question, tensorParallel: 16 }).kvBytes).toBe((144 * 1024) / 8);
    expect(estimateGpuMemory({ ...question, tensorParallel: 2, dtype: 'float32' }).weightsBytes).toBe(8e9);
    expect(estimateGpuMemory({ ...question, tensorParallel: 1, shape: undefined }).kvBytes).toBeUndefined();
  });

  it('is known for every model of the paper', () => {
    const papers = catalogue.filter(({ paperName }) => paperName !== undefined).map(({ name }) => name);
    expect(papers).toHaveLength(16);
    expect(Object.keys(attentionShapes).toSorted()).toEqual(papers.toSorted());
  });
});

describe('what fits', () => {
  it('is told with the reason', () => {
    expect(outlookOf(served('qwen2.5-72b-instruct', 8))).toMatchObject({ gpus: 8, fits: true, problem: undefined });
    expect(outlookOf(served('qwen2.5-72b-instruct', 1))?.problem).toMatch(
      /^qwen2\.5-72b-instruct needs a GPU with about 157\.\d GiB; 73\.6 GiB of 80\.0 GiB are usable$/,
    );
    expect(outlookOf(served('qwen2.5-72b-instruct', 8), { ...eight, count: 2 })?.problem).toMatch(
      /8 GPUs .* each; only 2 available$/,
    );
    expect(outlookOf(served('qwen3-4b'), gpuSupply([], { memoryBytes: undefined, count: undefined }))?.problem).toMatch(
      /none found/,
    );
  });

  it('counts the cache that vLLM is told to take', () => {
    const settings = { tensorParallel: 8, kvCacheGiB: 60 };
    const source = 'qwen2.5-72b-instruct';
    const told = outlookOf({ source, server: { preset: 'vllm', ...settings } });
    expect(told?.perGpu?.kvBytes).toBe(60 * gibibyte);
    expect(told?.problem).toMatch(/8 GPUs with about 78\.9 GiB each; 73\.6 GiB of 80\.0 GiB are usable/);
    const never = outlookOf({ source, server: { preset: 'sglang', ...settings } });
    expect(never).toEqual(outlookOf({ source, server: { preset: 'sglang', tensorParallel: 8 } }));
  });

  it('is open for models that the catalogue does not know', () => {
    expect(outlookOf(served('somebody/their-model'))).toMatchObject({ perGpu: undefined, fits: undefined });
  });

  it('is no question for other models', () => {
    expect(outlookOf('smollm2-135m-instruct')).toBeUndefined();
    expect(outlookOf({ source: './m.gguf', server: { preset: 'llama-server' } })).toBeUndefined();
    expect(outlookOf({ source: 'm', server: { command: ['serve', '{port}'] } })).toBeUndefined();
  });

  it('depends on the GPUs that are here, or that somebody assumes', () => {
    const found = [
      { name: 'NVIDIA A10', memoryBytes: 24 * gibibyte },
      { name: 'NVIDIA A10', memoryBytes: 22 * gibibyte },
    ];
    const nothing = { memoryBytes: undefined, count: undefined };
    expect(gpuSupply(found, nothing)).toEqual({ count: 2, memoryBytes: 22 * gibibyte, from: '2 x NVIDIA A10' });
    expect(gpuSupply(found, { ...nothing, memoryBytes: 5 })).toEqual({
      count: undefined,
      memoryBytes: 5,
      from: 'assumed',
    });
    expect(gpuSupply(found, { ...nothing, count: 4 })).toEqual({
      count: 4,
      memoryBytes: 24 * gibibyte,
      from: 'assumed',
    });
  });
});

describe('a model with a server', () => {
  it('is named as the catalogue names it, and asked for as the hub does', () => {
    const { models } = suiteSchema.parse({
      models: [
        served('llama-2-13b-chat'),
        served('org/My-Model'),
        { source: 'smollm2-135m-instruct', server: { preset: 'llama-server' } },
      ],
    });
    expect(models.map((entry) => nameModel(entry, '/'))).toMatchObject([
      { name: 'llama-2-13b-chat', source: 'meta-llama/Llama-2-13b-chat-hf', engine: 'managed', style: 'instruct' },
      { name: 'My-Model', source: 'org/My-Model', request: undefined },
      { name: 'smollm2-135m-instruct', request: { name: 'smollm2-135m-instruct' } },
    ]);
  });

  it('needs a preset or a command', () => {
    const parsed = suiteSchema.safeParse({ models: [{ source: 'm', server: {} }] });
    expect(JSON.stringify(parsed.error?.issues)).toContain('either preset or command');
  });
});
