import type { ModelFacts } from '../core/manifest.ts';
import { quantisationName } from '../core/quantisation-name.ts';

/** How large a model's weights are on disk; undefined where nobody tells, as of most servers. */
export interface ModelSize {
  /** Such as `Q4_K_M`. */
  readonly quantisation: string | undefined;
  /** Of its file, or of all parts of a split one. */
  readonly fileBytes: number | undefined;
  readonly bitsPerWeight: number | undefined;
}

/**
 * Bits per weight are those of all tensors by the numbers in them, as llama.cpp prints them (BPW): scales of blocks
 * and tensors that are kept in more bits count, the vocabulary and other metadata of the file don't.
 */
export function modelSize(
  facts: Pick<ModelFacts, 'quantisation' | 'fileBytes' | 'weightsBytes' | 'parameters'> | undefined,
): ModelSize {
  const { quantisation, fileBytes, weightsBytes = 0, parameters = 0 } = facts ?? {};
  const isKnown = weightsBytes > 0 && parameters > 0;
  return {
    quantisation: quantisation === undefined ? undefined : quantisationName(quantisation),
    fileBytes,
    bitsPerWeight: isKnown ? (8 * weightsBytes) / parameters : undefined,
  };
}
