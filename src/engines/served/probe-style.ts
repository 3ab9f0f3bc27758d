import type { PromptStyle } from '../../core/engine.ts';
import { ServerError } from '../../core/errors.ts';
import { changesSentence, fewTokens } from './field-changes.ts';
import { generateOne, harmlessPrompt, type ServedTarget } from './generate-request.ts';
import { learnChanges, withChanges } from './probe-fields.ts';

/** How a model is asked. */
export interface FoundStyle {
  readonly style: PromptStyle;
  /** Knows what of a request its server refuses. */
  readonly target: ServedTarget;
  /** Whether tokens are counted. */
  readonly usage: boolean;
  /** What differs from the usual, in one line each. */
  readonly notes: readonly string[];
}

const endpoints = { chat: '/chat/completions', plain: '/completions' } as const;

/** Asks for a few tokens, to see whether the name, the endpoint and the key are right, and whether tokens are counted. */
async function askSome(target: ServedTarget, style: PromptStyle, signal: AbortSignal): Promise<FoundStyle> {
  const changes = await learnChanges(target, style, signal);
  const adapted = withChanges(target, style, changes);
  const request = { id: 'probe', prompt: harmlessPrompt(style), maxTokens: fewTokens, stop: [] };
  const turn = { place: 0, scheduledMs: 0, signal };
  const result = await generateOne(adapted, request, { concurrency: 1, reuse: 'none' }, turn);
  const url = target.connection.baseUrl;
  if (result.status === 'failed')
    throw new ServerError(`generation failed (${style}): ${result.message}`, { url, statusCode: 400 });
  const note = changesSentence(changes);
  return { style, target: adapted, usage: result.promptTokens > 0, notes: note === undefined ? [] : [note] };
}

/** What to do where one endpoint doesn't generate. */
function hintOf(style: PromptStyle, error: ServerError, other: FoundStyle | undefined): string | undefined {
  if (other !== undefined)
    return `${endpoints[other.style]} answers: set style: ${style === 'chat' ? 'base' : 'instruct'}.`;
  return (
    error.hint ??
    'Check the name of the model, the server and its log; engineOptions: {body: …} adds or changes fields.'
  );
}

/**
 * Finds the endpoint at which a model generates: the wanted one, or the other where the choice is free.
 *
 * @param isFree nobody has asked for a style, or for what only one has
 * @throws {ServerError} if it can't be reached, refuses the key, or can't generate
 */
export async function findStyle(
  target: ServedTarget,
  { wanted, isFree }: { readonly wanted: PromptStyle; readonly isFree: boolean },
  signal: AbortSignal,
): Promise<FoundStyle> {
  try {
    return await askSome(target, wanted, signal);
  } catch (error) {
    if (!(error instanceof ServerError) || error.at.statusCode === undefined || error.at.statusCode === 401)
      throw error;
    const other = await otherStyle(target, wanted, signal);
    if (other !== undefined && isFree) {
      const note = `asked at ${endpoints[other.style]}, since ${endpoints[wanted]} does not answer (${reasonOf(error)})`;
      return { ...other, notes: [note, ...other.notes] };
    }
    throw new ServerError(reasonOf(error), error.at, { hint: hintOf(wanted, error, other), cause: error });
  }
}

/** An error's message without the address that stands before it. */
function reasonOf({ message, at }: ServerError): string {
  return message.slice(at.url.length + 2);
}

async function otherStyle(
  target: ServedTarget,
  wanted: PromptStyle,
  signal: AbortSignal,
): Promise<FoundStyle | undefined> {
  try {
    return await askSome(target, wanted === 'chat' ? 'plain' : 'chat', signal);
  } catch (error) {
    if (error instanceof ServerError) return undefined;
    throw error;
  }
}
