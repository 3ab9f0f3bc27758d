import { lstat, readdir, readFile, readlink, realpath, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ifThere } from '../files/if-there.ts';
import { linkAtomically, writeAtomically } from './disk-error.ts';
import type { HubFile } from './hub-protocol.ts';

/** A file in the hub's cache: a link in a snapshot that leads to the blob with the content. */
export interface CachedHubFile {
  /** Path in the snapshot, with the file's own name. */
  readonly path: string;
  readonly blobPath: string;
  readonly commit: string;
  readonly bytes: number;
  /** Of large files, which the cache names by it; nobody has read the content again. */
  readonly sha256: string | undefined;
}

const commitPattern = /^[0-9a-f]{40}$/;

/** The repository's folder in the layout that all clients of the hub share: `models--owner--name`. */
function hubRepoFolder(file: Pick<HubFile, 'type' | 'repo'>, hubCacheDir: string): string {
  return join(hubCacheDir, `${file.type}s--${file.repo.replace('/', '--')}`);
}

export function hubBlobPath(file: HubFile, etag: string, hubCacheDir: string): string {
  return join(hubRepoFolder(file, hubCacheDir), 'blobs', etag);
}

export function hubSnapshotFolder(file: Pick<HubFile, 'type' | 'repo'>, commit: string, hubCacheDir: string): string {
  return join(hubRepoFolder(file, hubCacheDir), 'snapshots', commit);
}

/** The commit that this revision was when it was last asked for; undefined where it never was. */
async function cachedCommit(file: Omit<HubFile, 'file'>, hubCacheDir: string): Promise<string | undefined> {
  if (commitPattern.test(file.revision)) return file.revision;
  const reference = join(hubRepoFolder(file, hubCacheDir), 'refs', file.revision);
  const commit = (await ifThere(readFile(reference, 'utf8')))?.trim() ?? '';
  return commitPattern.test(commit) ? commit : undefined;
}

/** The file, if it is in the cache whole; asks nobody. */
export async function findCachedHubFile(file: HubFile, hubCacheDir: string): Promise<CachedHubFile | undefined> {
  const commit = await cachedCommit(file, hubCacheDir);
  if (commit === undefined) return undefined;
  const path = join(hubSnapshotFolder(file, commit, hubCacheDir), file.file);
  const facts = await ifThere(stat(path));
  if (facts === undefined) return undefined;
  const blobPath = await realpath(path);
  const sha256 = /^[0-9a-f]{64}$/.exec(basename(blobPath))?.[0];
  return { path, blobPath, commit, bytes: facts.size, sha256 };
}

/** The files of a repository that are in the cache, at the commit that the revision last was; asks nobody. */
export async function cachedSnapshot(
  repository: Omit<HubFile, 'file'>,
  hubCacheDir: string,
): Promise<
  { readonly commit: string; readonly files: readonly string[]; readonly pathOf: (file: string) => string } | undefined
> {
  const commit = await cachedCommit(repository, hubCacheDir);
  if (commit === undefined) return undefined;
  const folder = hubSnapshotFolder(repository, commit, hubCacheDir);
  return { commit, files: await entriesOf(folder, true), pathOf: (file) => join(folder, file) };
}

/** Puts a finished blob into a snapshot and notes what the revision stands for, as the hub's own client does. */
export async function linkHubFile(file: HubFile, commit: string, etag: string, hubCacheDir: string): Promise<string> {
  const path = join(hubSnapshotFolder(file, commit, hubCacheDir), file.file);
  await linkAtomically(path, hubBlobPath(file, etag, hubCacheDir));
  if (file.revision !== commit)
    await writeAtomically(join(hubRepoFolder(file, hubCacheDir), 'refs', file.revision), commit);
  return path;
}

async function isBlobUsed(repoFolder: string, blobPath: string): Promise<boolean> {
  for (const entry of await readdir(join(repoFolder, 'snapshots'), { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const target = await readlink(join(entry.parentPath, entry.name));
    if (join(entry.parentPath, target) === blobPath) return true;
  }
  return false;
}

/**
 * Takes a file out of its snapshot, and its blob away unless another snapshot needs it.
 *
 * @returns bytes that were freed
 */
export async function removeHubFile(file: HubFile, cached: CachedHubFile, hubCacheDir: string): Promise<number> {
  const isLink = (await lstat(cached.path)).isSymbolicLink();
  await rm(cached.path);
  if (!isLink) return cached.bytes;
  const repoFolder = await realpath(hubRepoFolder(file, hubCacheDir));
  if (await isBlobUsed(repoFolder, cached.blobPath)) return 0;
  await rm(cached.blobPath, { force: true });
  return cached.bytes;
}

export async function cachedHubModels(hubCacheDir: string): Promise<readonly (HubFile & CachedHubFile)[]> {
  const found: (HubFile & CachedHubFile)[] = [];
  for (const folder of await entriesOf(hubCacheDir)) {
    const [owner, ...name] = folder.startsWith('models--') ? folder.slice('models--'.length).split('--') : [];
    if (owner === undefined || name.length === 0) continue;
    const repo = `${owner}/${name.join('--')}`;
    const snapshots = join(hubCacheDir, folder, 'snapshots');
    for (const commit of await entriesOf(snapshots)) {
      for (const file of await entriesOf(join(snapshots, commit), true)) {
        if (!file.endsWith('.gguf') || !commitPattern.test(commit)) continue;
        const key: HubFile = { type: 'model', repo, revision: commit, file };
        const cached = await findCachedHubFile(key, hubCacheDir);
        if (cached !== undefined) found.push({ ...key, ...cached });
      }
    }
  }
  return found;
}

async function entriesOf(folder: string, isRecursive = false): Promise<readonly string[]> {
  return ((await ifThere(readdir(folder, { recursive: isRecursive }))) ?? []).toSorted();
}
