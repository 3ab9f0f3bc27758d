import { DownloadError } from '../core/errors.ts';
import { PassingFault } from '../core/retry.ts';
import { requireGgufHead, shardFiles } from '../gguf/gguf-file.ts';
import { firstReadBytes, type GgufBytes, type GgufHeader, readHeaderOf } from '../gguf/gguf-header.ts';
import { requireLanguageModel } from '../gguf/gguf-kind.ts';
import { type ModelOutline, outlineModel } from '../gguf/model-outline.ts';
import { headerValue, type HttpAnswer, openHttpClient } from './http-client.ts';
import { type HubFile, hubFileUrl, hubHeaders, hubRefusal } from './hub-protocol.ts';
import { describeSource } from './model-source.ts';
import { askHub, type HubPatience, type HubSource } from './pull-hub.ts';
import type { Pull, PullOptions } from './pull.ts';
import type { SourceSettings } from './source-settings.ts';

/** Length of the whole file, as an answer with a part of it states it. */
function totalOf({ statusCode, headers }: HttpAnswer): number | undefined {
  const stated =
    statusCode === 206
      ? /^bytes \d+-\d+\/(\d+)$/.exec(headerValue(headers, 'content-range') ?? '')?.[1]
      : headerValue(headers, 'content-length');
  return stated === undefined ? undefined : Number(stated);
}

/** So many bytes of a body, or all of a shorter one; the connection is given up where more would come. */
async function readBody({ body }: HttpAnswer, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let have = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    have += chunk.length;
    if (have >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

interface Beginning {
  readonly head: Buffer;
  readonly totalBytes: number;
}

/** Asks for what is missing of the first bytes of a file. A server that knows no parts sends it whole from its start. */
async function askBeginning(file: HubFile, bytes: number, known: Buffer, pull: Pull): Promise<Beginning> {
  const { http, settings, signal } = pull;
  const range = `bytes=${known.length}-${bytes - 1}`;
  const url = hubFileUrl(file, settings.hubEndpoint);
  const answer = await http.send({ url, headers: { ...(await hubHeaders(settings)), range }, signal });
  const { statusCode } = answer;
  if (statusCode !== 200 && statusCode !== 206) {
    await answer.body.dump();
    if (statusCode === 416 && known.length === 0) return { head: known, totalBytes: 0 };
    throw hubRefusal(file, answer, settings.hubEndpoint);
  }
  const totalBytes = totalOf(answer);
  if (totalBytes === undefined) {
    await answer.body.dump();
    throw new DownloadError(`${answer.url} doesn't say how long the file is`, {
      hint: 'Fetch the model: perbench models pull.',
    });
  }
  const start = statusCode === 206 ? known.length : 0;
  const wanted = Math.min(bytes, totalBytes) - start;
  const part = await readBody(answer, wanted);
  if (part.length < wanted) throw new PassingFault('fault', `${part.length} of ${wanted} bytes came`);
  return { head: start === 0 ? part : Buffer.concat([known, part]), totalBytes };
}

/** A file on the hub whose beginning is fetched as far as somebody reads it. */
function hubBytes(file: HubFile, name: string, patience: HubPatience, pull: Pull): GgufBytes {
  let known: Beginning | undefined;
  return {
    name,
    mend: 'Look at the file on the hub, or take another one.',
    async first(bytes) {
      const have = known?.head ?? Buffer.alloc(0);
      if (known === undefined || have.length < Math.min(bytes, known.totalBytes)) {
        known = await askHub((own) => askBeginning(file, bytes, have, own), file.file, patience, pull);
      }
      return known;
    },
  };
}

/** What a header on the hub tells of a model. */
export interface RemoteModel {
  readonly header: GgufHeader;
  readonly outline: ModelOutline;
  /** Of all its files. */
  readonly fileBytes: number;
}

/**
 * Reads the headers of a model on the hub, of each part of a split one: some megabytes by range requests, never the
 * weights.
 *
 * @throws {DownloadError} if the hub refuses or can't be reached
 * @throws {ModelError} if a file is no GGUF, damaged, or no language model
 */
export async function readRemoteModel(
  source: HubSource,
  patience: HubPatience,
  settings: SourceSettings,
  options: PullOptions = {},
): Promise<RemoteModel> {
  await using http = openHttpClient(settings);
  const pull: Pull = { ...options, settings, http };
  const headers: GgufHeader[] = [];
  let fileBytes = 0;
  for (const part of shardFiles(source.file)) {
    const file: HubFile = { type: 'model', repo: source.repo, revision: source.revision, file: part };
    const name = describeSource({ ...source, file: part });
    const bytes = hubBytes(file, name, patience, pull);
    options.onProgress?.({ phase: 'connect', file: part, bytesDone: 0, bytesTotal: undefined });
    const { head, totalBytes } = await bytes.first(firstReadBytes);
    requireGgufHead(name, head);
    fileBytes += totalBytes;
    headers.push(await readHeaderOf(bytes));
  }
  const [first, ...others] = headers;
  if (first === undefined) throw new Error(`no files for ${source.file}`);
  requireLanguageModel(describeSource(source), first);
  return { header: first, outline: outlineModel([first, ...others]), fileBytes };
}
