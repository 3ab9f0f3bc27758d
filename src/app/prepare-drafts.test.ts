import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeGguf } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { suiteSchema } from '../core/suite.ts';
import type { LocalContext } from './local-context.ts';
import { prepareModels } from './prepare-models.ts';

function writeModel(folder: string, name: string): string {
  const entries = [
    ['general.architecture', 'llama'],
    ['general.name', name],
    ['tokenizer.ggml.model', name === 'other' ? 'llama' : 'gpt2'],
  ] as const;
  const bytes = makeGguf(entries, [{ name: 'w', shape: [2, 10], offset: 0 }], 80);
  writeFileSync(join(folder, `${name}.gguf`), bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

async function prepared(folder: string, draft: string, engineOptions = {}) {
  // What preparing models looks at.
  const context = { settings: testSettings(folder), workingFolder: folder } as LocalContext;
  const suite = suiteSchema.parse({ models: [{ source: './large.gguf', engineOptions: { draft, ...engineOptions } }] });
  return prepareModels(suite, context, new AbortController().signal);
}

it('gives the engine the file of a draft, and the manifest what it is', async () => {
  await using folder = await testFolder();
  writeModel(folder.path, 'large');
  const fileSha256 = writeModel(folder.path, 'small');
  const [model] = await prepared(folder.path, './small.gguf');
  const file = join(folder.path, 'small.gguf');
  expect(model?.spec.engineOptions).toEqual({ draft: file });
  expect(model?.facts.draftFile).toMatchObject({ source: file, fileSha256 });
  expect(model?.answerOptions).toEqual({});
});

it('drafts with none by that word', async () => {
  await using folder = await testFolder();
  writeModel(folder.path, 'large');
  const [model] = await prepared(folder.path, 'none');
  expect(model?.facts).not.toHaveProperty('draft');
});

it.each([
  ['a file that is not there', './gone.gguf', 'PB_MODEL', /gone\.gguf/],
  [
    'another vocabulary',
    './other.gguf',
    'PB_MODEL',
    /draft other\.gguf has another vocabulary than large\.gguf: SPM instead of BPE/,
  ],
  ['the model itself', './large.gguf', 'PB_MODEL', /the model's own file/],
  ['a name that nobody knows', 'smollm2-135m-instrukt', 'PB_UNKNOWN_NAME', /smollm2-135m-instrukt/],
])('refuses %s as a draft', async (_, draft, code, message) => {
  await using folder = await testFolder();
  writeModel(folder.path, 'large');
  writeModel(folder.path, 'other');
  await expect(prepared(folder.path, draft)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

it('refuses kernels that there are not before anything runs', async () => {
  await using folder = await testFolder();
  writeModel(folder.path, 'large');
  await expect(prepared(folder.path, 'none', { kernels: 'foo' })).rejects.toThrow(/no kernels "foo" in .+; known: /);
});
