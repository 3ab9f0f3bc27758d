import { DownloadError } from '../core/errors.ts';
import type { FetchedFile, Pull } from './pull-progress.ts';
import { requireGguf } from '../gguf/gguf-magic.ts';
import { modelSha256, shardFiles } from './gguf-shards.ts';
import { type HubFile, type HubFileFacts, hubFileFacts } from './hub-protocol.ts';
import type { ModelSource } from './model-source.ts';
import { pullHubFile } from './pull-hub-file.ts';
import { describeNetworkError, isPassing, pauseBeforeRetry } from './retry.ts';

export type HubSource = Extract<ModelSource, { kind: 'hub' }>;

/** How patiently the hub is asked: `probe` where another source has the same file. */
export type HubPatience = 'probe' | 'retry';

async function askOnce(file: HubFile, patience: HubPatience, pull: Pull): Promise<HubFileFacts> {
  if (patience === 'retry') return hubFileFacts(file, pull);
  const timeout = AbortSignal.timeout(pull.settings.network.probeMs);
  const signal = pull.signal === undefined ? timeout : AbortSignal.any([pull.signal, timeout]);
  return hubFileFacts(file, { ...pull, signal });
}

/**
 * Facts of one hub file, asked again where that can help.
 *
 * @throws {DownloadError} if the hub refuses or can't be reached
 */
export async function askHub(file: HubFile, patience: HubPatience, pull: Pull): Promise<HubFileFacts> {
  const { settings, signal } = pull;
  const attempts = patience === 'probe' ? 1 : settings.network.attempts;
  for (let failures = 1; ; failures += 1) {
    try {
      return await askOnce(file, patience, pull);
    } catch (error) {
      signal?.throwIfAborted();
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      if (!isTimeout && !isPassing(error, signal)) throw error;
      const reason = isTimeout ? `no answer within ${settings.network.probeMs} ms` : describeNetworkError(error);
      if (failures >= attempts) {
        throw new DownloadError(`cannot reach the hub at ${settings.hubEndpoint}: ${reason}`, {
          hint: 'Check the network or proxy; HF_ENDPOINT names a mirror.',
          cause: error,
        });
      }
      pull.onProgress?.({ phase: 'retry', file: file.file, bytesDone: 0, bytesTotal: undefined, note: reason });
      await pauseBeforeRetry(failures, error, settings.network, signal);
    }
  }
}

/**
 * Fetches a model of the hub, with all parts of a split one, into the hub's own cache.
 *
 * @throws {DownloadError} if the hub has another file than the pinned one, refuses, or can't be reached
 * @throws {ModelError} if the file is no GGUF
 */
export async function pullHubModel(source: HubSource, patience: HubPatience, pull: Pull): Promise<FetchedFile> {
  const shards: FetchedFile[] = [];
  let { revision } = source;
  for (const name of shardFiles(source.file)) {
    const file: HubFile = { type: 'model', repo: source.repo, revision, file: name };
    pull.onProgress?.({ phase: 'connect', file: name, bytesDone: 0, bytesTotal: undefined });
    const facts = await askHub(file, patience, pull);
    const isSplit = name !== source.file || shards.length > 0;
    if (!isSplit && source.sha256 !== undefined && facts.sha256 !== source.sha256) {
      throw new DownloadError(
        `${source.repo}/${name}: the hub's file has sha256 ${facts.sha256 ?? 'unknown'}, expected ${source.sha256}`,
        { hint: 'The file in the repository has changed; pin a revision that has the expected one.' },
      );
    }
    const fetched = await pullHubFile(file, facts, pull);
    await requireGguf(fetched.path);
    shards.push(fetched);
    // All parts from one commit, whatever happens to the branch meanwhile.
    revision = facts.commit;
  }
  const [first] = shards;
  if (first === undefined) throw new Error(`no files for ${source.file}`);
  return {
    path: first.path,
    sha256: modelSha256(shards.map(({ sha256 }) => sha256)),
    bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
