import { dirname, join, relative } from 'node:path';
import { DownloadError, UnknownNameError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { DatasetName } from '../core/task.ts';
import { replaceLink } from '../files/replace-file.ts';
import { datasetNames, type HubDataset, type HubDatasetFile, hubDatasets } from './dataset-catalogue.ts';
import { explainDiskError, makeFolder } from './disk-error.ts';
import { computeSha256, fileSha256, rememberSha256 } from './file-sha256.ts';
import { openHttpClient } from './http-client.ts';
import { findCachedHubFile, hubSnapshotFolder } from './hub-cache.ts';
import type { HubFile } from './hub-protocol.ts';
import { pullHubFile } from './pull-hub-file.ts';
import { askHub } from './pull-hub-model.ts';
import type { Pull, PullOptions } from './pull-progress.ts';
import type { SourceSettings } from './source-settings.ts';

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
export interface PulledDataset {
  readonly name: DatasetName;
  readonly repo: string;
  readonly revision: string;
  readonly licence: string;
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
  return { path: wanted.path, split: wanted.split, file: cached.path, sha256, bytes: cached.bytes, isFetched: false };
}

async function fetchedFile(dataset: HubDataset, wanted: HubDatasetFile, pull: Pull): Promise<PulledDatasetFile> {
  const file = hubFileOf(dataset, wanted.path);
  pull.onProgress?.({ phase: 'connect', file: wanted.path, bytesDone: 0, bytesTotal: undefined });
  const facts = await askHub(file, 'retry', pull);
  if (facts.commit !== dataset.revision) {
    throw new DownloadError(
      `${dataset.repo}: asked for revision ${dataset.revision}, the hub answered with ${facts.commit}`,
    );
  }
  if (wanted.sha256 !== undefined && facts.sha256 !== undefined && facts.sha256 !== wanted.sha256) {
    throw new DownloadError(
      `${dataset.repo}/${wanted.path}: the hub's file has sha256 ${facts.sha256}, expected ${wanted.sha256}`,
      { hint: 'Report this: a pinned revision must not change.' },
    );
  }
  const fetched = await pullHubFile(file, { ...facts, sha256: facts.sha256 ?? wanted.sha256 }, pull);
  return {
    path: wanted.path,
    split: wanted.split,
    file: fetched.path,
    sha256: fetched.sha256,
    bytes: fetched.bytes,
    isFetched: true,
  };
}

async function linkIntoDataDir(dataset: HubDataset, folder: string, settings: SourceSettings): Promise<void> {
  const link = join(pulledDataDir(settings), dataset.name);
  await makeFolder(dirname(link));
  try {
    await replaceLink(link, relative(dirname(link), folder));
  } catch (error) {
    throw await explainDiskError(error, link);
  }
}

/**
 * Brings a data set of the hub onto this machine, at its pinned revision, and checks each file.
 *
 * @param name one of `datasetNames`, or a data set of one's own
 * @throws {UnknownNameError} for an unknown name
 * @throws {DownloadError} if the hub refuses or can't be reached, or a file isn't the pinned one
 */
export async function pullDataset(
  name: string | HubDataset,
  settings: SourceSettings,
  options: PullOptions = {},
): Promise<PulledDataset> {
  const dataset = datasetOf(name);
  const files: PulledDatasetFile[] = [];
  await using http = openHttpClient(settings);
  for (const wanted of dataset.files) {
    const cached = await cachedFile(dataset, wanted, settings, options);
    if (cached === undefined && settings.isOffline) {
      throw new DownloadError(
        `offline, and ${wanted.path} of ${dataset.repo} is not in the cache; it would be fetched from ${settings.hubEndpoint}`,
        { hint: `Fetch it once with a network: perbench data pull ${dataset.name}.` },
      );
    }
    files.push(cached ?? (await fetchedFile(dataset, wanted, { ...options, settings, http })));
  }
  const folder = hubSnapshotFolder({ type: 'dataset', repo: dataset.repo }, dataset.revision, settings.hubCacheDir);
  await linkIntoDataDir(dataset, folder, settings);
  const { repo, revision, licence } = dataset;
  return { name: dataset.name, repo, revision, licence, folder, dataDir: pulledDataDir(settings), files };
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
    // The hub's cache names large files by their sha256.
    const blobName = /[0-9a-f]{64}$/.exec(cached.blobPath)?.[0];
    const expectedSha256 = wanted.sha256 ?? blobName;
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
