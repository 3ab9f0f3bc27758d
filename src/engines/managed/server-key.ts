import type { ManagedServer } from '../../core/managed-server.ts';
import { keyIn } from '../openai/openai-engine.ts';

type Environment = Readonly<Record<string, string | undefined>>;

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

/** Headers that show the key; llama-server asks for it at `/metrics` too. */
export function keyHeaders(apiKey: string | undefined): Readonly<Record<string, string>> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}
