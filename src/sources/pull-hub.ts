import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { DownloadError } from '../core/errors.ts';
import { discard } from '../files/discard.ts';
import { ifThere } from '../files/if-there.ts';
import { openFile } from '../files/read-file.ts';
import { requireGguf, modelSha256, shardFiles } from '../gguf/gguf-file.ts';
import { downloadFile } from './download-file.ts';
import { lockForPull } from './file-lock.ts';
import { fileSha256, rememberSha256 } from './file-sha256.ts';
import { type HttpAnswer, describeNetworkError, isPassing, pauseBeforeRetry } from './http-client.ts';
import { hubBlobPath, linkHubFile } from './hub-cache.ts';
import {
  type HubFile,
  type HubFileFacts,
  hubFileFacts,
  explainHubRefusal,
  hubFileUrl,
  hubHeaders,
} from './hub-protocol.ts';
import type { ModelSource } from './model-source.ts';
import type { FetchedFile, Pull } from './pull.ts';

export type HubSource = Extract<ModelSource, { kind: 'hub' }>;

/** How patiently the hub is asked: `probe` where another source has the same file. */
export type HubPatience = 'probe' | 'retry';

/**
 * Asks the hub, again where that can help.
 *
 * @param name of what is asked for, for people
 * @throws {DownloadError} if the hub refuses or can't be reached
 */
export async function askHub<Answer>(
  ask: (pull: Pull) => Promise<Answer>,
  name: string,
  patience: HubPatience,
  pull: Pull,
): Promise<Answer> {
  const { settings, signal } = pull;
  const isProbe = patience === 'probe';
  const attempts = isProbe ? 1 : settings.network.attempts;
  const signals = [signal, isProbe ? AbortSignal.timeout(settings.network.probeMs) : undefined];
  const own = { ...pull, signal: AbortSignal.any(signals.filter((each) => each !== undefined)) };
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask(own);
    } catch (error) {
      signal?.throwIfAborted();
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      if (!isTimeout && !isPassing(error, signal)) throw error;
      const reason = isTimeout ? `no answer within ${settings.network.probeMs} ms` : describeNetworkError(error);
      if (failures >= attempts) {
        throw new DownloadError(`cannot reach the hub at ${settings.hubEndpoint}: ${reason}`, {
          hint: 'Check the network and proxy, or set HF_ENDPOINT to a mirror.',
          cause: error,
        });
      }
      pull.onProgress?.({ phase: 'retry', file: name, bytesDone: 0, bytesTotal: undefined, note: reason });
      await pauseBeforeRetry(failures, error, settings.network, signal);
    }
  }
}

/**
 * Facts of one hub file.
 *
 * @throws {DownloadError} if the hub refuses or can't be reached
 */
export async function askHubFile(file: HubFile, patience: HubPatience, pull: Pull): Promise<HubFileFacts> {
  return askHub((own) => hubFileFacts(file, own), file.file, patience, pull);
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
    const facts = await askHubFile(file, patience, pull);
    const isSplit = name !== source.file || shards.length > 0;
    if (!isSplit && source.sha256 !== undefined && facts.sha256 !== source.sha256) {
      throw new DownloadError(
        `${source.repo}/${name}: the hub's file has sha256 ${facts.sha256 ?? 'unknown'}, expected ${source.sha256}`,
        { hint: 'The file in the repository has changed: pin the revision that has the expected one.' },
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

/** Git's id of a file's content; the hub names small files by it. */
async function gitBlobId(path: string): Promise<string> {
  const handle = await openFile(path);
  const { size } = await handle.stat();
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

async function downloadBlob(file: HubFile, facts: HubFileFacts, blob: string, pull: Pull): Promise<FetchedFile> {
  const { hubEndpoint } = pull.settings;
  const download = {
    // By commit: the branch may move between the question and this.
    url: hubFileUrl({ ...file, revision: facts.commit }, hubEndpoint),
    headers: await hubHeaders(pull.settings),
    target: blob,
    file: file.file,
    sha256: facts.sha256,
    bytes: facts.bytes,
    explain: (answer: HttpAnswer) => explainHubRefusal(file, answer, hubEndpoint),
  };
  const fetched = await downloadFile(download, pull);
  if (facts.sha256 === undefined && (await gitBlobId(blob)) !== facts.etag) {
    await discard(blob);
    throw new DownloadError(
      `${file.repo}/${file.file}: the content does not match the hub's checksum (git id ${facts.etag}) and was deleted`,
    );
  }
  return fetched;
}

/**
 * Fetches one file into the hub's own cache, unless it is there: blob by checksum, link in the snapshot, ref.
 *
 * @throws {DownloadError} if the hub refuses, the network fails or the content is wrong
 */
export async function pullHubFile(file: HubFile, facts: HubFileFacts, pull: Pull): Promise<FetchedFile> {
  const { cacheDir, hubCacheDir } = pull.settings;
  const blob = hubBlobPath(file, facts.etag, hubCacheDir);
  await using _lock = await lockForPull(blob, file.file, facts.bytes, pull);
  let bytes = (await ifThere(stat(blob)))?.size;
  // A blob of another client counts only if its content is what its name says.
  let sha256 = bytes === undefined ? undefined : await fileSha256(blob, cacheDir, pull);
  if (sha256 === undefined || (facts.sha256 !== undefined && sha256 !== facts.sha256)) {
    ({ sha256, bytes } = await downloadBlob(file, facts, blob, pull));
    await rememberSha256(blob, sha256, cacheDir);
  }
  const path = await linkHubFile(file, facts.commit, facts.etag, hubCacheDir);
  return { path, sha256, bytes: bytes ?? 0 };
}
