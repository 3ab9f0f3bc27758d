import { basename } from 'node:path';
import type { DraftFacts } from '../../core/engine.ts';
import { ModelError } from '../../core/errors.ts';
import { LlamaModel } from './native/llama-model.ts';
import type { Placement } from './native/placement-params.ts';
import { vocabularyDifference } from './vocabulary-difference.ts';
import type { DraftOrder } from './worker-messages.ts';

/** A model with the file that it is from. */
export interface NamedModel {
  readonly model: LlamaModel;
  readonly file: string;
}

export interface LoadedDraft {
  readonly model: LlamaModel;
  readonly facts: DraftFacts;
}

/**
 * Loads the draft of a model, which computes with the threads of that model.
 *
 * @throws {ModelError} if either can't take back tokens, or they have different vocabularies
 */
export function loadDraft({ model, file }: NamedModel, order: DraftOrder, placement: Placement): LoadedDraft {
  const [name, draftName] = [basename(file), basename(order.file)];
  const cannotCut = 'it is recurrent, or partly so, and cannot take back tokens that turn out wrong';
  if (!model.canCutSequences) {
    throw new ModelError(`${name} can't be used with a draft model: ${cannotCut}`, { hint: 'Leave `draft` out.' });
  }
  const { threads, threadpool } = model;
  const draft = new LlamaModel(model.library, { file: order.file, threads, threadpool, placement });
  if (!draft.canCutSequences) {
    throw new ModelError(`draft ${draftName} can't be used as a draft: ${cannotCut}`, {
      hint: 'Choose a draft whose layers all have attention.',
    });
  }
  const difference = vocabularyDifference(model.tokenizer, draft.tokenizer);
  if (difference !== undefined) {
    throw new ModelError(`draft ${draftName} has another vocabulary than ${name}: ${difference}`, {
      hint: 'Choose a smaller model of the same family.',
    });
  }
  const { parameters, weightsBytes, quantisation } = draft;
  return { model: draft, facts: { name: draftName, parameters, weightsBytes, quantisation, tokens: order.tokens } };
}
