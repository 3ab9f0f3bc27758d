import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { DownloadError } from '../core/errors.ts';
import { ifThere } from '../files/if-there.ts';
import { downloadFile } from './download-file.ts';
import type { FetchedFile, Pull } from './pull-progress.ts';
import { lockForPull } from './file-lock.ts';
import { fileSha256, rememberSha256 } from './file-sha256.ts';
import type { HttpAnswer } from './http-client.ts';
import { hubBlobPath, linkHubFile } from './hub-cache.ts';
import { explainHubRefusal, hubFileUrl, hubHeaders, type HubFile, type HubFileFacts } from './hub-protocol.ts';

/** Git's id of a file's content; the hub names small files by it. */
async function gitBlobId(path: string): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
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
