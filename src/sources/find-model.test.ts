import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ServedFile, startHubServer } from '../../test/setup/hub-server.ts';
import { ggufBytes } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { removeModel, verifyModel } from './model-list.ts';
import { planModelFetch, pullModel } from './pull-model.ts';

const file = (repo: string, path: string, bytes = 2000): ServedFile => ({
  repo,
  path,
  content: ggufBytes(bytes, `${repo}/${path}`),
});

const files: readonly ServedFile[] = [
  file('o/one-GGUF', 'README.md', 10),
  file('o/one-GGUF', 'mmproj-model-f16.gguf'),
  file('o/one-GGUF', 'one.Q4_K_M.gguf'),
  file('o/several', 'b.Q8_0.gguf', 4096),
  file('o/several', 'a.Q4_K_M.gguf', 2048),
  file('o/several', 'big/c-00001-of-00002.gguf', 3000),
  file('o/several', 'big/c-00002-of-00002.gguf', 3144),
  file('o/one', 'model.safetensors'),
  file('o/alone', 'model.safetensors'),
  file('Qwen/Qwen2.5-0.5B-Instruct', 'model.safetensors'),
];

async function world() {
  const hub = await startHubServer(files);
  const folder = await testFolder();
  return {
    hub,
    folder: folder.path,
    settings: testSettings(folder.path, { hubEndpoint: hub.endpoint }),
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('a repository of the hub without a file', () => {
  it('means its only GGUF file, wherever a model is named', async () => {
    await using test = await world();
    const { settings } = test;
    expect(await planModelFetch('hf:o/one-GGUF', settings)).toMatchObject({ name: 'one.Q4_K_M', bytesToFetch: 2000 });
    const source = 'hf:o/one-GGUF/one.Q4_K_M.gguf';
    expect(await pullModel('hf:o/one-GGUF', settings)).toMatchObject({ name: 'one.Q4_K_M', source, isFetched: true });
    expect(await verifyModel('hf:o/one-GGUF', settings)).toMatchObject({ name: 'one.Q4_K_M', state: 'intact' });
    test.hub.seen.length = 0;
    const offline = { ...settings, isOffline: true };
    expect(await pullModel('hf:o/one-GGUF', offline)).toMatchObject({ source, isFetched: false });
    expect(test.hub.seen).toEqual([]);
    expect(await removeModel('hf:o/one-GGUF', settings)).toBe(2000);
    await expect(pullModel('hf:o/one-GGUF', offline)).rejects.toThrow(
      'no GGUF file of hf:o/one-GGUF is on this machine',
    );
  });

  it('is refused with its files and their sizes where it has several', async () => {
    await using test = await world();
    await expect(pullModel('hf:o/several@main', test.settings)).rejects.toMatchObject({
      code: 'PB_USAGE',
      message: 'hf:o/several has 3 GGUF files',
      hint: [
        'Name one of them:',
        '  hf:o/several/a.Q4_K_M.gguf              2.0 KiB',
        '  hf:o/several/b.Q8_0.gguf                4.0 KiB',
        '  hf:o/several/big/c-00001-of-00002.gguf  6.0 KiB',
      ].join('\n'),
    });
  });

  it.each([
    ['o/one', 'Did you mean hf:o/one-GGUF?'],
    ['o/alone', 'Look on the hub for a repository with GGUF files of this model; its name mostly ends with -GGUF.'],
    ['Qwen/Qwen2.5-0.5B-Instruct', 'Did you mean qwen2.5-0.5b-instruct from the catalogue? Look on the hub'],
  ])('%s is refused where it has none', async (repo, hint) => {
    await using test = await world();
    await expect(pullModel(`hf:${repo}`, test.settings)).rejects.toMatchObject({
      code: 'PB_MODEL',
      message: `hf:${repo} has no GGUF file, but safetensors`,
      hint: expect.stringContaining(hint),
    });
  });

  it('may not exist', async () => {
    await using test = await world();
    await expect(pullModel('hf:o/nowhere', test.settings)).rejects.toThrow('the hub has no model o/nowhere');
  });
});

describe('a file that is not there', () => {
  it('may have been a repository, if not even its folder is', async () => {
    await using test = await world();
    const pull = async (name: string) => pullModel(name, test.settings, { baseDir: test.folder });
    await expect(pull('o/some-model')).rejects.toMatchObject({
      code: 'PB_MODEL',
      message: 'no such file: o/some-model',
      hint: 'Did you mean hf:o/some-model?',
    });
    await expect(pull('Qwen/Qwen2.5-0.5B-Instruct')).rejects.toMatchObject({
      hint: 'Did you mean hf:Qwen/Qwen2.5-0.5B-Instruct, or qwen2.5-0.5b-instruct from the catalogue?',
    });
    await mkdir(join(test.folder, 'o'));
    await expect(pull('o/some-model')).rejects.toMatchObject({ hint: expect.stringContaining('Check the path') });
  });
});
