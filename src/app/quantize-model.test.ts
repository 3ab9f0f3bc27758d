import { expect, it } from 'vitest';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { quantizeModel } from './quantize-model.ts';

it.each([
  ['./m-*.gguf', undefined, './m-*.gguf means several files, and quantize takes one model'],
  ['./m-{f16,q8_0}.gguf', undefined, './m-{f16,q8_0}.gguf means several files, and quantize takes one model'],
  ['./m-f16.gguf', '/folder/x.gguf', '--out takes a folder, got /folder/x.gguf'],
])('refuses to quantise %s into %s', async (model, out, message) => {
  await using folder = await testFolder();
  const context = {
    settings: testSettings(folder.path),
    workingFolder: folder.path,
    onPull: undefined,
    onNote: undefined,
  };
  const { signal } = new AbortController();
  const files = quantizeModel(model, context, { to: ['q8_0'], folder: out, signal });
  await expect(Array.fromAsync(files)).rejects.toThrow(message);
});
