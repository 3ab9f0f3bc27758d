import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  collect,
  generateAll,
  passOptions,
  plainRequest,
  streamOf,
} from '../../../test/conformance/engine-requests.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import type { GenerateRequest, LoadedModel } from '../../core/engine.ts';

const starts = [
  'The sea',
  'A red house',
  'Two old friends',
  'In the morning',
  'My grandmother',
  'The last train',
  'Snow',
  'A clever fox',
];
const requests: readonly GenerateRequest[] = Array.from({ length: 32 }, (_, index) =>
  plainRequest(`r${index}`, `${starts[index % starts.length]} ${'and so on '.repeat(Math.floor(index / 8))}was`, {
    maxTokens: 8,
    logprobs: true,
  }),
);

describe('generation on SmolLM2', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await openSmall('smollm2-135m-instruct', { threads: 1 });
  });
  afterAll(() => model[Symbol.asyncDispose]());

  it('says the same alone and among 32', async () => {
    const some = requests.filter((_, index) => index % 2 === 0);
    const alone = await generateAll(model, some, { concurrency: 1 });
    const together = await generateAll(model, requests, { concurrency: 32 });
    const same = some.filter(({ id }) => alone.get(id)?.text === together.get(id)?.text);
    // Where the two best tokens are nearly as likely, the rounding in another batch may turn them round.
    expect(same.length).toBeGreaterThanOrEqual(13);
    for (const { id } of some) {
      const [first, second] = [alone.get(id)?.tokenLogprobs?.[0], together.get(id)?.tokenLogprobs?.[0]];
      expect(Math.abs((first ?? Infinity) - (second ?? 0))).toBeLessThan(0.6);
    }
  });

  it('opens a larger context for a request that needs one, and loses none', async () => {
    const long = plainRequest('long', 'word '.repeat(700), { maxTokens: 3 });
    const mixed = [...requests.slice(0, 6), long, ...requests.slice(6, 9)];
    const results = await generateAll(model, mixed, { concurrency: 2 });
    expect(results.size).toBe(mixed.length);
    expect(results.get('long')?.promptTokens).toBeGreaterThan(690);
    expect((await model.memory()).split?.kvBytes).toBeGreaterThan(2 * 700 * 23_000);
  });

  it('refuses a chat that does not fit its context, that request alone', async () => {
    await using narrow = await openSmall('smollm2-135m-instruct', { threads: 1, contextTokens: 64 });
    expect(narrow.info).toMatchObject({ promptStyle: 'chat', contextTokens: 64, trainedContextTokens: 8192 });
    const results = await collect(
      narrow.generate(
        streamOf<GenerateRequest>([
          {
            id: 'long',
            prompt: { style: 'chat', messages: [{ role: 'user', content: 'hello '.repeat(60) }] },
            maxTokens: 8,
            stop: [],
          },
          plainRequest('fits', 'One', { maxTokens: 3 }),
        ]),
        passOptions(),
      ),
    );
    expect(results.find(({ id }) => id === 'long')).toMatchObject({ status: 'failed', reason: 'prompt_too_long' });
    expect(results.find(({ id }) => id === 'fits')).toMatchObject({ status: 'done' });
  });

  it('renders the chat template with one BOS', async () => {
    const messages = [{ role: 'user' as const, content: 'What is 2+2?' }];
    const result = (
      await generateAll(model, [{ id: 'a', prompt: { style: 'chat', messages }, maxTokens: 4, stop: [] }])
    ).get('a');
    // <|im_start|>system …: id 1 opens each turn and stands there once.
    expect(result?.promptHead.slice(0, 3)).toEqual([1, 9690, 198]);
  });

  it('describes the model', () => {
    expect(model.info).toMatchObject({
      architecture: 'llama',
      parameters: 134_515_008,
      quantisation: 'Q4_1',
      vocabularySize: 49_152,
      promptStyle: 'chat',
      engineBuild: expect.stringMatching(/^llama.cpp 0.5.0-dev \(@node-llama-cpp\/linux-x64 3.22.1 [a-z0-9]+\)$/),
    });
  });

  it('starts a new peak of memory', async () => {
    await generateAll(model, [plainRequest('long', 'word '.repeat(900), { maxTokens: 2 })], { concurrency: 8 });
    const before = await model.memory();
    await generateAll(model, [plainRequest('short', 'word', { maxTokens: 2 })], { concurrency: 1 });
    await model.resetMemoryPeak();
    const after = await model.memory();
    expect(after.isPeakReset).toBe(true);
    expect(after.peakBytes).toBeLessThan(before.peakBytes - 50_000_000);
    expect(after.split?.weightsBytes).toBe(96_576_768);
  });
});

describe('generation on gemma-3, whose layers see a sliding window', () => {
  it('is the same with prefixes reused', async () => {
    await using model = await openSmall('gemma-3-270m', { threads: 1 });
    expect(model.info).toMatchObject({ promptStyle: 'plain', chatTemplateSha256: undefined });
    const chat: GenerateRequest = { id: 'chat', prompt: { style: 'chat', messages: [] }, maxTokens: 4, stop: [] };
    expect(await collect(model.generate(streamOf([chat]), passOptions()))).toEqual([
      { id: 'chat', status: 'failed', reason: 'template', message: 'the model has no chat template' },
    ]);
    const start = 'The list of things to buy: apples, bread, milk, cheese, salt. '.repeat(12);
    const shared = starts
      .slice(0, 4)
      .map((text, index) => plainRequest(`s${index}`, `${start}${text} was`, { maxTokens: 4 }));
    const plain = await generateAll(model, shared, { concurrency: 2 });
    const reused = await generateAll(model, shared, { concurrency: 2, reuse: 'prefix' });
    expect([...reused.values()].reduce((sum, { reusedTokens }) => sum + reusedTokens, 0)).toBeGreaterThan(300);
    const same = shared.filter(({ id }) => plain.get(id)?.text === reused.get(id)?.text);
    expect(same.length).toBeGreaterThanOrEqual(3);
    expect(reused.get('s0')?.promptHead.slice(0, 2)).not.toEqual([2, 2]);
    expect(reused.get('s0')?.promptHead[0]).toBe(2);
  });
});
