import { UsageError } from '../../core/errors.ts';
import { percentDecoded } from '../../core/percent-decoded.ts';

/** Where a served model is. */
export interface ServedAddress {
  /** Origin and path, ends with `/v1` mostly, never with a slash. */
  readonly baseUrl: string;
  /** Undefined: the only model that the server has. */
  readonly servedName: string | undefined;
}

/** `localhost:8000`, `gpu-1:8000/v1#name`, `[::1]:8000`: a host with its port. */
const withoutScheme = /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[\da-f:.]+\]):\d{2,5}(?=[/#]|$)/i;

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
  /^[\w.:-]+$/.test(source)
    ? `Write openai:https://api.openai.com/v1#${source.split(':').at(-1) ?? ''}, or the address of another server.`
    : 'Write openai:http://127.0.0.1:8000/v1#served-name, or openai:http://127.0.0.1:8000/v1 for the only model there.';

/** What follows `#` in an address; undefined where nothing does. */
export function servedNameIn(source: string): string | undefined {
  const [, name = ''] = /#(.*)$/s.exec(source) ?? [];
  return name === '' ? undefined : percentDecoded(name);
}

/**
 * Reads `http://host:8000/v1#served-name`, also without `http://`, without `/v1`, and with the path of a request behind
 * it.
 *
 * @throws {UsageError} if it is no such address, or holds a password or a query
 */
export function parseServedAddress(source: string): ServedAddress {
  const url = URL.parse(withoutScheme.test(source) ? `http://${source}` : source);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UsageError(`openai: expected the address of a server, got "${source}"`, { hint: addressHint(source) });
  }
  const shown = `${url.origin}${url.pathname}`;
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`openai: the address ${shown} contains a user or a password`, {
      hint: 'Put the key into the environment variable OPENAI_API_KEY, or name another with apiKeyVariable.',
    });
  }
  if (url.search !== '') {
    throw new UsageError(`openai: the address ${shown} has a query, which perbench does not send`, {
      hint: 'Write it without the query; of Azure, use the v1 API: https://NAME.openai.azure.com/openai/v1.',
    });
  }
  const path = url.pathname
    .replace(/\/+$/, '')
    .replace(/(?:\/chat)?\/completions$|(?<=\/v1)\/models$/, '')
    .replace(/\/+$/, '');
  // Without a path people mean the usual one.
  return { baseUrl: `${url.origin}${path === '' ? '/v1' : path}`, servedName: servedNameIn(source) };
}

/** The text that `parseServedAddress` reads as this address. */
export function servedSource({ baseUrl, servedName }: ServedAddress): string {
  // Only what would be read as something else: names of models are to be recognised.
  const name = servedName?.replaceAll(/[%\p{Cc}]/gu, encodeURIComponent);
  return name === undefined ? baseUrl : `${baseUrl}#${name}`;
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
