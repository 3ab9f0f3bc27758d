import * as z from 'zod';
import type { ManagedServer } from '../../core/managed-server.ts';
import { rememberSecrets } from '../../core/without-secrets.ts';

const headersForm = { error: () => `expected an object of names and texts, such as {"x-key":"\${NAME}"}` };

/** Options of the openai engine, under `engineOptions` of a model. */
export const openAiOptionsSchema = z.strictObject({
  /** Environment variable with the key; sent as a bearer token where it is set. */
  apiKeyVariable: z.string().min(1).default('OPENAI_API_KEY'),
  /** Headers of every request; `${NAME}` in a value stands for an environment variable. */
  headers: z.record(z.string(), z.string(headersForm), headersForm).default({}),
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

type Environment = Readonly<Record<string, string | undefined>>;

/** The key in a variable; an empty one is none. */
export function keyIn(environment: Environment, variable: string): string | undefined {
  const key = environment[variable]?.trim();
  rememberSecrets([key]);
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
