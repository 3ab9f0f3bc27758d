import { UsageError } from '../../core/errors.ts';
import { proxyFor, proxySettings } from '../../core/proxy.ts';
import { keyIn, type OpenAiOptions } from './served-options.ts';
import type { ServedAddress } from './server-address.ts';

/** How a server is reached; plain data that holds secrets, for connections alone. */
export interface ServerLink {
  /** Ends with `/v1` mostly, never with a slash. */
  readonly baseUrl: string;
  /** Sent with every request: `?api-version=…`; empty where there is none. */
  readonly query?: string;
  /** Sent as a bearer token. */
  readonly apiKey: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address of the proxy, with its password; undefined where the server is asked directly. */
  readonly proxy?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const variables = /\$\{([a-z_]\w*)\}/gi;
/** What may stand beside a variable; anything else may be a part of a secret. */
const schemes = /^(?:bearer|basic|token|apikey|api-key)?$/i;

/** What the connection itself decides. */
const ownHeaders = new Set(['host', 'content-length', 'content-type', 'connection', 'transfer-encoding', 'expect']);

function headerValue(name: string, written: string, environment: Environment): string {
  const isName = /^[\w!#$%&'*+.^`|~-]+$/.test(name);
  if (!isName || ownHeaders.has(name.toLowerCase())) {
    throw new UsageError(`headers: ${JSON.stringify(name)} is no header that can be set`, { hint: 'Leave it out.' });
  }
  // Whatever stands in a suite is stored with its runs.
  if (written.search(variables) === -1 || !schemes.test(written.replaceAll(variables, '').trim())) {
    throw new UsageError(
      `headers: the whole value of ${name} must come from the environment, so that it is stored nowhere`,
      {
        hint: `What stands in a suite or a command is kept with its runs, and a header may hold a secret, so a harmless one is no exception: put it into a variable and write '${name}': '\${NAME}' or 'Bearer \${NAME}', in single quotes on a command line.`,
      },
    );
  }
  return written.replaceAll(variables, (_, variable: string) => {
    const value = environment[variable]?.trim() ?? '';
    if (value === '') {
      const state = environment[variable] === undefined ? 'not set' : 'empty';
      throw new UsageError(`headers: ${name} needs the environment variable ${variable}, which is ${state}`, {
        hint: `Set ${variable} to what the server expects in ${name}.`,
      });
    }
    // What a header may hold.
    if (/[^\t -~\u0080-\u00FF]/.test(value)) {
      throw new UsageError(`headers: ${variable} holds characters that can't stand in the header ${name}`, {
        hint: `Set ${variable} to one line of plain text.`,
      });
    }
    return value;
  });
}

/**
 * How a model's server is reached: its address, the key, headers and proxy that the environment has for it.
 *
 * @throws {UsageError} if a variable isn't set, or a header can't be
 */
export function serverLink(
  { baseUrl, query }: Pick<ServedAddress, 'baseUrl' | 'query'>,
  { apiKeyVariable, headers }: Pick<OpenAiOptions, 'apiKeyVariable' | 'headers'>,
  environment: Environment,
): ServerLink {
  const names = Object.keys(headers);
  const twice = names.find((name, at) => names.slice(0, at).some((each) => each.toLowerCase() === name.toLowerCase()));
  if (twice !== undefined) {
    throw new UsageError(`headers: ${twice} is there twice, in small letters and in large ones`, {
      hint: 'Leave one of them out.',
    });
  }
  const entries = Object.entries(headers).map(([name, written]) => [name, headerValue(name, written, environment)]);
  return {
    baseUrl,
    query,
    apiKey: keyIn(environment, apiKeyVariable),
    headers: Object.fromEntries(entries) as Readonly<Record<string, string>>,
    proxy: proxyFor(baseUrl, proxySettings(environment))?.href,
  };
}

/** What of a link must never be shown. */
export function secretsOf({ apiKey, headers = {}, proxy }: ServerLink): readonly string[] {
  const values = [apiKey, ...Object.values(headers), proxy === undefined ? undefined : new URL(proxy).password];
  // The key behind `Bearer` is one too.
  const all = values.flatMap((value) => (value === undefined ? [] : [value, ...value.split(/\s+/).slice(1)]));
  return all.filter((value) => value.length > 2).toSorted((a, b) => b.length - a.length);
}
