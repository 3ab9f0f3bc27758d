import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DownloadError } from '../core/errors.ts';
import { isMissing } from './disk-error.ts';
import { downloadFile } from './download-file.ts';
import type { FetchedFile } from './fetched-file.ts';
import { lockTarget } from './file-lock.ts';
import { fileSha256, rememberSha256 } from './file-sha256.ts';
import type { HttpClient } from './http-client.ts';
import { hubBlobPath, linkHubFile } from './hub-cache.ts';
import { explainHubRefusal, hubFileUrl, hubHeaders, type HubFile, type HubFileFacts } from './hub-protocol.ts';
import type { PullOptions } from './pull-progress.ts';
import type { SourceSettings } from './source-settings.ts';

/** Git's id of a file's content; the hub names small files by it. */
async function gitBlobId(path: string): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

async function existingBytes(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function downloadBlob(
  file: HubFile,
  facts: HubFileFacts,
  blob: string,
  http: HttpClient,
  settings: SourceSettings,
  options: PullOptions,
): Promise<FetchedFile> {
  const { hubEndpoint, network } = settings;
  const fetched = await downloadFile(
    {
      // By commit: the branch may move between the question and this.
      url: hubFileUrl({ ...file, revision: facts.commit }, hubEndpoint),
      headers: await hubHeaders(settings),
      target: blob,
      file: file.file,
      sha256: facts.sha256,
      bytes: facts.bytes,
      explain: (answer) => explainHubRefusal(file, answer, hubEndpoint),
    },
    http,
    network,
    options,
  );
  if (facts.sha256 === undefined && (await gitBlobId(blob)) !== facts.etag) {
    await rm(blob, { force: true });
    throw new DownloadError(
      `${file.repo}/${file.file}: the content is not what the hub says it is (git id ${facts.etag}); it is deleted`,
    );
  }
  return fetched;
}

/**
 * Fetches one file into the hub's own cache, unless it is there: blob by checksum, link in the snapshot, ref.
 *
 * @throws {DownloadError} if the hub refuses, the network fails or the content is wrong
 */
export async function pullHubFile(
  file: HubFile,
  facts: HubFileFacts,
  http: HttpClient,
  settings: SourceSettings,
  options: PullOptions,
): Promise<FetchedFile> {
  const { cacheDir, hubCacheDir } = settings;
  const blob = hubBlobPath(file, facts.etag, hubCacheDir);
  await using _lock = await lockTarget(join(cacheDir, 'locks'), blob, {
    signal: options.signal,
    onWait: () => options.onProgress?.({ phase: 'wait', file: file.file, bytesDone: 0, bytesTotal: facts.bytes }),
  });
  let bytes = await existingBytes(blob);
  // A blob of another client counts only if its content is what its name says.
  let sha256 = bytes === undefined ? undefined : await fileSha256(blob, cacheDir, options);
  if (sha256 === undefined || (facts.sha256 !== undefined && sha256 !== facts.sha256)) {
    ({ sha256, bytes } = await downloadBlob(file, facts, blob, http, settings, options));
    await rememberSha256(blob, sha256, cacheDir);
  }
  const path = await linkHubFile(file, facts.commit, facts.etag, hubCacheDir);
  return { path, sha256, bytes: bytes ?? 0 };
}
