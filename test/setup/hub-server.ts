import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One file that the test hub serves. */
export interface ServedFile {
  readonly type?: 'model' | 'dataset';
  readonly repo: string;
  readonly path: string;
  readonly content: Buffer;
  /** Small files of the hub are not stored by content: their tag is git's id. */
  readonly isSmall?: boolean;
}

/** What goes wrong; tests change it while the server runs. */
export interface HubFaults {
  /** Each body is cut after so many of its bytes, one entry a request; a chunked one ends as if it were whole. */
  cutAfterBytes: number[];
  /** Whether the client has put away so many bytes of the file: a cut drops what a stream still holds. */
  hasKept: (fileBytes: number) => boolean;
  /** Each content request gets this status instead, one entry a request. */
  statuses: number[];
  ignoresRanges: boolean;
  /** The content differs from what its checksum says. */
  isCorrupt: boolean;
  /** A login page, with status 200. */
  sendsPage: boolean;
  /** No length is stated. */
  isChunked: boolean;
  isGated: boolean;
  /** Bodies stop without an end after so many bytes. */
  stallAfterBytes: number | undefined;
}

export interface SeenRequest {
  readonly host: 'hub' | 'store';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
}

/** A local server that speaks the hub's protocol, with a second one as the store that large files redirect to. */
export interface HubServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly storeOrigin: string;
  readonly commit: string;
  readonly faults: HubFaults;
  readonly seen: SeenRequest[];
}

export const servedCommit = '0123456789abcdef0123456789abcdef01234567';
export const accessToken = 'hf_test_token';

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const gitId = (content: Buffer): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

function noFaults(): HubFaults {
  return {
    cutAfterBytes: [],
    hasKept: () => true,
    statuses: [],
    ignoresRanges: false,
    isCorrupt: false,
    sendsPage: false,
    isChunked: false,
    isGated: false,
    stallAfterBytes: undefined,
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function damaged(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 0xff;
  return copy;
}

interface Slice {
  readonly status: 200 | 206 | 416;
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
}

function sliceOf(request: IncomingMessage, etag: string, length: number, faults: HubFaults): Slice {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const guard = request.headers['if-range'];
  if (first === undefined || faults.ignoresRanges || (guard !== undefined && guard !== etag))
    return { status: 200, start: 0, end: length };
  if (Number(first) >= length) return { status: 416, start: 0, end: 0 };
  return { status: 206, start: Number(first), end: last === '' ? length : Math.min(length, Number(last) + 1) };
}

function sendBody(response: ServerResponse, content: Buffer, start: number, faults: HubFaults): void {
  const body = content.subarray(start);
  const cut = faults.cutAfterBytes.shift();
  if (faults.stallAfterBytes !== undefined) {
    response.write(body.subarray(0, faults.stallAfterBytes));
    return;
  }
  if (cut === undefined) {
    response.end(body);
    return;
  }
  if (faults.isChunked) {
    response.end(body.subarray(0, cut));
    return;
  }
  const cutWhenKept = (): void => {
    if (faults.hasKept(start + cut)) response.destroy();
    else setTimeout(cutWhenKept, 5);
  };
  response.write(body.subarray(0, cut), cutWhenKept);
}

/** Content with ranges, as the hub's store serves it. */
function sendContent(request: IncomingMessage, response: ServerResponse, file: ServedFile, faults: HubFaults): void {
  const status = faults.statuses.shift();
  if (status !== undefined) {
    response.writeHead(status, { 'retry-after': '0' }).end('not now');
    return;
  }
  if (faults.sendsPage) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><title>Log in</title>');
    return;
  }
  const content = faults.isCorrupt ? damaged(file.content) : file.content;
  const etag = `"${sha256(content).slice(0, 32)}"`;
  const slice = sliceOf(request, etag, content.length, faults);
  if (slice.status === 416) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  response.writeHead(slice.status, {
    etag,
    ...(!faults.isChunked && { 'content-length': String(slice.end - slice.start) }),
    ...(slice.status === 206 && { 'content-range': `bytes ${slice.start}-${slice.end - 1}/${content.length}` }),
  });
  sendBody(response, content.subarray(0, slice.end), slice.start, faults);
}

function hubError(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'x-error-code': code, 'x-error-message': code }).end();
}

function fileHeaders(file: ServedFile): Record<string, string> {
  const { content, isSmall = false } = file;
  if (isSmall)
    return { 'x-repo-commit': servedCommit, etag: `"${gitId(content)}"`, 'content-length': String(content.length) };
  return {
    'x-repo-commit': servedCommit,
    'x-linked-etag': `"${sha256(content)}"`,
    'x-linked-size': String(content.length),
  };
}

const resolvePattern = /^\/(?:(datasets)\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/;
const listPattern = /^\/api\/(model|dataset)s\/([^/]+\/[^/]+)\/revision\/([^/]+)$/;

function answerHub(
  request: IncomingMessage,
  response: ServerResponse,
  files: readonly ServedFile[],
  storeOrigin: string,
  faults: HubFaults,
): void {
  const [encoded = '', query = ''] = (request.url ?? '').split('?');
  const url = decodeURIComponent(encoded);
  const [, listType, listRepo] = listPattern.exec(url) ?? [];
  if (listRepo !== undefined) {
    const names = files.filter((file) => file.repo === listRepo && (file.type ?? 'model') === listType);
    if (names.length === 0) return hubError(response, 401, 'RepoNotFound');
    // Only who asks for sizes is told them.
    const hasSizes = query.includes('blobs=true');
    const siblings = names.map(({ path, content }) => ({ rfilename: path, ...(hasSizes && { size: content.length }) }));
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ sha: servedCommit, siblings }));
    return;
  }
  const [, datasets, repo, revision, path] = resolvePattern.exec(url) ?? [];
  const type = datasets === undefined ? 'model' : 'dataset';
  const inRepo = files.filter((file) => file.repo === repo && (file.type ?? 'model') === type);
  if (inRepo.length === 0) return hubError(response, 401, 'RepoNotFound');
  if (faults.isGated && request.headers.authorization !== `Bearer ${accessToken}`)
    return hubError(response, 401, 'GatedRepo');
  if (revision !== 'main' && revision !== servedCommit) return hubError(response, 404, 'RevisionNotFound');
  const file = inRepo.find((candidate) => candidate.path === path);
  if (file === undefined) return hubError(response, 404, 'EntryNotFound');
  if (file.isSmall === true) {
    if (request.method === 'HEAD') return void response.writeHead(200, fileHeaders(file)).end();
    return sendContent(request, response, file, faults);
  }
  const location = `${storeOrigin}/${sha256(file.content)}?signature=secret`;
  response.writeHead(302, { ...fileHeaders(file), location }).end();
}

/** Starts both servers on loopback; disposing closes them with all their connections. */
export async function startHubServer(files: readonly ServedFile[]): Promise<HubServer> {
  const faults = noFaults();
  const seen: SeenRequest[] = [];
  const note = (host: SeenRequest['host'], { method = '', url = '', headers }: IncomingMessage): void => {
    const { range, authorization } = headers;
    const ifRange = headers['if-range'];
    seen.push({
      host,
      method,
      path: url,
      range,
      authorization,
      ifRange: typeof ifRange === 'string' ? ifRange : undefined,
    });
  };
  const store = createServer((request, response) => {
    note('store', request);
    const file = files.find(({ content }) => request.url?.startsWith(`/${sha256(content)}?`) === true);
    if (file === undefined) response.writeHead(403).end();
    else sendContent(request, response, file, faults);
  });
  const storeOrigin = await listen(store);
  const hub = createServer((request, response) => {
    note('hub', request);
    answerHub(request, response, files, storeOrigin, faults);
  });
  const endpoint = await listen(hub);
  return {
    endpoint,
    storeOrigin,
    commit: servedCommit,
    faults,
    seen,
    async [Symbol.asyncDispose]() {
      for (const server of [hub, store]) {
        server.closeAllConnections();
        await new Promise((resolve) => {
          server.close(resolve);
        });
      }
    },
  };
}
