import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateAll, plainRequest, scoreAll } from '../../../test/conformance/engine-requests.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import type { LoadedModel } from '../../core/engine.ts';
import { EnvironmentError } from '../../core/errors.ts';
import type { LlamaOptions } from '../../core/llama-settings.ts';
import { chooseDevice } from './choose-device.ts';

/*
 * Vulkan without a GPU: Mesa's llvmpipe computes on the CPU, about a token a second, after its driver has compiled the
 * kernels. So prompts are of a few tokens.
 */
const variable = 'GGML_VK_VISIBLE_DEVICES';
const given = process.env[variable];
/** Log-probabilities of a quantised model move by so much between two kernels. */
const tolerance = 0.3;
const timeoutMs = 300_000;

const question = plainRequest('capital', 'The capital of France is', { maxTokens: 2, logprobs: true });
const choices = [{ id: 'sky', context: 'The sky is', continuations: [' blue', ' wet'] }];

let missing: string | undefined;

beforeAll(async () => {
  process.env[variable] = '0';
  try {
    await chooseDevice('vulkan');
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    missing = `${error.message}. ${error.hint ?? ''}`;
  }
});

afterAll(() => {
  if (given === undefined) delete process.env[variable];
  else process.env[variable] = given;
});

async function open(engineOptions: Partial<LlamaOptions>): Promise<LoadedModel> {
  return openSmall('smollm2-135m-instruct', { threads: 1, contextTokens: 64, model: { engineOptions } });
}

async function likelihoods(model: LoadedModel): Promise<readonly number[]> {
  const scored = await scoreAll(model, choices, { concurrency: 1 });
  return scored.get('sky')?.continuations?.map(({ logprob }) => logprob) ?? [];
}

function expectNear(values: readonly number[], expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  for (const [index, value] of values.entries()) {
    expect(Math.abs(value - (expected[index] ?? Infinity))).toBeLessThan(tolerance);
  }
}

describe('Vulkan', { timeout: timeoutMs }, () => {
  it('answers as the CPU does, with all layers', async ({ skip }) => {
    skip(missing !== undefined, missing);
    await using cpu = await open({ device: 'cpu' });
    await using vulkan = await open({ device: 'vulkan' });
    const [expected, answer] = await Promise.all(
      [cpu, vulkan].map(async (model) => (await generateAll(model, [question], { concurrency: 1 })).get('capital')),
    );
    expect(answer?.text).toBe(expected?.text);
    expectNear(answer?.tokenLogprobs ?? [], expected?.tokenLogprobs ?? []);
    const { weightsBytes = Infinity } = vulkan.info;
    const [device] = (await vulkan.memory())?.devices ?? [];
    expect(device?.split.weightsBytes).toBeGreaterThan(weightsBytes / 2);
    expect(device?.usedBytes).toBeGreaterThan(device?.split.weightsBytes ?? Infinity);
    expect(device?.usedBytes).toBeLessThan(device?.totalBytes ?? 0);
  });

  it.for([0, 5])('scores as the CPU does, with %i of 31 layers', async (gpuLayers, { skip }) => {
    skip(missing !== undefined, missing);
    await using cpu = await open({ device: 'cpu' });
    await using vulkan = await open({ device: 'vulkan', gpuLayers });
    expectNear(await likelihoods(vulkan), await likelihoods(cpu));
    expect(vulkan.info.devices[0]).toContain(`${gpuLayers} of 31 layers`);
  });

  it('by software counts as the host', async ({ skip }) => {
    skip(missing !== undefined, missing);
    const { devices } = await chooseDevice('vulkan');
    skip(!devices.every(({ isSoftware }) => isSoftware), 'a real GPU computes here');
    await using vulkan = await open({ device: 'vulkan' });
    const { info } = vulkan;
    expect([info.gpus, info.deviceCount]).toEqual([[], undefined]);
    expect(info.devices[0]).toMatch(/^CPU by .+ \(vulkan\)$/);
    expect(info.computesOn).toMatch(/^computes on .+ \(software, vulkan\)$/);
    expect(info.engineBuild).toContain(devices[0]?.description);
  });

  it('by software is left alone where nobody asks for it', async ({ skip }) => {
    skip(missing !== undefined, missing);
    skip((await chooseDevice('auto')).devices.length > 0, 'a real GPU computes here');
    await using byItself = await open({});
    await using cpu = await open({ device: 'cpu' });
    expect(byItself.info.computesOn).toMatch(/^computes on the CPU: the only Vulkan device is .+, a software one$/);
    // So what was answered on the CPU before stays valid.
    expect(byItself.info.engineBuild).toBe(cpu.info.engineBuild);
  });
});
