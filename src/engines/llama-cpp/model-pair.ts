import { basename } from 'node:path';
import { ModelError } from '../../core/errors.ts';
import type { LoadOrder } from './worker-messages.ts';

/** Whether two orders load the same weights into the same place. */
export function hasSameWeights(base: LoadOrder, model: LoadOrder): boolean {
  return base.file === model.file && base.library.device === model.library.device;
}

/** @throws {ModelError} if the rows of logits of two models can't be put side by side */
export function requireSameVocabulary(baseSize: number, size: number, file: string): void {
  if (baseSize === size) return;
  throw new ModelError(`${basename(file)}: its vocabulary has ${size} tokens, that of the base ${baseSize}`, {
    hint: 'Compare models that were made from the same one.',
  });
}
