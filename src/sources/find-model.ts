import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { sizeText } from '../core/amount-text.ts';
import { DownloadError, ModelError, UsageError } from '../core/errors.ts';
import { ifThere } from '../files/if-there.ts';
import { requireGguf, shardFiles } from '../gguf/gguf-file.ts';
import { readModelHeader } from '../gguf/gguf-kind.ts';
import { catalogue } from './catalogue.ts';
import { openHttpClient } from './http-client.ts';
import { cachedHubModels, findCachedHubFile } from './hub-cache.ts';
import { entriesIfListed, type HubEntry, listHubFiles } from './hub-protocol.ts';
import { type ModelRequest, parseModelRequest } from './model-request.ts';
import { describeSource, looksLikeRepository, type ModelSource } from './model-source.ts';
import { askHub } from './pull-hub.ts';
import type { Pull, PullOptions } from './pull.ts';
import type { SourceSettings } from './source-settings.ts';

type Repository = Extract<ModelSource, { kind: 'repo' }>;

/** Names of the hub's models in perbench's catalogue. */
function inCatalogue(repo: string): string | undefined {
  return catalogue.find(({ hubId }) => hubId.toLowerCase() === repo.toLowerCase())?.name;
}

/** `name`, or with another that may be meant. */
function orCatalogue(name: string, repo: string): string {
  const known = inCatalogue(repo);
  return known === undefined ? name : `${name}, or ${known} from the catalogue`;
}

/** A name of the hub's reads as a path: where neither the file nor its folder is there, it was meant. */
async function requireFile(written: string, path: string): Promise<void> {
  if (looksLikeRepository(written) && (await ifThere(stat(dirname(path)))) === undefined) {
    throw new ModelError(`no such file: ${written}`, {
      hint: `Did you mean ${orCatalogue(`hf:${written}`, written)}?`,
    });
  }
  for (const file of shardFiles(path)) await requireGguf(file);
  await readModelHeader(path);
}

/** Files beside a model that are GGUF too: a projector of images, statistics of a quantisation. */
const companions = /^(?:mmproj|imatrix)/i;
const laterPart = /-(?!00001)\d{5}-of-\d{5}\.gguf$/i;

/** The models among the files of a repository, the smallest first; a split one counts once, with all its parts. */
function modelsIn(entries: readonly HubEntry[]): readonly HubEntry[] {
  const bytes = new Map(entries.map((entry) => [entry.path, entry.bytes]));
  return entries
    .filter(({ path }) => /\.gguf$/i.test(path) && !laterPart.test(path) && !companions.test(basename(path)))
    .map(({ path }) => {
      const sizes = shardFiles(path).map((shard) => bytes.get(shard));
      const known = sizes.filter((size) => size !== undefined);
      const isKnown = known.length === sizes.length;
      return { path, bytes: isKnown ? known.reduce((sum, size) => sum + size, 0) : undefined };
    })
    .toSorted((left, right) => (left.bytes ?? Infinity) - (right.bytes ?? Infinity));
}

/** Those of a repository's files that are on this machine. */
async function cachedEntries({ repo, revision }: Repository, hubCacheDir: string): Promise<readonly HubEntry[]> {
  const found = new Map<string, HubEntry>();
  for (const { file, ...key } of await cachedHubModels(hubCacheDir)) {
    if (key.repo !== repo) continue;
    const cached = await findCachedHubFile({ type: 'model', repo, revision, file }, hubCacheDir);
    if (cached !== undefined) found.set(file, { path: file, bytes: cached.bytes });
  }
  return [...found.values()];
}

const shownFiles = 40;

function severalModels(repository: Repository, models: readonly HubEntry[]): UsageError {
  const specs = models.map(({ path }) => describeSource(hubFile(repository, path)));
  const width = Math.max(...specs.map(({ length }) => length));
  const lines = specs.map((spec, index) => {
    const bytes = models[index]?.bytes;
    return bytes === undefined ? spec : `${spec.padEnd(width)}  ${sizeText(bytes)}`;
  });
  const left = lines.length - shownFiles;
  const shown = [...lines.slice(0, shownFiles), ...(left > 0 ? [`and ${left} more`] : [])];
  return new UsageError(`${describeSource(repository)} has ${models.length} GGUF files`, {
    hint: ['Name one of them:', ...shown.map((name) => `  ${name}`)],
  });
}

async function noModel(repository: Repository, entries: readonly HubEntry[], pull: Pull): Promise<ModelError> {
  const converted = { ...repository, repo: `${repository.repo}-GGUF`, revision: 'main' };
  const isThere = modelsIn(await entriesIfListed({ ...converted, type: 'model' }, pull)).length > 0;
  const other = entries.some(({ path }) => path.endsWith('.safetensors')) ? ', but safetensors' : '';
  const known = inCatalogue(repository.repo);
  const advice = isThere
    ? `Did you mean ${orCatalogue(describeSource(converted), repository.repo)}?`
    : 'Look on the hub for a repository with GGUF files of this model; its name mostly ends with -GGUF.';
  return new ModelError(`${describeSource(repository)} has no GGUF file${other}`, {
    hint: isThere || known === undefined ? advice : `Did you mean ${known} from the catalogue? ${advice}`,
  });
}

function hubFile({ repo, revision }: Repository, file: string): ModelSource {
  return { kind: 'hub', repo, file, revision, sha256: undefined };
}

async function entriesOf(repository: Repository, pull: Pull): Promise<readonly HubEntry[]> {
  if (!pull.settings.isOffline) {
    const asked = { ...repository, type: 'model' as const };
    return askHub((own) => listHubFiles(asked, own), repository.repo, 'retry', pull);
  }
  const here = await cachedEntries(repository, pull.settings.hubCacheDir);
  if (modelsIn(here).length > 0) return here;
  throw new DownloadError(`no GGUF file of ${describeSource(repository)} is on this machine`, {
    hint: 'Download one with a network connection: perbench models pull.',
  });
}

/**
 * The request with nothing left open: a repository on the hub becomes its only GGUF file, and files of the user's own are
 * looked at. Where a model was fetched from stays as it is.
 *
 * @throws {ModelError} for a file that isn't there or is no GGUF, and for a repository without any
 * @throws {UsageError} that lists the GGUF files of a repository with several
 * @throws {DownloadError} if the hub refuses or can't be reached
 */
export async function findModel(
  request: ModelRequest,
  settings: SourceSettings,
  options: PullOptions = {},
): Promise<ModelRequest> {
  const [source] = request.sources;
  if (source.kind === 'file') await requireFile(request.written, source.path);
  if (source.kind !== 'repo') return request;
  await using http = openHttpClient(settings);
  const pull: Pull = { ...options, settings, http };
  const entries = await entriesOf(source, pull);
  const models = modelsIn(entries);
  const [only] = models;
  if (only === undefined) throw await noModel(source, entries, pull);
  if (models.length > 1) throw severalModels(source, models);
  return parseModelRequest(describeSource(hubFile(source, only.path)), '/');
}
