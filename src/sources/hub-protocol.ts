import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { DownloadError, type PerbenchError } from '../core/errors.ts';
import { jsonInside } from '../core/json-inside.ts';
import { nearestName } from '../core/nearest-name.ts';
import { PassingFault, passingStatus } from '../core/retry.ts';
import { rememberSecrets } from '../core/without-secrets.ts';
import { ifThere } from '../files/if-there.ts';
import { headerValue, type HttpAnswer } from './http-client.ts';
import type { Pull } from './pull.ts';
import type { SourceSettings } from './source-settings.ts';

/** One file of a repository on the hub, at a branch, tag or commit. */
export interface HubFile {
  readonly type: 'model' | 'dataset';
  /** `owner/name`. */
  readonly repo: string;
  readonly revision: string;
  readonly file: string;
}

/** What the hub says of a file before it is fetched. */
export interface HubFileFacts {
  /** Full commit that the revision stands for. */
  readonly commit: string;
  /** Names the blob in the cache: the sha256 of large files, the git id of small ones. */
  readonly etag: string;
  /** Known for large files, which the hub stores by content. */
  readonly sha256: string | undefined;
  readonly bytes: number | undefined;
}

function repoUrl(file: Pick<HubFile, 'type' | 'repo'>, endpoint: string): string {
  return `${endpoint}/${file.type === 'dataset' ? 'datasets/' : ''}${file.repo}`;
}

/** Address of the file's content; it redirects to where large files are stored. */
export function hubFileUrl(file: HubFile, endpoint: string): string {
  const path = file.file.split('/').map(encodeURIComponent).join('/');
  return `${repoUrl(file, endpoint)}/resolve/${encodeURIComponent(file.revision)}/${path}`;
}

async function storedToken(path: string | undefined): Promise<string | undefined> {
  const token = path === undefined ? undefined : (await ifThere(readFile(path, 'utf8')))?.trim();
  return token === '' ? undefined : token;
}

/** The user's key for the hub, as request headers; empty where there is none. */
export async function hubHeaders(settings: SourceSettings): Promise<Record<string, string>> {
  const token = settings.hubToken ?? (await storedToken(settings.hubTokenFile));
  rememberSecrets([token]);
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

const describeRepo = (file: HubFile): string => `${file.type} ${file.repo}`;

/** What a refusal of the hub means to the user. */
export function explainHubRefusal(file: HubFile, answer: HttpAnswer, endpoint: string): PerbenchError | undefined {
  const { statusCode, headers } = answer;
  const code = headerValue(headers, 'x-error-code');
  const page = repoUrl(file, endpoint);
  if (code === 'GatedRepo' || (statusCode === 403 && code === undefined)) {
    return new DownloadError(`${describeRepo(file)} is gated: its licence must be accepted on the hub first`, {
      hint: `Accept the licence at ${page}, then set HF_TOKEN to your access token.`,
    });
  }
  if (code === 'RevisionNotFound') {
    return new DownloadError(`${describeRepo(file)} has no revision "${file.revision}"`, {
      hint: `See the branches and commits at ${page}/commits/main.`,
    });
  }
  if (code === 'EntryNotFound') {
    return new DownloadError(`${describeRepo(file)} has no file "${file.file}" at ${file.revision}`, {
      hint: `See its files at ${page}/tree/${file.revision}.`,
    });
  }
  if (code === 'RepoNotFound' || statusCode === 401 || statusCode === 404) {
    return new DownloadError(`the hub has no ${describeRepo(file)}, or it is private (HTTP ${statusCode})`, {
      hint: `Check the spelling at ${page}; for a private repository, set HF_TOKEN to an access token that can read it.`,
    });
  }
  return undefined;
}

const fileList = z.object({ siblings: z.array(z.object({ rfilename: z.string(), size: z.number().nullish() })) });

/** A file as a repository's list names it. */
export interface HubEntry {
  readonly path: string;
  readonly bytes: number | undefined;
}

/** More names a list of files only where it has no end. */
const longestList = 100_000_000;

async function listText({ body, url }: HttpAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestList) throw new DownloadError(`${url}: the list of files has no end`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * All files of a repository at a revision.
 *
 * @throws {DownloadError} if there is no such repository, or it isn't for this user
 */
export async function listHubFiles(
  repository: Omit<HubFile, 'file'>,
  { http, settings, signal }: Pull,
): Promise<readonly HubEntry[]> {
  const { hubEndpoint } = settings;
  const { type, repo, revision } = repository;
  const url = `${hubEndpoint}/api/${type}s/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const answer = await http.send({ url, headers: await hubHeaders(settings), signal });
  const text = await listText(answer);
  if (answer.statusCode !== 200) throw hubRefusal({ ...repository, file: '' }, answer, hubEndpoint);
  const parsed = fileList.safeParse(jsonInside(text));
  if (!parsed.success) {
    throw new DownloadError(`${answer.url} is not a Hugging Face hub: no list of files in its response`, {
      hint: `Check HF_ENDPOINT (now ${hubEndpoint}).`,
    });
  }
  return parsed.data.siblings.map(({ rfilename, size }) => ({ path: rfilename, bytes: size ?? undefined }));
}

/** What a status of the hub means: something that passes, or its refusal in words. */
export function hubRefusal(file: HubFile, answer: HttpAnswer, endpoint: string): Error {
  const passing = passingStatus(answer.statusCode);
  const shown = `HTTP ${answer.statusCode} from ${answer.url}`;
  if (passing !== undefined) return new PassingFault(passing, shown);
  return explainHubRefusal(file, answer, endpoint) ?? new DownloadError(shown);
}

/** A missing file, with the names that are there. */
async function missingFile(file: HubFile, pull: Pull): Promise<DownloadError | undefined> {
  const names = (await entriesIfListed(file, pull))
    .map(({ path }) => path)
    .filter((name) => /\.(gguf|parquet|jsonl?)$/i.test(name));
  if (names.length === 0) return undefined;
  const near = nearestName(file.file, names);
  const shown = names.slice(0, 12).join(', ');
  return new DownloadError(
    `${describeRepo(file)} has no file "${file.file}" at ${file.revision}; found ${shown}${names.length > 12 ? `, and ${names.length - 12} more` : ''}`,
    {
      hint:
        near === undefined
          ? `See its files at ${repoUrl(file, pull.settings.hubEndpoint)}/tree/${file.revision}.`
          : `Did you mean "${near}"?`,
    },
  );
}

/** The files of a repository; none where the hub doesn't list them. */
export async function entriesIfListed(repository: Omit<HubFile, 'file'>, pull: Pull): Promise<readonly HubEntry[]> {
  try {
    return await listHubFiles(repository, pull);
  } catch (error) {
    if (error instanceof DownloadError || error instanceof PassingFault) return [];
    throw error;
  }
}

const commitPattern = /^[0-9a-f]{40}$/;
const etagPattern = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

function factsFrom(answer: HttpAnswer, endpoint: string): HubFileFacts {
  const { headers } = answer;
  const commit = headerValue(headers, 'x-repo-commit') ?? '';
  const etag = (headerValue(headers, 'x-linked-etag') ?? headerValue(headers, 'etag') ?? '')
    .replace(/^W\//, '')
    .replaceAll('"', '');
  // Both become file names, so nothing but hex digits may pass.
  if (!commitPattern.test(commit) || !etagPattern.test(etag)) {
    throw new DownloadError(`${answer.url} is not a Hugging Face hub: no commit or checksum in its response headers`, {
      hint: `Check HF_ENDPOINT (now ${endpoint}).`,
    });
  }
  const size =
    headerValue(headers, 'x-linked-size') ??
    (answer.statusCode === 200 ? headerValue(headers, 'content-length') : undefined);
  return {
    commit,
    etag,
    sha256: etag.length === 64 ? etag : undefined,
    bytes: size === undefined ? undefined : Number(size),
  };
}

/**
 * Asks the hub for commit, checksum and size of a file, without fetching it.
 *
 * @throws {DownloadError} if there is no such file, or it isn't for this user
 */
export async function hubFileFacts(file: HubFile, pull: Pull): Promise<HubFileFacts> {
  const { http, settings, signal } = pull;
  const { hubEndpoint } = settings;
  const url = hubFileUrl(file, hubEndpoint);
  const headers = await hubHeaders(settings);
  const answer = await http.send({ url, method: 'HEAD', headers, signal, follow: 'relative' });
  await answer.body.dump();
  const { statusCode } = answer;
  if (statusCode < 400) return factsFrom(answer, hubEndpoint);
  const isMissingEntry = headerValue(answer.headers, 'x-error-code') === 'EntryNotFound';
  const known = isMissingEntry ? await missingFile(file, pull) : undefined;
  throw known ?? hubRefusal(file, answer, hubEndpoint);
}
