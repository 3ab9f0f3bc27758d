import { UsageError } from '../../core/errors.ts';
import { looksLikeKey } from '../../core/without-secrets.ts';
import { percentDecoded } from '../../core/percent-decoded.ts';

/** Where a served model is. */
export interface ServedAddress {
  /** Origin and path, ends with `/v1` mostly, never with a slash. */
  readonly baseUrl: string;
  /** Sent with every request: `?api-version=2024-10-21`; empty where there is none. */
  readonly query: string;
  /** Undefined: the only model that the server has. */
  readonly servedName: string | undefined;
}

/** `localhost:8000`, `gpu-1:8000/v1#name`, `[::1]:8000`: a host with its port. */
const withoutScheme = /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[\da-f:.]+\]):\d{2,5}(?=[/?#]|$)/i;

/** Weights that are fetched, not servers. */
const weightsFile = /\.(?:gguf|bin|safetensors)$/i;

/** Whether a text is the address of a server: not that of a file, nor a page of the hub. */
export function isServerAddress(text: string): boolean {
  if (withoutScheme.test(text)) return true;
  const url = /^https?:/i.test(text) ? URL.parse(text) : null;
  if (url === null || /^(?:www\.)?(?:huggingface\.co|hf\.co)$/.test(url.hostname)) return false;
  return !weightsFile.test(url.pathname) && !url.hash.startsWith('#sha256=');
}

const addressHint = (source: string): string =>
  /^[\w.:-]+$/.test(source) && !/^(?:https?|ftp|wss?):/i.test(source)
    ? `Write openai:https://api.openai.com/v1#${source.split(':').at(-1) ?? ''}, or the address of another server.`
    : 'Write openai:http://127.0.0.1:8000/v1#served-name, or openai:http://127.0.0.1:8000/v1 for the only model there.';

/** What follows `#` in an address; undefined where nothing does. */
export function servedNameIn(source: string): string | undefined {
  const [, name = ''] = /#(.*)$/s.exec(source) ?? [];
  return name === '' ? undefined : percentDecoded(name);
}

/** Parameters that hold a key, by their names. */
const secretName = /key|token|secret|pass(?!age)|pwd|jwt|signature|^sig$|auth|credential|^code$/i;

/** A text that may be no address, without what may be a password or a key. */
function shownText(text: string): string {
  return text.replace(/^([a-z\d+.-]+:\/\/)?[^#]*@/i, '$1…@').replace(/\?[^#]*/, '?…');
}

const keyHint =
  'Put the key into the environment variable OPENAI_API_KEY, or name another with apiKeyVariable or headers.';

/** Refuses an address that holds a key: it would be stored with the run. */
function requireNoSecret(url: URL, shown: string): void {
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`openai: the address ${shown} contains a user or a password`, { hint: keyHint });
  }
  const [secret] = [...url.searchParams].find(([name, value]) => secretName.test(name) || looksLikeKey(value)) ?? [];
  if (secret !== undefined) {
    throw new UsageError(`openai: the query of the address ${shown} holds a key (${secret})`, { hint: keyHint });
  }
}

/** What is asked is decided with each request: only what is above it is the server's address. */
function withoutRequest(pathname: string): string {
  return pathname
    .replace(/\/+$/, '')
    .replace(/(?:\/chat)?\/completions$|(?<=\/v\d+)\/models$/, '')
    .replace(/\/+$/, '');
}

/**
 * Reads `http://host:8000/v1#served-name`, also without `http://`, without `/v1`, with a query, and with the path of a
 * request behind it. A deployment of Azure is called by its own name.
 *
 * @throws {UsageError} if it is no such address, or holds a password or a key
 */
export function parseServedAddress(source: string): ServedAddress {
  const text = source.trim();
  const whole = withoutScheme.test(text) ? `http://${text}` : text;
  const url = /^https?:\/\/[^/?#]/i.test(whole) ? URL.parse(whole) : null;
  if (url === null) {
    throw new UsageError(`openai: expected the address of a server, got "${shownText(text)}"`, {
      hint: addressHint(text),
    });
  }
  requireNoSecret(url, `${url.origin}${url.pathname}`);
  const path = withoutRequest(url.pathname);
  const [, deployment] = /\/deployments\/([^/]+)$/.exec(path) ?? [];
  return {
    // Without a path people mean the usual one.
    baseUrl: `${url.origin}${path === '' ? '/v1' : path}`,
    query: url.search,
    servedName: servedNameIn(text) ?? (deployment === undefined ? undefined : percentDecoded(deployment)),
  };
}

/** The text that `parseServedAddress` reads as this address. */
export function servedSource({
  baseUrl,
  query = '',
  servedName,
}: Omit<ServedAddress, 'query'> & { readonly query?: string }): string {
  // Only what would be read as something else: names of models are to be recognised.
  const name = servedName?.replaceAll(/[%\p{Cc}]|^\s|\s$/gu, encodeURIComponent);
  return name === undefined ? baseUrl + query : `${baseUrl}${query}#${name}`;
}

/** `Qwen2.5-7B` of `Qwen/Qwen2.5-7B`, `model` of `/models/model.gguf`: servers like to call a model by its path. */
export function shortServedName(servedName: string): string {
  const short =
    servedName
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.gguf$/i, '') ?? '';
  return short === '' ? servedName : short;
}
