import type { ServerResponse } from 'node:http';
import { type AnsweringServer, type Asked, sendEvents, startAnswering } from '../openai/answering-server.ts';

export interface CachingServerOptions {
  /** Words at the beginning of what a template makes of every prompt: alike for all, so that they are cached after the first. */
  readonly templateWords?: number;
  /** Refuses this one of so many requests, once lengths are known. */
  readonly refusesEvery?: number;
  /** Ends its answers after so many tokens, whatever was asked. */
  readonly mostTokens?: number;
}

/** How many words two texts have in common at their beginning. */
function common(left: readonly string[], right: readonly string[]): number {
  const differs = left.findIndex((word, index) => word !== right[index]);
  return differs === -1 ? left.length : differs;
}

/**
 * A server on loopback with a cache of prefixes, whose tokens are words. It reports what it took from the cache as vLLM and
 * llama-server do, in `prompt_tokens_details`.
 */
export async function startCaching({
  templateWords = 0,
  refusesEvery = Infinity,
  mostTokens = Infinity,
}: CachingServerOptions = {}): Promise<AnsweringServer & { readonly prompts: readonly string[] }> {
  const seen: string[][] = [];
  const prompts: string[] = [];
  const refused = new Set<string>();
  const template = Array.from({ length: templateWords }, (_, index) => `template${index}`);
  const answer = ({ prompt, body, response }: Asked): void => {
    const words = [...template, ...prompt.split(' ')];
    const cached = Math.max(0, ...seen.map((other) => common(words, other)));
    seen.push(words);
    prompts.push(prompt);
    // Asked again, it is refused again.
    if (refused.has(prompt) || (seen.length > 20 && seen.length % refusesEvery === 0)) {
      refused.add(prompt);
      refuse(response);
      return;
    }
    const made = Math.min(Number(body['max_tokens']), mostTokens);
    sendEvents(response, [
      ...Array.from({ length: made }, () => ({ model: 'm', choices: [{ text: ' a', finish_reason: null }] })),
      { choices: [{ text: '', finish_reason: made === body['max_tokens'] ? 'length' : 'stop' }] },
      {
        choices: [],
        usage: {
          prompt_tokens: words.length,
          completion_tokens: made,
          prompt_tokens_details: { cached_tokens: cached },
        },
      },
    ]);
  };
  return Object.assign(await startAnswering(answer, answer), { prompts });
}

function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end('{"error":{"message":"this one is refused"}}');
}
