import type { GenerationResult } from '../../core/engine.ts';
import { ServerError } from '../../core/errors.ts';
import { generateOne, type ServedTarget } from './generate-request.ts';
import { harmlessPrompt } from './harmless-prompt.ts';
import { RequestFault } from './request-fault.ts';

/** A harmless question asked in one way, or what the server said to it. */
export type Look = GenerationResult | { readonly status: 'refused'; readonly message: string };

const refusing = new Set([400, 404, 405, 422, 501]);

/**
 * What an exchange gave, or why the server doesn't do such a thing.
 *
 * @throws {ServerError} if it can't be reached
 */
export async function unlessRefused<Value>(
  exchange: () => Promise<Value>,
): Promise<Value | { readonly status: 'refused'; readonly message: string }> {
  try {
    return await exchange();
  } catch (error) {
    const isRefusal =
      error instanceof RequestFault || (error instanceof ServerError && refusing.has(error.at.statusCode ?? 0));
    if (isRefusal) return { status: 'refused', message: error.message };
    throw error;
  }
}

/** Asks a harmless question in a chat. */
export async function look(
  target: ServedTarget,
  maxTokens: number,
  signal: AbortSignal,
  jsonSchema?: Readonly<Record<string, unknown>>,
): Promise<Look> {
  const request = { id: 'probe', prompt: harmlessPrompt('chat'), maxTokens, stop: [], jsonSchema };
  const turn = { place: 0, scheduledMs: 0, signal };
  const pass = { concurrency: 1, reuse: 'none' } as const;
  const result = await unlessRefused(() => generateOne(target, request, pass, turn));
  return result.status === 'failed' ? { status: 'refused', message: result.message } : result;
}

/** Whether an answer shows that the model thought, or was about to. */
export function showsThoughts(seen: Look): boolean {
  if (seen.status === 'refused') return false;
  return seen.thoughts !== undefined || (seen.thinkingTokens ?? 0) > 0 || seen.finishReason === 'budget_cut';
}
