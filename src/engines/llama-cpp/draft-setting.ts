import { realpath } from 'node:fs/promises';
import { ModelError } from '../../core/errors.ts';
import type { LlamaOptions } from '../../core/llama-settings.ts';
import type { GgufHeader } from '../../gguf/gguf-header.ts';
import { readModelHeader } from '../../gguf/gguf-kind.ts';
import type { DraftOrder } from './worker-messages.ts';

/** The draft that a model is to be run with, whose file was looked into. */
export interface DraftSetting extends DraftOrder {
  readonly header: GgufHeader;
}

async function readHeader(file: string): Promise<GgufHeader> {
  try {
    return await readModelHeader(file);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(`draft model: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/**
 * @param file of the model
 * @returns undefined where nothing is to be drafted
 * @throws {ModelError} if the draft is missing, no model that generates text, or the model's own file
 */
export async function readDraft(
  { draft, draftTokens }: Pick<LlamaOptions, 'draft' | 'draftTokens'>,
  file: string,
): Promise<DraftSetting | undefined> {
  if (draft === undefined || draft === 'none') return undefined;
  const header = await readHeader(draft);
  if ((await realpath(draft)) === (await realpath(file))) {
    throw new ModelError(`draft model: ${draft} is the model's own file, which can't be faster than itself`, {
      hint: 'Choose a smaller model of the same family.',
    });
  }
  return { file: draft, tokens: draftTokens, header };
}
