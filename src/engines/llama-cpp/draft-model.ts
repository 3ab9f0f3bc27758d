import { basename } from 'node:path';
import type { DraftFacts } from '../../core/engine.ts';
import { ModelError } from '../../core/errors.ts';
import { LlamaModel } from './native/llama-model.ts';
import type { Placement } from './native/placement-params.ts';
import { refuseDifference, vocabularyDifference, type Vocabulary } from './vocabulary-difference.ts';
import type { DraftOrder } from './worker-messages.ts';

/** What decides whether one model can draft for another. */
export interface DraftPartner {
  /** Its file. */
  readonly file: string;
  readonly model: { readonly canCutSequences: boolean; readonly tokenizer: Vocabulary };
}

export interface LoadedDraft {
  readonly model: LlamaModel;
  readonly facts: DraftFacts;
}

/**
 * Refuses a draft that can't draft for a model.
 *
 * @throws {ModelError} if either can't take back tokens, or they have different vocabularies
 */
export function requireDraft(target: DraftPartner, draft: DraftPartner): void {
  const [name, draftName] = [basename(target.file), basename(draft.file)];
  const cannotCut = 'recurrent layers cannot take back tokens that turn out wrong';
  if (!target.model.canCutSequences) {
    throw new ModelError(`${name} can't be used with a draft model: ${cannotCut}`, { hint: 'Leave `draft` out.' });
  }
  if (!draft.model.canCutSequences) {
    throw new ModelError(`draft ${draftName} can't draft: ${cannotCut}`, {
      hint: 'Choose a draft whose layers all have attention.',
    });
  }
  refuseDifference(vocabularyDifference(target.model.tokenizer, draft.model.tokenizer), target.file, draft.file);
}

/**
 * Loads the draft of a model, which computes with the threads of that model.
 *
 * @throws {ModelError} as `requireDraft`, or with the library's reason
 */
export function loadDraft(
  target: DraftPartner & { readonly model: LlamaModel },
  { file, tokens }: DraftOrder,
  placement: Placement,
): LoadedDraft {
  const { library, threads, threadpool } = target.model;
  const model = new LlamaModel(library, { file, threads, threadpool, placement });
  requireDraft(target, { file, model });
  const { parameters, weightsBytes, quantisation } = model;
  return { model, facts: { name: basename(file), parameters, weightsBytes, quantisation, tokens } };
}
