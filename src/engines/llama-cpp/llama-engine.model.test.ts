import { testEngine } from '../../../test/conformance/engine.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateAll, plainRequest } from '../../../test/conformance/engine-requests.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { findLibrary } from './library-location.ts';

// One thread: two of the library's threads beside another busy process are several times slower than one.
testEngine('llama', () => openSmall('smollm2-135m-instruct', { threads: 1 }), { tolerance: 0.6 });

const small = 'smollm2-135m-instruct';
const hasVariants = process.platform === 'linux' && process.arch === 'x64';

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
      engine: { findLibrary: () => moved },
      model: { engineOptions: { kernels: 'haswell' } },
    });
    await expect(opening).rejects.toThrow(EnvironmentError);
    await expect(opening).rejects.toThrow("libggml-cpu-haswell.so can't be loaded");
  });
});
