import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { ifThere } from '../files/if-there.ts';
import { modelSha256 } from '../gguf/gguf-file.ts';
import { catalogue } from './catalogue.ts';
import { lockTarget } from './file-lock.ts';
import { computeSha256, forgetSha256, rememberSha256 } from './file-sha256.ts';
import { findModel } from './find-model.ts';
import { cachedHubModels, findCachedHubFile, removeHubFile } from './hub-cache.ts';
import { type CacheRecord, cachedModels, cacheFolder, modelsFolder } from './model-cache.ts';
import { type ModelOptions, type ModelRequest, requestEntry, requestOf } from './model-request.ts';
import { type CatalogueEntry, describeSource } from './model-source.ts';
import { type LocatedModel, resolveModel } from './resolve-model.ts';
import type { SourceSettings } from './source-settings.ts';

/** One line of `perbench models list`. */
export interface ListedModel {
  /** Catalogue name, or the file's name. */
  readonly name: string;
  /** In the form that a user may write for it. */
  readonly source: string;
  readonly entry: CatalogueEntry | undefined;
  /** Undefined where it isn't on this machine. */
  readonly path: string | undefined;
  /** On disk where it is there, else what the catalogue says. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
}

/** The catalogue, then every other model in perbench's cache and in the hub's. */
export async function listModels(settings: SourceSettings): Promise<readonly ListedModel[]> {
  const listed: ListedModel[] = [];
  const seen = new Set<string>();
  for (const entry of catalogue) {
    const request = requestEntry(entry);
    const located = await resolveModel(request, settings);
    for (const file of located?.files ?? []) seen.add(file);
    const { path, bytes = entry.bytes, sha256 = entry.sha256 } = located ?? { path: undefined };
    listed.push({ name: entry.name, source: describeSource(request.sources[0]), entry, path, bytes, sha256 });
  }
  for (const model of await cachedModels(settings.cacheDir)) {
    if (!seen.has(model.path)) listed.push({ ...model, source: typeable(model), entry: undefined });
  }
  for (const model of await cachedHubModels(settings.hubCacheDir)) {
    if (seen.has(model.path)) continue;
    const { file, path, bytes, sha256 } = model;
    const source = describeSource({ ...model, kind: 'hub' });
    listed.push({ name: basename(file, '.gguf'), source, entry: undefined, path, bytes, sha256 });
  }
  return listed;
}

/** An address is a source only with its checksum. */
function typeable({ source, sha256 }: CacheRecord): string {
  return /^https?:/u.test(source) ? `${source}#sha256=${sha256}` : source;
}

/** What models take on this machine. */
export interface DiskUsage {
  readonly models: number;
  readonly bytes: number;
  /** Of downloads that were not finished; the same command goes on with them. */
  readonly unfinishedBytes: number;
}

/**
 * What models take on this machine, each file once.
 *
 * @param models as `listModels` gave them
 */
export async function diskUsage(models: readonly ListedModel[], settings: SourceSettings): Promise<DiskUsage> {
  const sizes = new Map<string, number>();
  for (const { path, bytes = 0 } of models) if (path !== undefined) sizes.set(await realpath(path), bytes);
  const repositories = ((await ifThere(readdir(settings.hubCacheDir))) ?? []).filter((each) =>
    each.startsWith('models--'),
  );
  const folders = [
    modelsFolder(settings.cacheDir),
    ...repositories.map((repository) => join(settings.hubCacheDir, repository, 'blobs')),
  ];
  let unfinishedBytes = 0;
  for (const folder of folders) unfinishedBytes += await unfinishedIn(folder);
  const bytes = [...sizes.values()].reduce((sum, own) => sum + own, 0);
  return { models: sizes.size, bytes, unfinishedBytes };
}

async function unfinishedIn(folder: string): Promise<number> {
  const entries = (await ifThere(readdir(folder, { recursive: true }))) ?? [];
  let bytes = 0;
  for (const name of entries.filter((each) => each.endsWith('.incomplete'))) {
    bytes += (await ifThere(stat(join(folder, name))))?.size ?? 0;
  }
  return bytes;
}

/**
 * The request; for the name of a model that was fetched, as lists have it, its source; of a repository none of whose
 * files is named, the only one that is on this machine.
 */
export async function requestInCache(
  model: string | ModelRequest,
  settings: SourceSettings,
  options: ModelOptions,
): Promise<ModelRequest> {
  const here = typeof model === 'string' ? await fetchedAs(model, settings) : undefined;
  const request = requestOf(here?.source ?? model, options);
  const isRepository = request.sources[0].kind === 'repo';
  return isRepository ? findModel(request, { ...settings, isOffline: true }, options) : request;
}

async function fetchedAs(name: string, settings: SourceSettings): Promise<ListedModel | undefined> {
  const listed = await listModels(settings);
  return listed.find((each) => each.entry === undefined && each.path !== undefined && each.name === name);
}

export interface VerifiedModel {
  readonly name: string;
  /** `unknown`: it was read whole, but nobody has pinned what it should be; the checksum is remembered from now on. */
  readonly state: 'intact' | 'changed' | 'missing' | 'unknown';
  readonly path: string | undefined;
  readonly sha256: string | undefined;
  readonly expectedSha256: string | undefined;
}

/**
 * Reads the whole model again, whatever is remembered, and compares its checksum with the pinned or recorded one.
 *
 * @throws {UsageError | UnknownNameError} for a source or name that can't be read
 */
export async function verifyModel(
  model: string | ModelRequest,
  settings: SourceSettings,
  options: ModelOptions = {},
): Promise<VerifiedModel> {
  const request = await requestInCache(model, settings, options);
  const { name } = request;
  const located = await resolveModel(request, settings);
  if (located === undefined)
    return { name, state: 'missing', path: undefined, sha256: undefined, expectedSha256: request.sha256 };
  const { path, files } = located;
  const expectedSha256 = request.sha256 ?? (located.source.kind === 'file' ? undefined : located.sha256);
  const checksums: string[] = [];
  for (const file of files) checksums.push(await computeSha256(file, options));
  const sha256 = modelSha256(checksums);
  const isIntact = expectedSha256 === undefined || sha256 === expectedSha256;
  for (const [index, file] of files.entries()) {
    const checksum = checksums[index];
    if (isIntact && checksum !== undefined) await rememberSha256(file, checksum, settings.cacheDir);
    else await forgetSha256(file, settings.cacheDir);
  }
  const state = !isIntact ? 'changed' : expectedSha256 === undefined ? 'unknown' : 'intact';
  return { name, state, path, sha256, expectedSha256 };
}

async function removeHubModel(located: LocatedModel, settings: SourceSettings): Promise<number> {
  const { source, files } = located;
  if (source.kind !== 'hub') return 0;
  let freedBytes = 0;
  for (const path of files) {
    const file = source.file.includes('/') ? join(source.file, '..', basename(path)) : basename(path);
    const key = { type: 'model' as const, repo: source.repo, revision: source.revision, file };
    const cached = await findCachedHubFile(key, settings.hubCacheDir);
    if (cached !== undefined) freedBytes += await removeHubFile(key, cached, settings.hubCacheDir);
  }
  return freedBytes;
}

/**
 * Takes a model out of the caches, with everything that unfinished downloads of it left.
 *
 * @returns bytes that were freed; undefined where it wasn't there
 * @throws {UsageError} for a file of the user's own: perbench deletes only what it fetched
 */
export async function removeModel(
  model: string | ModelRequest,
  settings: SourceSettings,
  options: ModelOptions = {},
): Promise<number | undefined> {
  const request = await requestInCache(model, settings, options);
  let freedBytes: number | undefined;
  for (const source of request.sources) {
    if (source.kind === 'file') {
      throw new UsageError(`${source.path} is your own file, not part of the cache`, {
        hint: 'Delete it yourself.',
      });
    }
    const located = await resolveModel({ ...request, sources: [source] }, settings);
    if (source.kind === 'hub') {
      if (located !== undefined) freedBytes = (freedBytes ?? 0) + (await removeHubModel(located, settings));
      continue;
    }
    if (source.kind === 'repo') continue;
    const folder = cacheFolder(source, settings.cacheDir);
    await using _lock = await lockTarget(settings.cacheDir, folder, { signal: options.signal });
    if (located !== undefined) {
      await forgetSha256(located.path, settings.cacheDir);
      freedBytes = (freedBytes ?? 0) + located.bytes;
    }
    await rm(folder, { recursive: true, force: true });
  }
  return freedBytes;
}
