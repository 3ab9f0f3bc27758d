import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { passOptions, plainRequest } from '../../../test/conformance/engine-requests.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import { smallModel } from '../../../test/setup/small-models.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { createRandom } from '../../stats/random.ts';
import type { GenerateRequest, LoadedModel, LoglikelihoodRequest, PassOptions } from '../../core/engine.ts';

const starts = ['The sea', 'A red house', 'Two old friends', 'Snow', 'The last train'];
const prompt = (index: number): string => `${starts[index % starts.length]} ${'and so on '.repeat(index % 4)}was`;
const asked = Array.from({ length: 20 }, (_, index) => index);

/** Requests that come after pauses, which the seed decides; without one, at once. */
async function* arriving<Request>(requests: readonly Request[], seed: number): AsyncGenerator<Request> {
  const random = createRandom(seed);
  for (const request of requests) {
    if (seed > 0 && random.nextFloat() < 0.4) await sleep(random.nextFloat() * 60);
    yield request;
  }
}

const generations: readonly GenerateRequest[] = asked.map((index) =>
  plainRequest(String(index), prompt(index), { maxTokens: 3 + ((index * 5) % 9), logprobs: true }),
);
const likelihoods: readonly LoglikelihoodRequest[] = asked.map((index) => ({
  id: String(index),
  context: prompt(index),
  continuations: [' blue', ' a long way off', ' gone'],
}));

/** Everything that was answered, to the last digit. */
async function answers(
  model: LoadedModel,
  kind: 'generate' | 'loglikelihood',
  changes: Partial<PassOptions>,
  seed: number,
): Promise<readonly unknown[]> {
  const options = passOptions({ concurrency: 4, ...changes });
  const results = await (kind === 'generate'
    ? Array.fromAsync(model.generate(arriving(generations, seed), options))
    : Array.fromAsync(model.loglikelihood(arriving(likelihoods, seed), options)));
  return results
    .map((result: { readonly id: string }) => ({ ...result, times: undefined }))
    .toSorted((left, right) => Number(left.id) - Number(right.id));
}

it.each([
  ['generate', 'prefix', 'no draft'],
  ['generate', 'none', 'no draft'],
  ['generate', 'prefix', 'draft'],
  ['loglikelihood', 'prefix', 'no draft'],
] as const)(
  'the same requests have the same answers whenever they arrive: %s, reuse %s, %s',
  async (kind, reuse, how) => {
    await using folder = await testFolder();
    const draft = join(folder.path, 'draft.gguf');
    if (how === 'draft') await copyFile(await smallModel('smollm2-135m-instruct'), draft);
    const engineOptions = how === 'draft' ? { draft } : {};
    await using model = await openSmall('smollm2-135m-instruct', { threads: 1, model: { engineOptions } });
    const pass = { reuse, ahead: 12 };
    const atOnce = await answers(model, kind, pass, 0);
    expect(atOnce).toHaveLength(asked.length);
    for (const seed of [1, 2]) expect(await answers(model, kind, pass, seed)).toEqual(atOnce);
  },
);
