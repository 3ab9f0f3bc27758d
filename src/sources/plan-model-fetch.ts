import { openHttpClient } from './http-client.ts';
import { DownloadError } from '../core/errors.ts';
import { requireGguf } from '../gguf/gguf-magic.ts';
import { shardFiles } from './gguf-shards.ts';
import { type ModelOptions, type ModelRequest, requestOf } from './model-request.ts';
import { describeSource } from './model-source.ts';
import { askHub, type HubSource } from './pull-hub-model.ts';
import { resolveModel } from './resolve-model.ts';
import type { SourceSettings } from './source-settings.ts';

/** What a run would have to fetch for one model. */
export interface ModelFetchPlan {
  readonly name: string;
  readonly isCached: boolean;
  /** Path of the GGUF where it is on this machine. */
  readonly path: string | undefined;
  /** 0 where it is cached; undefined where nobody knows before the download starts. */
  readonly bytesToFetch: number | undefined;
  /** `exact`: stated by the source or pinned. `estimated`: from the number of parameters. */
  readonly certainty: 'exact' | 'estimated' | 'unknown';
  readonly source: string;
}

/** Bytes per parameter of a Q4_K_M file; those of the catalogue from 3B parameters up have 0.61 to 0.68. */
const bytesPerParameter = 0.62;

async function hubBytes(
  source: HubSource,
  settings: SourceSettings,
  options: ModelOptions,
): Promise<number | undefined> {
  await using http = openHttpClient(settings);
  let bytes = 0;
  try {
    for (const file of shardFiles(source.file)) {
      const facts = await askHub({ ...source, type: 'model', file }, 'probe', { ...options, settings, http });
      if (facts.bytes === undefined) return undefined;
      bytes += facts.bytes;
    }
  } catch (error) {
    // A plan is made without a network too; the pull itself will say what is wrong.
    if (error instanceof DownloadError) return undefined;
    throw error;
  }
  return bytes;
}

/**
 * Bytes to fetch for a model, before anything is fetched; asks the hub only for what the catalogue doesn't know.
 *
 * @throws {UsageError | UnknownNameError} for a source or name that can't be read
 * @throws {ModelError} for a file that isn't there
 */
export async function planModelFetch(
  model: string | ModelRequest,
  settings: SourceSettings,
  options: ModelOptions = {},
): Promise<ModelFetchPlan> {
  const request = requestOf(model, options);
  const { name, entry } = request;
  const located = await resolveModel(request, settings);
  const [first] = request.sources;
  const source = describeSource(located?.source ?? first);
  if (located === undefined && first.kind === 'file') await requireGguf(first.path);
  if (located !== undefined || first.kind === 'file') {
    return { name, isCached: true, path: located?.path, bytesToFetch: 0, certainty: 'exact', source };
  }
  const base = { name, isCached: false, path: undefined, source };
  if (request.bytes !== undefined && entry?.isUnverified.includes('bytes') !== true)
    return { ...base, bytesToFetch: request.bytes, certainty: 'exact' };
  const asked = first.kind === 'hub' && !settings.isOffline ? await hubBytes(first, settings, options) : undefined;
  if (asked !== undefined) return { ...base, bytesToFetch: asked, certainty: 'exact' };
  if (request.bytes !== undefined) return { ...base, bytesToFetch: request.bytes, certainty: 'estimated' };
  if (entry === undefined) return { ...base, bytesToFetch: undefined, certainty: 'unknown' };
  return { ...base, bytesToFetch: Math.round(entry.parameters * bytesPerParameter), certainty: 'estimated' };
}
