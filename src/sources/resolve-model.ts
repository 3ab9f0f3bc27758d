import { stat } from 'node:fs/promises';
import { ifThere } from '../files/if-there.ts';
import { modelSha256, shardFiles } from '../gguf/gguf-file.ts';
import { rememberedSha256 } from './file-sha256.ts';
import { findCachedHubFile, type CachedHubFile } from './hub-cache.ts';
import { cacheFolder, readCachedModel } from './model-cache.ts';
import type { ModelRequest } from './model-request.ts';
import type { ModelSource } from './model-source.ts';
import type { SourceSettings } from './source-settings.ts';

/** A model whose files are on this machine, whole. */
export interface LocatedModel {
  readonly name: string;
  /** The GGUF file, the first one of a split model. */
  readonly path: string;
  readonly files: readonly string[];
  readonly bytes: number;
  /** Undefined where it would have to be computed: see `pullModel`. */
  readonly sha256: string | undefined;
  readonly source: ModelSource;
}

type Located = Omit<LocatedModel, 'name' | 'source'> | undefined;

async function locateFile(path: string, cacheDir: string): Promise<Located> {
  const files = shardFiles(path);
  let bytes = 0;
  const checksums: (string | undefined)[] = [];
  for (const file of files) {
    const facts = await ifThere(stat(file));
    if (facts?.isFile() !== true) return undefined;
    bytes += facts.size;
    checksums.push(await rememberedSha256(file, cacheDir));
  }
  const known = checksums.filter((checksum) => checksum !== undefined);
  return { path, files, bytes, sha256: known.length === files.length ? modelSha256(known) : undefined };
}

async function locateHub(source: Extract<ModelSource, { kind: 'hub' }>, settings: SourceSettings): Promise<Located> {
  const shards: CachedHubFile[] = [];
  for (const file of shardFiles(source.file)) {
    const cached = await findCachedHubFile({ ...source, type: 'model', file }, settings.hubCacheDir);
    if (cached === undefined) return undefined;
    shards.push(cached);
  }
  const [first] = shards;
  if (first === undefined) return undefined;
  const known = shards.map((shard) => shard.sha256).filter((checksum) => checksum !== undefined);
  const sha256 = known.length === shards.length ? modelSha256(known) : undefined;
  // The branch may have moved to another file since the checksum was pinned.
  if (source.sha256 !== undefined && sha256 !== undefined && sha256 !== source.sha256) return undefined;
  return {
    path: first.path,
    files: shards.map(({ path }) => path),
    bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256,
  };
}

async function locateSource(source: ModelSource, settings: SourceSettings): Promise<Located> {
  switch (source.kind) {
    case 'file':
      return locateFile(source.path, settings.cacheDir);
    case 'hub':
      return locateHub(source, settings);
    case 'repo':
      return undefined;
    case 'pip':
    case 'url': {
      const cached = await readCachedModel(cacheFolder(source, settings.cacheDir));
      return cached && { path: cached.path, files: [cached.path], bytes: cached.bytes, sha256: cached.sha256 };
    }
  }
}

/**
 * Where the model lies on this machine; undefined where it would have to be fetched. Asks no server and reads no
 * weights.
 */
export async function resolveModel(request: ModelRequest, settings: SourceSettings): Promise<LocatedModel | undefined> {
  for (const source of request.sources) {
    const located = await locateSource(source, settings);
    if (located !== undefined) return { name: request.name, source, ...located };
  }
  return undefined;
}
