import { dirname } from 'node:path';
import * as z from 'zod';
import { sizeText } from '../core/amount-text.ts';
import { DownloadError, type PerbenchError } from '../core/errors.ts';
import { PassingFault, passingStatus, retryAfterMs } from '../core/retry.ts';
import { readJsonIfThere } from '../files/if-there.ts';
import { freeBytes, requireFreeBytes, writeAtomically } from './disk-error.ts';
import { headerValue, type HttpAnswer, describeNetworkError, isPassing, pauseBeforeRetry } from './http-client.ts';
import { PartialFile } from './partial-file.ts';
import type { FetchedFile, Pull } from './pull.ts';

export interface Download {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Final path; what has come so far lies beside it as `.incomplete`. */
  readonly target: string;
  /** Name for progress and errors. */
  readonly file: string;
  readonly sha256: string | undefined;
  readonly bytes: number | undefined;
  /** Turns a refusal (4xx) into what the user should know; undefined leaves the general text. */
  readonly explain?: (answer: HttpAnswer) => PerbenchError | undefined;
}

/** A download under way. `etag` is of the part that lies on disk, so that a changed file isn't glued to an old start. */
interface Transfer {
  readonly download: Download;
  readonly pull: Pull;
  readonly part: PartialFile;
  etag: string | undefined;
  bytesTotal: number | undefined;
}

const resumeSchema = z.object({ etag: z.string().optional() });
const resumePath = (target: string): string => `${target}.incomplete.json`;

async function readEtag(target: string): Promise<string | undefined> {
  return resumeSchema.safeParse(await readJsonIfThere(resumePath(target))).data?.etag;
}

function rangeHeaders({ part, etag }: Transfer): Record<string, string> {
  if (part.bytes === 0) return {};
  // A weak tag promises nothing about bytes, so it can't guard a range.
  const guard = etag !== undefined && !etag.startsWith('W/') ? { 'if-range': etag } : undefined;
  return { range: `bytes=${part.bytes}-`, ...guard };
}

function refusal(download: Download, answer: HttpAnswer): Error {
  const { statusCode, headers, url } = answer;
  const passing = passingStatus(statusCode);
  if (passing !== undefined) {
    const askedMs = retryAfterMs(headerValue(headers, 'retry-after'), Date.now());
    return new PassingFault(passing, `HTTP ${statusCode} from ${url}`, { retryAfterMs: askedMs });
  }
  const known = download.explain?.(answer);
  if (known !== undefined) return known;
  return new DownloadError(`${download.file}: HTTP ${statusCode} from ${url}`, {
    hint: statusCode === 404 ? 'Check the URL: there is no such file.' : 'Check the URL, and whether it needs a token.',
  });
}

interface ContentRange {
  readonly start: number | undefined;
  readonly total: number | undefined;
}

function contentRange(answer: HttpAnswer): ContentRange {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headerValue(answer.headers, 'content-range') ?? '');
  const start = match?.[1];
  const total = match?.[2];
  return {
    start: start === undefined ? undefined : Number(start),
    total: total === undefined || total === '*' ? undefined : Number(total),
  };
}

/** Size of the whole file, as this answer states it; checks it against what was promised. */
function totalBytes(transfer: Transfer, answer: HttpAnswer): number | undefined {
  const { download } = transfer;
  const length = headerValue(answer.headers, 'content-length');
  const stated =
    answer.statusCode === 206 ? contentRange(answer).total : length === undefined ? undefined : Number(length);
  if (stated !== undefined && download.bytes !== undefined && stated !== download.bytes) {
    throw new DownloadError(`${download.file}: ${answer.url} has ${stated} bytes, expected ${download.bytes}`, {
      hint: 'This is a different file: check the source and revision.',
    });
  }
  return stated ?? download.bytes;
}

function requireFile(download: Download, answer: HttpAnswer): void {
  const type = headerValue(answer.headers, 'content-type') ?? '';
  if (!/^text\/html\b/i.test(type)) return;
  throw new DownloadError(`${download.file}: ${answer.url} returned a web page instead of the file`, {
    hint: 'Open the URL in a browser: it may need a login, or a proxy may intercept it.',
  });
}

/** Brings the part on disk in line with where the answer starts. Returns false if nothing is left to read. */
async function alignPart(transfer: Transfer, answer: HttpAnswer): Promise<boolean> {
  const { part, download } = transfer;
  if (answer.statusCode === 416) {
    const { total } = contentRange(answer);
    if (part.bytes > 0 && total === part.bytes) return false;
    await part.restart();
    throw new PassingFault('fault', `${answer.url} refused to resume after byte ${part.bytes}`);
  }
  if (answer.statusCode !== 200 && answer.statusCode !== 206) throw refusal(download, answer);
  requireFile(download, answer);
  transfer.bytesTotal = totalBytes(transfer, answer);
  if (answer.statusCode === 206 && contentRange(answer).start !== part.bytes) {
    await part.restart();
    throw new PassingFault('fault', `${answer.url} sent a different range than requested`);
  }
  // 200: the server can't go on in the middle, or has another file now.
  if (answer.statusCode === 200 && part.bytes > 0) await part.restart();
  return true;
}

async function rememberEtag(transfer: Transfer, answer: HttpAnswer): Promise<void> {
  const etag = headerValue(answer.headers, 'etag');
  if (etag === transfer.etag) return;
  transfer.etag = etag;
  await writeAtomically(resumePath(transfer.download.target), JSON.stringify({ etag }));
}

/** How much may come of a file whose size nobody knows: half of the disk stays free. */
async function unknownBytesLeft({ download, pull, part }: Transfer): Promise<number> {
  const left = pull.settings.network.unknownBytes - part.bytes;
  return Math.max(0, Math.min(left, Math.floor((await freeBytes(dirname(download.target))) / 2)));
}

function tooLong({ download, bytesTotal }: Transfer, bytesMost: number): DownloadError {
  if (bytesTotal !== undefined) return new DownloadError(`${download.file}: received more than ${bytesTotal} bytes`);
  return new DownloadError(
    `${download.file}: no end after ${sizeText(bytesMost)}, and its server doesn't say how long it is; what came was deleted`,
    { hint: 'Check the URL; or free some space, or fetch the file with another program and name its path.' },
  );
}

async function fetchRest(transfer: Transfer): Promise<void> {
  const { download, part, pull } = transfer;
  const headers = { ...download.headers, ...rangeHeaders(transfer) };
  const answer = await pull.http.send({ url: download.url, headers, signal: pull.signal });
  let isDrained = false;
  try {
    if (!(await alignPart(transfer, answer))) return;
    await rememberEtag(transfer, answer);
    const { bytesTotal } = transfer;
    if (bytesTotal !== undefined) await requireFreeBytes(download.target, bytesTotal - part.bytes);
    const bytesMost = bytesTotal ?? part.bytes + (await unknownBytesLeft(transfer));
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      // What has no end must not fill the disk, nor stay on it.
      if (part.bytes + chunk.length > bytesMost) {
        await part.restart();
        throw tooLong(transfer, bytesMost);
      }
      await part.append(chunk, bytesTotal === undefined ? undefined : bytesTotal - part.bytes);
      pull.onProgress?.({ phase: 'download', file: download.file, bytesDone: part.bytes, bytesTotal });
    }
    isDrained = true;
    if (bytesTotal !== undefined && part.bytes < bytesTotal)
      throw new PassingFault('fault', `the connection ended after ${part.bytes} of ${bytesTotal} bytes`);
  } finally {
    // Without this an unread body would keep its connection, and an error in it would have no listener.
    if (!isDrained) answer.body.on('error', () => undefined).destroy();
  }
}

async function fetchWithRetries(transfer: Transfer): Promise<void> {
  const { part, download, pull } = transfer;
  const limits = pull.settings.network;
  let failures = 0;
  for (let reached = part.bytes; ;) {
    try {
      await fetchRest(transfer);
      return;
    } catch (error) {
      if (!isPassing(error, pull.signal)) throw error;
      failures = part.bytes > reached ? 1 : failures + 1;
      reached = Math.max(reached, part.bytes);
      const reason = describeNetworkError(error);
      if (failures >= limits.attempts) {
        await part.sync();
        throw new DownloadError(
          `${download.file}: ${reason}; gave up after ${failures} attempts; ${sizeText(part.bytes)} downloaded so far are kept`,
          { hint: 'Run the same command again: it resumes where it stopped.', cause: error },
        );
      }
      const { bytesTotal } = transfer;
      pull.onProgress?.({ phase: 'retry', file: download.file, bytesDone: part.bytes, bytesTotal, note: reason });
      await pauseBeforeRetry(failures, error, limits, pull.signal);
    }
  }
}

/** An earlier part may be resumed only if something will tell whether it fits: a checksum, or the server's tag. */
async function openPart(download: Download, etag: string | undefined, { signal }: Pull): Promise<PartialFile> {
  const canResume = download.sha256 !== undefined || (etag !== undefined && !etag.startsWith('W/'));
  const keepBytes = canResume ? undefined : 0;
  const part = await PartialFile.open(`${download.target}.incomplete`, { signal, keepBytes });
  if (download.bytes !== undefined && part.bytes > download.bytes) await part.restart();
  return part;
}

/**
 * Fetches one file: goes on where an earlier attempt stopped, tries again after cuts, checks size and sha256, and only
 * then gives the file its name. The caller holds the lock on `download.target`.
 *
 * @throws {DownloadError} if the server refuses, the network fails for good (what came is kept), or the content is
 *   not what it should be (what came is deleted)
 * @throws {EnvironmentError} if the disk is full or can't be written
 */
export async function downloadFile(download: Download, pull: Pull): Promise<FetchedFile> {
  const { target, sha256 } = download;
  const etag = await readEtag(target);
  await using part = await openPart(download, etag, pull);
  const isWhole = part.bytes > 0 && part.bytes === download.bytes && sha256 === part.sha256();
  if (!isWhole) await fetchWithRetries({ download, pull, part, etag, bytesTotal: download.bytes });
  return await part.finish({
    ...download,
    notePath: resumePath(target),
    changed: 'the file at the source has changed',
  });
}
