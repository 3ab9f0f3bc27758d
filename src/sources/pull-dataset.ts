import { join } from 'node:path';
import { DownloadError, UnknownNameError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { DatasetName } from '../core/task.ts';
import { linkAtomically } from './disk-error.ts';
import { computeSha256, fileSha256, rememberSha256 } from './file-sha256.ts';
import { openHttpClient } from './http-client.ts';
import { findCachedHubFile, hubSnapshotFolder } from './hub-cache.ts';
import type { HubFile } from './hub-protocol.ts';
import { pullHubFile, askHubFile } from './pull-hub.ts';
import type { FetchedFile, Pull, PullOptions } from './pull.ts';
import type { SourceSettings } from './source-settings.ts';

export interface HubDatasetFile {
  readonly path: string;
  readonly split: string;
  /** Hex; what comes must have it. Undefined where nobody stated it: then the hub's own checksum counts alone. */
  readonly sha256: string | undefined;
}

/** A data set as parquet on the hub, at a revision that never changes. */
export interface HubDataset {
  readonly name: DatasetName;
  readonly repo: string;
  /** Full commit. */
  readonly revision: string;
  readonly licence: string;
  readonly files: readonly HubDatasetFile[];
}

function parquet(folder: string, split: string, sha256?: string): HubDatasetFile {
  return { path: `${folder}/${split}-00000-of-00001.parquet`, split, sha256 };
}

/**
 * The five data sets; only the splits that tasks evaluate or take examples from. Revisions and checksums were taken from
 * other projects that pin the same ones, not seen at the hub.
 */
export const hubDatasets = {
  imdb: {
    name: 'imdb',
    repo: 'stanfordnlp/imdb',
    revision: 'e6281661ce1c48d982bc483cf8a173c1bbeb5d31',
    licence: 'not stated',
    files: [
      parquet('plain_text', 'test', 'b52e26e2f872d282ffac460bf9770b25ac6f102cda0e6ca7158df98c94e8b3da'),
      parquet('plain_text', 'train', 'db47d16b5c297cc0dd625e519c81319c24c9149e70e8496de5475f6fa928342c'),
    ],
  },
  hellaswag: {
    name: 'hellaswag',
    repo: 'Rowan/hellaswag',
    revision: '218ec52e09a7e7462a5400043bb9a69a41d06b76',
    licence: 'MIT',
    files: [parquet('data', 'validation'), parquet('data', 'train')],
  },
  arc_easy: {
    name: 'arc_easy',
    repo: 'allenai/ai2_arc',
    revision: '210d026faf9955653af8916fad021475a3f00453',
    licence: 'CC BY-SA 4.0',
    files: [
      parquet('ARC-Easy', 'test', '4160597d618ae851c7eb04e281574f3f654776216ac6b6641588d64527b47177'),
      parquet('ARC-Easy', 'train', 'b315db8a4be597dc7daa50a4e70d48dd7c990c32085629e6ccd8c926beaa80b5'),
      parquet('ARC-Easy', 'validation', 'ed890ff1e4cef7a7140d3a30dcea3ed2c9d467c6458f447ad9ef0176d8dcbb74'),
    ],
  },
  squad2: {
    name: 'squad2',
    repo: 'rajpurkar/squad_v2',
    revision: '3ffb306f725f7d2ce8394bc1873b24868140c412',
    licence: 'CC BY-SA 4.0',
    files: [
      parquet('squad_v2', 'validation', '0560174ab095c5ac0a8c8dc8da05f1625453c45a77e4ce9cabc6947ddfdd24cb'),
      parquet('squad_v2', 'train', 'f6da32ffb482ff463ad056477740d1bb284b96a45db3a08bee6a225ca6abf291'),
    ],
  },
  gsm8k: {
    name: 'gsm8k',
    repo: 'openai/gsm8k',
    revision: '740312add88f781978c0658806c59bc2815b9866',
    licence: 'MIT',
    files: [
      parquet('main', 'test', 'ee7b8da9e381df27b9e3f7758a159ab2bdaa4dbaa910546cbbc47e0cb44e4f59'),
      parquet('main', 'train', 'ea82612ea9582142387730c793eb67d3b12849002bc0b7fa6f8efafa7351419d'),
    ],
  },
} as const satisfies Record<DatasetName, HubDataset>;

/** Names that `pullDataset` takes. */
export const datasetNames: readonly DatasetName[] = Object.values(hubDatasets).map(({ name }) => name);

export interface PulledDatasetFile {
  /** Path in the hub's repository. */
  readonly path: string;
  readonly split: string;
  /** On this machine. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly isFetched: boolean;
}

/** A data set of the hub that is on this machine, and was checked. */
export interface PulledDataset extends Pick<HubDataset, 'name' | 'repo' | 'revision' | 'licence'> {
  /** Snapshot in the hub's cache, with the repository's own paths below. */
  readonly folder: string;
  /** Folder that holds every pulled data set under its name: the data folder of a run. */
  readonly dataDir: string;
  readonly files: readonly PulledDatasetFile[];
}

/** Folder with one entry for each data set that was pulled, each leading to its snapshot in the hub's cache. */
export function pulledDataDir(settings: Pick<SourceSettings, 'cacheDir'>): string {
  return join(settings.cacheDir, 'data');
}

/**
 * The pinned repository of a data set.
 *
 * @throws {UnknownNameError} with the nearest name
 */
export function hubDataset(name: string): HubDataset {
  const known = datasetNames.find((candidate) => candidate === name);
  if (known !== undefined) return hubDatasets[known];
  throw new UnknownNameError('data set', name, datasetNames, nearestName(name, datasetNames));
}

function datasetOf(dataset: string | HubDataset): HubDataset {
  return typeof dataset === 'string' ? hubDataset(dataset) : dataset;
}

function hubFileOf(dataset: HubDataset, path: string): HubFile {
  return { type: 'dataset', repo: dataset.repo, revision: dataset.revision, file: path };
}

async function cachedFile(
  dataset: HubDataset,
  wanted: HubDatasetFile,
  settings: SourceSettings,
  options: PullOptions,
): Promise<PulledDatasetFile | undefined> {
  const cached = await findCachedHubFile(hubFileOf(dataset, wanted.path), settings.hubCacheDir);
  if (cached === undefined) return undefined;
  const sha256 = await fileSha256(cached.path, settings.cacheDir, options);
  if (wanted.sha256 !== undefined && sha256 !== wanted.sha256) return undefined;
  return pulledFile(wanted, { ...cached, sha256 }, false);
}

async function fetchedFile(dataset: HubDataset, wanted: HubDatasetFile, pull: Pull): Promise<PulledDatasetFile> {
  const file = hubFileOf(dataset, wanted.path);
  pull.onProgress?.({ phase: 'connect', file: wanted.path, bytesDone: 0, bytesTotal: undefined });
  const facts = await askHubFile(file, 'retry', pull);
  if (facts.commit !== dataset.revision) {
    throw new DownloadError(`${dataset.repo}: requested revision ${dataset.revision}, got ${facts.commit}`);
  }
  if (wanted.sha256 !== undefined && facts.sha256 !== undefined && facts.sha256 !== wanted.sha256) {
    throw new DownloadError(
      `${dataset.repo}/${wanted.path}: the hub's file has sha256 ${facts.sha256}, expected ${wanted.sha256}`,
      { hint: 'Report this: a pinned revision must not change.' },
    );
  }
  return pulledFile(wanted, await pullHubFile(file, { ...facts, sha256: facts.sha256 ?? wanted.sha256 }, pull), true);
}

function pulledFile({ path, split }: HubDatasetFile, file: FetchedFile, isFetched: boolean): PulledDatasetFile {
  return { path, split, file: file.path, sha256: file.sha256, bytes: file.bytes, isFetched };
}

/**
 * Brings a data set of the hub onto this machine, at its pinned revision, and checks each file.
 *
 * @param wanted one of `datasetNames`, or a data set of one's own
 * @throws {UnknownNameError} for an unknown name
 * @throws {DownloadError} if the hub refuses or can't be reached, or a file isn't the pinned one
 */
export async function pullDataset(
  wanted: string | HubDataset,
  settings: SourceSettings,
  options: PullOptions = {},
): Promise<PulledDataset> {
  const dataset = datasetOf(wanted);
  const files: PulledDatasetFile[] = [];
  await using http = openHttpClient(settings);
  for (const file of dataset.files) {
    const cached = await cachedFile(dataset, file, settings, options);
    if (cached === undefined && settings.isOffline) {
      throw new DownloadError(
        `offline, and ${file.path} of ${dataset.repo} is not in the cache; it would be downloaded from ${settings.hubEndpoint}`,
        { hint: `Download it with a network connection: perbench data pull ${dataset.name}.` },
      );
    }
    files.push(cached ?? (await fetchedFile(dataset, file, { ...options, settings, http })));
  }
  const folder = hubSnapshotFolder({ type: 'dataset', repo: dataset.repo }, dataset.revision, settings.hubCacheDir);
  await linkAtomically(join(pulledDataDir(settings), dataset.name), folder);
  const { name, repo, revision, licence } = dataset;
  return { name, repo, revision, licence, folder, dataDir: pulledDataDir(settings), files };
}

export interface VerifiedFile {
  readonly path: string;
  readonly state: 'intact' | 'changed' | 'missing';
  readonly sha256: string | undefined;
  /** Undefined where nothing is pinned and nothing was remembered. */
  readonly expectedSha256: string | undefined;
}

/** Reads every file of a pulled data set again and compares it with what is pinned or was remembered. */
export async function verifyDataset(
  name: string | HubDataset,
  settings: SourceSettings,
  options: PullOptions = {},
): Promise<readonly VerifiedFile[]> {
  const dataset = datasetOf(name);
  const verified: VerifiedFile[] = [];
  for (const wanted of dataset.files) {
    const cached = await findCachedHubFile(hubFileOf(dataset, wanted.path), settings.hubCacheDir);
    if (cached === undefined) {
      verified.push({ path: wanted.path, state: 'missing', sha256: undefined, expectedSha256: wanted.sha256 });
      continue;
    }
    const sha256 = await computeSha256(cached.path, options);
    const expectedSha256 = wanted.sha256 ?? cached.sha256;
    const isIntact = expectedSha256 === undefined || sha256 === expectedSha256;
    if (isIntact) await rememberSha256(cached.path, sha256, settings.cacheDir);
    verified.push({ path: cached.path, state: isIntact ? 'intact' : 'changed', sha256, expectedSha256 });
  }
  return verified;
}

/** Whether every file of the data set is on this machine; asks no server. */
export async function isDatasetPulled(name: string | HubDataset, settings: SourceSettings): Promise<boolean> {
  const dataset = datasetOf(name);
  for (const { path } of dataset.files) {
    if ((await findCachedHubFile(hubFileOf(dataset, path), settings.hubCacheDir)) === undefined) return false;
  }
  return true;
}
