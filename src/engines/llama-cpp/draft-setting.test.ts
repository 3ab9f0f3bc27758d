import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeGguf } from '../../../test/setup/make-gguf.ts';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { EnvironmentError, ModelError } from '../../core/errors.ts';
import { readDraft } from './draft-setting.ts';
import { createLlamaEngine } from './llama-engine.ts';
import { llamaOptionsSchema } from './llama-options.ts';

const tensor = { name: 'token_embd.weight', shape: [32], offset: 0 };
const modelBytes = makeGguf([['general.architecture', 'llama']], [tensor], 1024);

it('is nothing where none is named', async () => {
  expect(await readDraft(llamaOptionsSchema.parse({}), 'model.gguf', {})).toBeUndefined();
  expect(await readDraft(llamaOptionsSchema.parse({ draft: 'none' }), 'model.gguf', {})).toBeUndefined();
});

it('refuses what is no draft, in one line', async () => {
  await using folder = await testFolder();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(at('model.gguf'), modelBytes);
  await writeFile(at('text.gguf'), 'no model at all');
  await writeFile(at('clip.gguf'), makeGguf([['general.architecture', 'clip']], [tensor], 1024));
  await symlink(at('model.gguf'), at('same.gguf'));
  const read = (name: string) => readDraft(llamaOptionsSchema.parse({ draft: at(name) }), at('model.gguf'), {});
  for (const [name, reason] of [
    ['missing.gguf', `no such file: ${at('missing.gguf')}`],
    ['text.gguf', `${at('text.gguf')} is not a GGUF file`],
    ['clip.gguf', `${at('clip.gguf')} is no language model`],
    ['same.gguf', `${at('same.gguf')} is the model's own file`],
  ] as const) {
    const reading = read(name);
    await expect(reading).rejects.toThrow(ModelError);
    await expect(reading).rejects.toMatchObject({ message: expect.stringContaining(`draft model: ${reason}`) });
    await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining('\n') });
  }
});

it('counts towards the memory that is needed', async () => {
  await using folder = await testFolder();
  const [file, draft] = [join(folder.path, 'model.gguf'), join(folder.path, 'draft.gguf')];
  await writeFile(file, modelBytes);
  const mebibyte = 1024 * 1024;
  await writeFile(draft, makeGguf([['general.architecture', 'llama']], [tensor], 8 * mebibyte));
  const open = (engineOptions: Readonly<Record<string, unknown>>) =>
    createLlamaEngine({ availableBytes: () => 100 * mebibyte }).open(
      modelSpec({ name: 'small', engine: 'llama', file, engineOptions }),
      {},
      new AbortController().signal,
    );
  await expect(open({ draft })).rejects.toThrow(EnvironmentError);
  await expect(open({ draft })).rejects.toThrow(
    'small with its draft model needs at least 105 MiB of memory, 100 MiB are available',
  );
});
