import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateAll, plainRequest, scoreAll } from '../../../test/conformance/engine-requests.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import { smallModel } from '../../../test/setup/small-models.ts';
import { testFolder, testSettings, type TestFolder } from '../../../test/setup/test-settings.ts';
import { quantizeModel } from '../../app/quantize-model.ts';
import type { GenerationResult, LoadedModel } from '../../core/engine.ts';

const small = 'smollm2-135m-instruct';
const starts = ['The sea', 'A red house', 'Two old friends', 'In the morning', 'My grandmother', 'The last train'];
const requests = [
  ...starts.map((start, index) =>
    plainRequest(start, `${start} was`, { maxTokens: 12, stop: index === 0 ? [','] : [] }),
  ),
  plainRequest('json', 'One order as JSON: {"item": "tea", "count": 2}\nAnother: ', {
    maxTokens: 16,
    jsonSchema: { type: 'object', properties: { item: { type: 'string' }, count: { type: 'integer' } } },
  }),
];

function openWith(draft: string): Promise<LoadedModel> {
  return openSmall(small, { threads: 1, model: { engineOptions: { draft, draftTokens: 6 } } });
}

function acceptance(results: ReadonlyMap<string, GenerationResult>): number {
  const sum = (name: 'draftedTokens' | 'acceptedTokens'): number =>
    [...results.values()].reduce((total, result) => total + (result[name] ?? 0), 0);
  return sum('acceptedTokens') / sum('draftedTokens');
}

const textsOf = (results: ReadonlyMap<string, GenerationResult>): object =>
  Object.fromEntries([...results.values()].map(({ id, text, finishReason }) => [id, [text, finishReason]]));

describe('a draft model', () => {
  let folder: TestFolder;
  let plain: LoadedModel;
  beforeAll(async () => {
    folder = await testFolder();
    plain = await openSmall(small, { threads: 1 });
  });
  afterAll(async () => {
    await plain[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('that is a copy of the model is right nearly always, and changes no answer', async () => {
    const draft = join(folder.path, 'copy.gguf');
    await copyFile(await smallModel(small), draft);
    await using drafted = await openWith(draft);
    expect(drafted.info.draft).toEqual({
      name: 'copy.gguf',
      parameters: 134_515_008,
      weightsBytes: 96_576_768,
      quantisation: 'Q4_1',
      tokens: 6,
    });
    for (const concurrency of [1, 4]) {
      const answers = await generateAll(drafted, requests, { concurrency });
      const expected = await generateAll(plain, requests, { concurrency });
      expect(textsOf(answers)).toEqual(textsOf(expected));
      const free = new Map([...answers].filter(([id]) => id !== 'json' && id !== starts[0]));
      expect(acceptance(free)).toBeGreaterThanOrEqual(0.95);
    }
    const [{ split }, { split: plainSplit }] = [await drafted.memory(), await plain.memory()];
    expect(split?.weightsBytes).toBe(2 * (plainSplit?.weightsBytes ?? 0));
    expect(split?.kvBytes).toBe(2 * (plainSplit?.kvBytes ?? 0));
    // Log-likelihoods are computed without it, and its cache isn't kept meanwhile.
    const questions = [{ id: 'q', context: 'The capital of France is', continuations: [' Paris', ' red'] }];
    const [scored, expected] = [await scoreAll(drafted, questions), await scoreAll(plain, questions)];
    expect(scored.get('q')?.continuations).toEqual(expected.get('q')?.continuations);
    expect((await drafted.memory()).split?.kvBytes).toBe((await plain.memory()).split?.kvBytes);
  });

  it('that errs changes no answer either', async () => {
    const paths = { settings: testSettings(folder.path), workingFolder: folder.path };
    const context = { ...paths, onPull: undefined, onNote: undefined };
    const to = { to: ['q2_k'], folder: folder.path, signal: new AbortController().signal, threads: 1 };
    const [draft] = await Array.fromAsync(quantizeModel(await smallModel(small), context, to));
    await using drafted = await openWith(draft?.path ?? '');
    const answers = await generateAll(drafted, requests, { concurrency: 4, reuse: 'prefix' });
    const expected = await generateAll(plain, requests, { concurrency: 4, reuse: 'prefix' });
    expect(textsOf(answers)).toEqual(textsOf(expected));
    expect(acceptance(answers)).toBeGreaterThan(0.2);
    expect(acceptance(answers)).toBeLessThan(1);
  });

  it('with another vocabulary is refused in one line', async () => {
    const opening = openWith(await smallModel('gemma-3-270m'));
    await expect(opening).rejects.toThrow(
      /^draft gemma-3-270m\S*\.gguf has another vocabulary than SmolLM2\S*\.gguf: SPM instead of BPE$/i,
    );
    await expect(opening).rejects.toMatchObject({ hint: 'Choose a smaller model of the same family.' });
  });
});
