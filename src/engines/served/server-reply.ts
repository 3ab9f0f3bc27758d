import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import * as z from 'zod';
import { isCutJson, pythonJsonInside, withEscapedControls } from '../../core/json-inside.ts';
import { ServerError } from '../../core/errors.ts';
import { shownProxy } from '../../core/proxy.ts';
import { PassingFault, passingStatus, retryAfterMs, errorCode } from '../../core/retry.ts';
import { readRefusalText, readText } from './reply-body.ts';
import { RequestFault } from './request-fault.ts';
import { errorInText, isError, type SaidError, saidText } from './said-error.ts';

export interface ServerReply {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Dispatcher.ResponseData['body'];
  /** A body that brings nothing for so long has hung. */
  readonly hangMs: number;
  /** Takes the key out of what the server said; before it is cut, since a part of a key wouldn't be found. */
  readonly redact: (text: string) => string;
}

const longestQuote = 200;

/** What a server said, on one line, short enough to show. */
export function quote(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line;
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What people see of a page; other texts as they are. */
function visibleText(text: string): string {
  return text.replaceAll(/<(script|style)\b.*?<\/\1>|<[^>]*>/gis, ' ');
}

/** What a refusal is about, with a text that can be shown. */
function readRefusal(text: string): SaidError {
  const said = errorInText(text) ?? saidText(visibleText(text));
  return { ...said, text: quote(said.text === '' ? text : said.text) };
}

/** What a refusal says, on one line. */
export function refusalText(text: string): string {
  return readRefusal(text).text;
}

const tooLong =
  /context (?:length|size|window)|too long|exceed_context|maximum (?:model|input) length|longer than the (?:model|maximum)/i;
const badTemplate = /chat template|jinja|conversation roles|roles must alternate/i;

/** The most tokens of output that a refusal allows; undefined where it is about something else. */
function outputCap(text: string): number | undefined {
  if (!/max_?(?:completion_|output_|new_)?tokens|(?:output|completion) tokens/i.test(text)) return undefined;
  const said =
    /(?:at most|up to|<=|≤|less than or equal to|maximum(?: \w+)?(?: of| is)?|limit(?: of| is)?)[^\d.]{0,20}(\d+)/i.exec(
      text,
    );
  return said === null ? undefined : Number(said[1]);
}

function requestFault({ text, type, isFiltered, promptTokens }: SaidError): RequestFault {
  if (isFiltered)
    return new RequestFault('engine', `the server's content filter: ${text}`, promptTokens, { isFiltered });
  if (tooLong.test(type) || tooLong.test(text)) {
    const counted = /(\d+)\s*(?:in the messages|input tokens|prompt tokens|tokens)/i.exec(text)?.[1];
    return new RequestFault(
      'prompt_too_long',
      text,
      promptTokens ?? (counted === undefined ? undefined : Number(counted)),
    );
  }
  const cap = outputCap(text);
  if (cap !== undefined) {
    return new RequestFault(
      'engine',
      `the server allows ${cap} tokens of output, fewer than the task asks for (${text}); --model-args 'body={"max_tokens":${cap}}' asks for that many, and longer answers are then cut`,
    );
  }
  return new RequestFault(badTemplate.test(text) ? 'template' : 'engine', `the server refused the request: ${text}`);
}

/** A redirect isn't followed: every request would take the way twice, and its key might go to another host. */
function redirection(
  at: { readonly url: string; readonly statusCode: number },
  location: string | undefined,
): ServerError {
  const target = location === undefined ? null : URL.parse(location, at.url);
  if (target === null || !/^https?:$/.test(target.protocol)) {
    const where =
      location === undefined ? 'without saying where to' : `to what is no address of a server: ${quote(location)}`;
    return new ServerError(`HTTP ${at.statusCode}: it redirects ${where}`, at, { hint: 'Check the address.' });
  }
  const where = `${target.origin}${target.pathname}`;
  const base = where.replace(/(?:\/chat)?\/completions\/?$|\/models\/?$/, '');
  return new ServerError(`HTTP ${at.statusCode}: it redirects to ${where}`, at, {
    hint: `If you trust it with your key, give its address instead: openai:${base}.`,
  });
}

/**
 * Turns a refusal into what it means: something that passes, this request's own fault, or the end of the pass.
 *
 * @param url address as shown to people
 * @param how what the refusal came as
 */
export function refusal(
  url: string,
  { statusCode, headers }: Pick<ServerReply, 'statusCode' | 'headers'>,
  text: string,
  how: string = `HTTP ${statusCode}`,
): Error {
  const said = readRefusal(text);
  const at = { url, statusCode };
  const shown = `${how}${said.text === '' ? '' : `: ${said.text}`}`;
  const passing = passingStatus(statusCode);
  if (passing !== undefined) {
    return new PassingFault(passing, shown, {
      statusCode,
      retryAfterMs: retryAfterMs(header(headers, 'retry-after'), Date.now()),
    });
  }
  if (said.isFiltered) return requestFault(said);
  if (statusCode === 401 || statusCode === 403) {
    return new ServerError(`the server refuses the key (${shown})`, at, {
      hint: 'Set OPENAI_API_KEY, or name the variable that holds the key with apiKeyVariable.',
    });
  }
  if (statusCode >= 300 && statusCode < 400) return redirection(at, header(headers, 'location'));
  // vLLM and others answer 404 for a model that they don't serve.
  if (statusCode === 404 || statusCode === 405) {
    return new ServerError(shown, at, {
      hint: 'Check the address and the name of the model: GET /v1/models lists what is served.',
    });
  }
  if (statusCode === 400 || statusCode === 413 || statusCode === 422) return requestFault(said);
  return new ServerError(shown, at, { hint: 'Check the server, and that the address is that of its API.' });
}

/**
 * What an error means that a server put into an answer with status 200: what it would mean as a refusal with the status
 * that it names. One that names none may pass.
 *
 * @param otherwise the status where none is named
 */
export function errorInside(url: string, text: string, otherwise = 500): Error {
  const { statusCode } = errorInText(text) ?? saidText(text);
  const how = `an error${statusCode === undefined ? '' : ` (${statusCode})`} in an answer with status 200`;
  return refusal(url, { statusCode: statusCode ?? otherwise, headers: {} }, text, how);
}

/** @throws what `refusal` makes of it, for any status but 2xx */
export async function requireOk(url: string, reply: ServerReply): Promise<void> {
  const { statusCode, redact } = reply;
  if (statusCode >= 200 && statusCode < 300) return;
  throw refusal(url, reply, redact(await readRefusalText(reply)));
}

/**
 * Reads a JSON answer. What the server calls it doesn't matter, as long as it is JSON.
 *
 * @throws {PassingFault} for an answer that is empty or cut
 * @throws {ServerError} for one that was never JSON, or has other fields
 */
export async function readJson<Schema extends z.ZodType>(
  url: string,
  reply: ServerReply,
  schema: Schema,
): Promise<z.output<Schema>> {
  await requireOk(url, reply);
  const text = await readText(reply);
  const value = parseJson(url, text, reply);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  if (isError(value)) throw errorInside(url, reply.redact(text), 400);
  const problem = z.prettifyError(parsed.error).replaceAll('\n', ' ');
  throw new ServerError(
    `the response does not follow the protocol: ${problem}`,
    { url, statusCode: 200 },
    {
      hint: 'Check that the server speaks the OpenAI protocol at this address.',
    },
  );
}

/**
 * A value from JSON as servers write it: with Python's bare NaN and Infinity, which are null, and with raw line ends and
 * other control characters in strings.
 *
 * @throws {PassingFault} for a text that is empty or cut
 * @throws {ServerError} for one that was never JSON
 */
export function parseJson(
  url: string,
  text: string,
  { headers, redact }: Pick<ServerReply, 'headers' | 'redact'>,
): unknown {
  if (text.trim() === '') throw new PassingFault('fault', 'an empty response with status 200');
  const value = pythonJsonInside(text) ?? pythonJsonInside(withEscapedControls(text));
  if (value !== undefined) return value;
  if (isCutJson(text)) throw new PassingFault('fault', `a truncated JSON response of ${text.length} characters`);
  throw new ServerError(
    `expected JSON, got ${header(headers, 'content-type') ?? 'a response without a content type'}: ${quote(visibleText(redact(text)))}`,
    { url, statusCode: 200 },
    {
      hint: 'Check the address: it must be that of the API, such as http://127.0.0.1:8000/v1.',
    },
  );
}

const certificate =
  'Check the certificate and the name in the address; set NODE_EXTRA_CA_CERTS to the file of your own certificate authority.';
const tooManyConnections = 'Lower the concurrency, or raise the limit of open files (ulimit -n).';

/** What to do about errors of the network that won't pass by themselves; the first pattern that fits. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^ENOTFOUND$/, 'Check the host in the address.'],
  [/CERT|SIGNATURE|^ERR_TLS/, certificate],
  [/^EPROTO$|SSL/, 'Check that the server supports https; if not, start the address with http://.'],
  [/^E[MN]FILE$/, tooManyConnections],
  [/^EADDRNOTAVAIL$/, 'Lower the concurrency: this machine has no port left for another connection.'],
];

/** An error that the network or the system gave a code, as one line for people; undefined for what may be a bug. */
export function networkError(error: unknown, url: string, proxy?: URL): ServerError | undefined {
  // Node gives its complaints about wrong arguments codes too.
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return undefined;
  const code = errorCode(error);
  if (code === undefined || code.startsWith('PB_')) return undefined;
  const [line = ''] = error.message.trim().split('\n');
  const way = proxy === undefined ? '' : ` (through the proxy ${shownProxy(proxy)})`;
  if (proxy !== undefined && /SSL|^EPROTO$|^ERR_TLS|SOCKS|INVALID_ARG/.test(code))
    return new ServerError(
      `the proxy ${shownProxy(proxy)} does not speak ${proxy.protocol.slice(0, -1)} (${code})`,
      { url },
      { hint: proxyHint, cause: code },
    );
  const known = proxy === undefined ? hints.find(([pattern]) => pattern.test(code))?.[1] : proxyHint;
  const hint = known ?? 'Check the address and the network.';
  return new ServerError(`no connection (${code}): ${line.replace(/:$/, '')}${way}`, { url }, { hint, cause: code });
}

/** What to do where a proxy can't be reached, or doesn't reach the server. */
export const proxyHint = 'Check the proxy: HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name it; or add the host to NO_PROXY.';

/** What a proxy said instead of letting a request through; undefined where the error is another. */
export function proxyRefusal(error: unknown, proxy: URL, url: string): ServerError | undefined {
  if (!(error instanceof Error)) return undefined;
  const said = `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
  const [, tunnel, plain] = /Proxy response \((\d{3})\)|Proxy Authentication Required \((\d{3})\)/i.exec(said) ?? [];
  const statusCode = tunnel ?? plain;
  if (statusCode === undefined) return undefined;
  const what = statusCode === '407' ? 'asks for a user and a password, or refuses them' : 'lets no request through';
  return new ServerError(
    `the proxy ${shownProxy(proxy)} ${what} (HTTP ${statusCode})`,
    { url },
    {
      hint:
        statusCode === '407' ? 'Write them into the variable of the proxy: http://user:password@host:port.' : proxyHint,
    },
  );
}
