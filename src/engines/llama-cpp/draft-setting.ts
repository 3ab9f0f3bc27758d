import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import type { EngineOptions } from '../../core/engine.ts';
import { ModelError } from '../../core/errors.ts';
import type { LlamaOptions } from '../../core/llama-settings.ts';
import type { GgufHeader } from '../../gguf/gguf-header.ts';
import { readModelHeader } from '../../gguf/gguf-kind.ts';
import { outlineBehind } from '../../gguf/model-outline.ts';
import { placingOrder } from './place-model.ts';
import { headerDifference, refuseDifference } from './vocabulary-difference.ts';
import type { DraftOrder } from './worker-messages.ts';

/** The draft that a model is to be run with, whose file was looked into. */
export interface DraftSetting {
  readonly order: DraftOrder;
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

/** What is set for the model is not for its draft, but for where it may be. */
export function draftPlacement(settings: LlamaOptions): LlamaOptions {
  return {
    ...settings,
    kvCache: 'f16',
    flashAttention: 'auto',
    gpuLayers: settings.gpuLayers === 0 ? 0 : undefined,
    splitMode: 'none',
    gpuShares: undefined,
    hostExperts: undefined,
  };
}

/**
 * The draft is wholly on the main GPU, as far as it fits there, or on the host where the model is.
 *
 * @param file of the model
 * @returns undefined where nothing is to be drafted
 * @throws {ModelError} if the draft is missing, no model that generates text, the model's own file, or has another
 *   vocabulary by its header
 */
export async function readDraft(
  settings: LlamaOptions,
  file: string,
  options: EngineOptions,
): Promise<DraftSetting | undefined> {
  const { draft, draftTokens } = settings;
  if (draft === undefined || draft === 'none') return undefined;
  const header = await readHeader(draft);
  if ((await realpath(draft)) === (await realpath(file))) {
    throw new ModelError(`draft model: ${draft} is the model's own file, which can't be faster than itself`, {
      hint: 'Choose a smaller model of the same family.',
    });
  }
  refuseDifference(headerDifference(await readModelHeader(file), header), file, draft);
  const placing = placingOrder(
    `draft model ${basename(draft)}`,
    await outlineBehind(header, draft),
    draftPlacement(settings),
    options,
    false,
  );
  return { order: { file: draft, tokens: draftTokens, placing }, header };
}
