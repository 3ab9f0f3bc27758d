import * as z from 'zod';
import type { GenerateRequest } from '../../core/engine.ts';
import { jsonInside } from '../../core/json-inside.ts';
import type { CompletionCall } from './completions.ts';
import { readText } from './reply-body.ts';
import type { ServerConnection } from './server-connection.ts';

const applied = z.looseObject({ prompt: z.string() });

/**
 * The prompt of a call as the model gets it: llama-server renders its template on request, no other server does.
 *
 * @returns undefined where the server doesn't tell, for whatever reason: it is shown to people, and nothing depends on it
 */
export async function renderedPrompt(
  connection: ServerConnection,
  { prompt }: GenerateRequest,
  { body }: CompletionCall,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (prompt.style === 'plain') return prompt.text;
  try {
    const question = JSON.stringify({ ...body, stream: false });
    const reply = await connection.sendToRoot('POST', '/apply-template', question, signal);
    const text = await readText(reply);
    return reply.statusCode === 200 ? applied.safeParse(jsonInside(text)).data?.prompt : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error) return undefined;
    throw error;
  }
}
