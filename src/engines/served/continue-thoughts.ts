import * as z from 'zod';
import type { GenerateRequest, Prompt } from '../../core/engine.ts';
import type { WrittenThoughts } from './completion-answer.ts';
import { type CallOptions, chatCall, type CompletionCall, renderingFields, textCall } from './completions.ts';
import type { ServedThinking } from './served-thinking.ts';
import type { ServerConnection } from './server-connection.ts';
import { readJson } from './server-reply.ts';

type Chat = Extract<Prompt, { readonly style: 'chat' }>;

/** What an exchange beside the answer took. */
export type Post = <Schema extends z.ZodType>(path: string, body: object, schema: Schema) => Promise<z.output<Schema>>;

/** Posts to the server's root, once. */
export function rootPost(connection: ServerConnection, signal: AbortSignal): Post {
  return async (path, body, schema) => {
    const reply = await connection.sendToRoot('POST', path, JSON.stringify(body), signal);
    return readJson(connection.baseUrl.replace(/\/v1$/, '') + path, reply, schema);
  };
}

const renderedPrompt = z.object({ prompt: z.string() });
const tokenised = z.object({ tokens: z.array(z.number()) });
const detokenised = z.object({ prompt: z.string() });

/** The prompt as the server renders it, with text behind it: as text at llama-server, as tokens at vLLM. */
export async function renderWith(
  post: Post,
  prompt: Chat,
  added: string,
  options: CallOptions,
): Promise<string | readonly number[]> {
  const fields = renderingFields(prompt, options);
  if (options.facts.flavour === 'llama-server')
    return (await post('/apply-template', fields, renderedPrompt)).prompt + added;
  const { model } = options;
  const rendered = await post('/tokenize', { model, ...fields, add_generation_prompt: true }, tokenised);
  const more = await post('/tokenize', { model, prompt: added, add_special_tokens: false }, tokenised);
  return [...rendered.tokens, ...more.tokens];
}

/** How far back an open mark can be. */
const tailTokens = 24;

/** The end of the prompt as the server renders it. */
export async function renderedTail(post: Post, prompt: Chat, options: CallOptions): Promise<string> {
  const rendered = await renderWith(post, prompt, '', options);
  if (typeof rendered === 'string') return rendered;
  const body = { model: options.model, tokens: rendered.slice(-tailTokens) };
  return (await post('/detokenize', body, detokenised)).prompt;
}

/** Thoughts as they follow the rendered prompt, closed by force. */
export function closedThoughts({ text, isBare, shape: seen }: WrittenThoughts, thinking: ServedThinking): string {
  const { opened } = thinking;
  const openedShape = typeof opened === 'object' ? opened : undefined;
  const shape = openedShape ?? seen ?? thinking.shape;
  // Nothing was thought: there is nothing to close, unless the prompt has opened it.
  if (text === '' && openedShape === undefined) return '';
  const opening = isBare && openedShape === undefined ? `${shape.open}${shape.isChannel ? '' : '\n'}` : '';
  return opening + text + shape.forcedClose;
}

/**
 * Asks for the answer behind thoughts that are given.
 *
 * @param given what follows the rendered prompt
 * @param first the call that the thoughts came from; its cache is its own
 */
export async function continuationCall(
  post: Post,
  request: GenerateRequest & { readonly prompt: Chat },
  given: string,
  options: CallOptions,
  first?: CompletionCall,
): Promise<CompletionCall> {
  const { facts, thinking } = options;
  const { prompt } = request;
  const all = given + (prompt.prefill ?? '');
  const call =
    thinking?.continues === 'rendered'
      ? textCall(await renderWith(post, prompt, all, options), request, options)
      : chatCall({ ...prompt, prefill: messageStart(facts.flavour, thinking) + all }, request, options);
  const salt = first?.body['cache_salt'];
  const cache = {
    ...(facts.flavour === 'llama-server' && { cache_prompt: true }),
    ...(salt !== undefined && { cache_salt: salt }),
  };
  return { ...call, body: { ...call.body, ...(first !== undefined && cache) } };
}

/** vLLM renders such a message without the prompt for an answer, which would have opened the block; others with it. */
function messageStart(flavour: string, thinking: ServedThinking | undefined): string {
  const opened = thinking?.opened;
  return flavour === 'vllm' && typeof opened === 'object' ? `${opened.open}\n` : '';
}
