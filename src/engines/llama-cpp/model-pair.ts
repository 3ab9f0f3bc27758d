import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ModelError } from '../../core/errors.ts';
import type { LoadOrder } from './worker-messages.ts';

/** What decides where weights go. */
function placeOf({ library, placing: { options } }: LoadOrder): object {
  const { gpuLayers, splitMode, gpuShares, mainGpu, hostExperts } = options;
  return { device: library.device, gpuLayers, splitMode, gpuShares, mainGpu, hostExperts };
}

/** Whether two orders load the same weights into the same place. */
export function hasSameWeights(base: LoadOrder, model: LoadOrder): boolean {
  return base.file === model.file && isDeepStrictEqual(placeOf(base), placeOf(model));
}

/** @throws {ModelError} if the rows of logits of two models can't be put side by side */
export function requireSameVocabulary(baseSize: number, size: number, file: string): void {
  if (baseSize === size) return;
  throw new ModelError(`${basename(file)}: its vocabulary has ${size} tokens, that of the base ${baseSize}`, {
    hint: 'Compare models that were made from the same one.',
  });
}
