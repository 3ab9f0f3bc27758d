import * as z from 'zod';
import { UsageError } from '../../core/errors.ts';
import type { ManagedServer } from '../../core/managed-server.ts';

/** Options of the openai engine, under `engineOptions` of a model. */
export const openAiOptionsSchema = z.strictObject({
  /** Environment variable with the key; sent as a bearer token where it is set. */
  apiKeyVariable: z.string().min(1).default('OPENAI_API_KEY'),
  /** Fields added to the body of every generation, such as `chat_template_kwargs`. */
  body: z.record(z.string(), z.unknown()).default({}),
  /** Longest time over which a request is tried again, while nothing else is answered either. */
  retrySeconds: z.number().min(0).default(120),
  /** Pause before the second try; doubles each time, with jitter. */
  backoffSeconds: z.number().min(0).default(0.25),
  /** How continuations are scored; by default what a probe finds. */
  loglikelihood: z.enum(['auto', 'vllm', 'sglang', 'echo', 'forced', 'none']).default('auto'),
  /** Tokens that one sequence may hold, where the server doesn't tell. */
  contextTokens: z.int().positive().optional(),
  /** GPUs behind the server, by which throughput is divided; by default one, or those that a managed server names. */
  devices: z.int().min(1).max(4096).optional(),
});

export type OpenAiOptions = z.output<typeof openAiOptionsSchema>;

/** Where a served model is. */
export interface ServedAddress {
  /** Origin and path, ends with `/v1` mostly, never with a slash. */
  readonly baseUrl: string;
  /** Undefined: the only model that the server has. */
  readonly servedName: string | undefined;
}

const addressHint =
  'Write openai:http://127.0.0.1:8000/v1#served-name, or openai:http://127.0.0.1:8000/v1 for the only model there.';

/**
 * Reads `http://host:8000/v1#served-name`.
 *
 * @throws {UsageError} if it is no such address, or holds a password
 */
export function parseServedAddress(source: string): ServedAddress {
  const url = URL.parse(source);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UsageError(`openai: expected the address of a server, got "${source}"`, { hint: addressHint });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new UsageError(`openai: the address ${url.origin}${url.pathname} contains a user, a password or a query`, {
      hint: 'Put the key into the environment variable OPENAI_API_KEY, or name another with apiKeyVariable.',
    });
  }
  const path = url.pathname.replace(/\/+$/, '');
  const servedName = url.hash === '' ? undefined : decodeURIComponent(url.hash.slice(1));
  // Without a path people mean the usual one.
  return { baseUrl: `${url.origin}${path === '' ? '/v1' : path}`, servedName };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The key in a variable; an empty one is none. */
export function keyIn(environment: Environment, variable: string): string | undefined {
  const key = environment[variable]?.trim();
  return key === '' ? undefined : key;
}

/** Variables from which servers take the key that they ask for. */
const ownVariables = ['VLLM_API_KEY', 'LLAMA_API_KEY'] as const;

/** The first key on a server's command line; llama-server takes several with commas. */
function keyOnLine(words: readonly string[]): string | undefined {
  const keys = words.flatMap((word, index) => {
    const [name, joined] = word.split(/=(.*)/s, 2);
    return name === '--api-key' || name === '--api_key' ? [joined ?? words[index + 1]] : [];
  });
  return keys.at(-1)?.split(',')[0];
}

/**
 * The key for a server that perbench starts: from the variable that the model's options name; else what the server was
 * told to ask for; else from the usual variable.
 *
 * @param named the variable that the options name; undefined where they name none
 */
export function serverKey(
  { arguments: words, command = [], preset, environment: own }: ManagedServer,
  environment: Environment,
  named: string | undefined,
): string | undefined {
  const all = { ...environment, ...own };
  if (named !== undefined) return keyIn(all, named);
  const variables = ownVariables.filter((name) => {
    if (preset === 'vllm') return name === 'VLLM_API_KEY';
    return preset === undefined || (preset === 'llama-server' && name === 'LLAMA_API_KEY');
  });
  const told = [keyOnLine([...command, ...words]), ...variables.map((name) => keyIn(all, name))];
  return told.find((key) => key !== undefined) ?? keyIn(all, 'OPENAI_API_KEY');
}
