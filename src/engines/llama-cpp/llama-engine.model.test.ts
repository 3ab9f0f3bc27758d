import { testEngine } from '../../../test/conformance/engine.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateAll, plainRequest, scoreAll } from '../../../test/conformance/engine-requests.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import type { LoadedModel } from '../../core/engine.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { findLibrary } from './library-location.ts';

const tolerance = 0.6;

// One thread: two of the library's threads beside another busy process are several times slower than one.
testEngine('llama', () => openSmall('smollm2-135m-instruct', { threads: 1 }), { tolerance });

const small = 'smollm2-135m-instruct';
const hasVariants = process.platform === 'linux' && process.arch === 'x64';

describe('threads', () => {
  const sentence = 'The cat sat on the mat and looked at the rain. ';
  /** Above 512 cells the library divides the attention of a single token between threads, and adds the parts up. */
  const long = sentence.repeat(45);
  const requests = ['The capital of France is', long].map((text, index) =>
    plainRequest(String(index), text, { maxTokens: 6, logprobs: true }),
  );
  const choices = [
    { id: 'choice', context: sentence.repeat(8), continuations: [' The cat sat', ' A dog ran', ' Paris'] },
  ];

  async function results(model: LoadedModel) {
    const generated = await generateAll(model, requests, { concurrency: 1 });
    const scored = await scoreAll(model, choices, { concurrency: 1 });
    const [short, alone] = Array.from(generated.values(), ({ tokenLogprobs = [] }) => tokenLogprobs);
    return { same: [short, alone?.[0], scored.get('choice')?.continuations], alone };
  }

  it('may change between two decodes, which changes no result but that of one sequence alone in a long context', async () => {
    await using model = await openSmall(small, { threads: 2 });
    const withTwo = await results(model);
    model.setThreads?.(1);
    const withOne = await results(model);
    let threads = 1;
    const timer = setInterval(() => {
      threads = 3 - threads;
      model.setThreads?.(threads);
    }, 20);
    const changing = await results(model);
    clearInterval(timer);
    for (const { same, alone = [] } of [withOne, changing]) {
      expect(same).toEqual(withTwo.same);
      // No further than what else is in a decode may move them.
      for (const [index, logprob] of alone.entries())
        expect(Math.abs(logprob - (withTwo.alone?.[index] ?? Infinity))).toBeLessThan(tolerance);
    }
  });
});

describe.skipIf(!hasVariants)('kernels of the CPU (Linux on x64 has variants)', () => {
  it('are those that the model asks for', async () => {
    await using model = await openSmall(small, { threads: 1, model: { engineOptions: { kernels: 'x64' } } });
    expect(model.info.devices).toEqual(['CPU x64']);
    expect(model.info.engineBuild).toMatch(/ x64\)$/);
    const request = plainRequest('one', 'The capital of France is', { maxTokens: 3 });
    const answers = await generateAll(model, [request]);
    expect(answers.get('one')?.text).toContain('Paris');
  });

  it('that are damaged end the load with their name', async () => {
    await using folder = await testFolder();
    const found = findLibrary('cpu');
    const directory = join(folder.path, 'bins');
    await mkdir(directory);
    for (const file of [found.llama, found.ggml, found.ggmlBase]) await copyFile(file, join(directory, basename(file)));
    await writeFile(join(directory, 'libggml-cpu-haswell.so'), 'no library');
    const moved = {
      ...found,
      directory,
      llama: join(directory, basename(found.llama)),
      ggml: join(directory, basename(found.ggml)),
      ggmlBase: join(directory, basename(found.ggmlBase)),
    };
    const opening = openSmall(small, {
      engine: { chooseDevice: async () => ({ location: moved, devices: [], note: undefined, mend: undefined }) },
      model: { engineOptions: { kernels: 'haswell' } },
    });
    await expect(opening).rejects.toThrow(EnvironmentError);
    await expect(opening).rejects.toThrow("libggml-cpu-haswell.so can't be loaded");
  });
});
