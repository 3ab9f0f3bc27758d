import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { servedCommit, startHubServer } from '../../test/setup/hub-server.ts';
import { sha256Of } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { DownloadError, UnknownNameError } from '../core/errors.ts';
import {
  datasetNames,
  type HubDataset,
  hubDatasets,
  isDatasetPulled,
  pullDataset,
  verifyDataset,
} from './pull-dataset.ts';
import { findDataset } from './datasets/find-dataset.ts';

const test = {
  type: 'dataset',
  repo: 'openai/gsm8k',
  path: 'main/test-00000-of-00001.parquet',
  content: Buffer.from('PAR1 the test rows PAR1'),
} as const;
const train = { ...test, path: 'main/train-00000-of-00001.parquet', content: Buffer.from('PAR1 the train rows PAR1') };

/** The real entry, with what the test server holds in place of the pinned commit and checksums. */
const served: HubDataset = {
  ...hubDatasets.gsm8k,
  revision: servedCommit,
  files: [
    { path: test.path, split: 'test', sha256: sha256Of(test.content) },
    { path: train.path, split: 'train', sha256: undefined },
  ],
};

describe('dataset catalogue', () => {
  it('pins five data sets by full commit, with files of known splits', () => {
    expect(datasetNames).toEqual(['imdb', 'hellaswag', 'arc_easy', 'squad2', 'gsm8k']);
    for (const { revision, files } of Object.values<HubDataset>(hubDatasets)) {
      expect(revision).toMatch(/^[0-9a-f]{40}$/);
      expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
      for (const { path, split, sha256 } of files) {
        expect(path).toContain(`/${split}-00000-of-00001.parquet`);
        expect(sha256 ?? '0'.repeat(64)).toMatch(/^[0-9a-f]{64}$/);
      }
    }
  });
});

describe('pullDataset', () => {
  it('puts the files where the readers look for them', async () => {
    await using hub = await startHubServer([test, train]);
    await using folder = await testFolder();
    const settings = testSettings(folder.path, { hubEndpoint: hub.endpoint });
    expect(await isDatasetPulled(served, settings)).toBe(false);
    const pulled = await pullDataset(served, settings);
    expect(pulled).toMatchObject({
      name: 'gsm8k',
      revision: servedCommit,
      folder: join(settings.hubCacheDir, 'datasets--openai--gsm8k', 'snapshots', servedCommit),
    });
    expect(pulled.files).toMatchObject([
      { split: 'test', sha256: sha256Of(test.content), bytes: test.content.length, isFetched: true },
      { split: 'train', sha256: sha256Of(train.content), isFetched: true },
    ]);
    for (const dataDir of [pulled.folder, pulled.dataDir]) {
      const found = await findDataset('gsm8k', 'test', dataDir);
      expect(found.format).toBe('parquet');
      expect(await readFile(found.paths[0] ?? '')).toEqual(test.content);
    }
    hub.seen.length = 0;
    expect(
      (await pullDataset(served, { ...settings, isOffline: true })).files.map(({ isFetched }) => isFetched),
    ).toEqual([false, false]);
    expect(hub.seen).toEqual([]);
    expect(await isDatasetPulled(served, settings)).toBe(true);
  });

  it('refuses a file that is not the pinned one', async () => {
    await using hub = await startHubServer([{ ...test, content: Buffer.from('PAR1 other rows PAR1') }, train]);
    await using folder = await testFolder();
    const failure = pullDataset(served, testSettings(folder.path, { hubEndpoint: hub.endpoint }));
    await expect(failure).rejects.toThrow(DownloadError);
    await expect(failure).rejects.toThrow(
      /^openai\/gsm8k\/main\/test-00000-of-00001\.parquet: the hub's file has sha256 [0-9a-f]{64}, expected/,
    );
  });

  it('refuses another commit than the pinned one', async () => {
    await using hub = await startHubServer([test, train]);
    await using folder = await testFolder();
    await expect(
      pullDataset({ ...served, revision: 'main' }, testSettings(folder.path, { hubEndpoint: hub.endpoint })),
    ).rejects.toThrow(/requested revision main, got 0123/);
  });

  it('goes on after a cut', async () => {
    await using hub = await startHubServer([test, train]);
    await using folder = await testFolder();
    hub.faults.cutAfterBytes = [5];
    await expect(pullDataset(served, testSettings(folder.path, { hubEndpoint: hub.endpoint }))).resolves.toMatchObject({
      name: 'gsm8k',
    });
  });

  it('says what is missing offline, and suggests the nearest name', async () => {
    await using folder = await testFolder();
    const settings = testSettings(folder.path, { isOffline: true });
    await expect(pullDataset('gsm8k', settings)).rejects.toThrow(
      /^offline, and main\/test-00000-of-00001\.parquet of openai\/gsm8k is not in the cache/,
    );
    await expect(pullDataset('gsm8', settings)).rejects.toThrow(UnknownNameError);
    await expect(pullDataset('gsm8', settings)).rejects.toThrow(
      expect.objectContaining({ hint: 'Did you mean "gsm8k"?' }),
    );
  });
});

describe('verifyDataset', () => {
  it('finds what is missing and what has changed', async () => {
    await using hub = await startHubServer([test, train]);
    await using folder = await testFolder();
    const settings = testSettings(folder.path, { hubEndpoint: hub.endpoint });
    expect((await verifyDataset(served, settings)).map(({ state }) => state)).toEqual(['missing', 'missing']);
    const { files } = await pullDataset(served, settings);
    expect((await verifyDataset(served, settings)).map(({ state }) => state)).toEqual(['intact', 'intact']);
    // The second one has no pinned checksum: the hub's own is its name in the cache.
    for (const { file } of files) await writeFile(file, 'changed');
    expect((await verifyDataset(served, settings)).map(({ state }) => state)).toEqual(['changed', 'changed']);
  });
});
