import type { ModelSpec, PromptStyle } from '../../core/engine.ts';
import type { GgufHeader } from '../../gguf/gguf-header.ts';
import type { ChosenDevice } from './choose-device.ts';
import type { LoadOrder } from './worker-messages.ts';

/** A model that is ready to be loaded. */
export interface Opening {
  readonly promptStyle: PromptStyle;
  readonly model: ModelSpec;
  readonly header: GgufHeader;
  readonly chosen: ChosenDevice;
  readonly order: LoadOrder;
  /** Of the file, or of all files of a split one. */
  readonly weightsBytes: number;
}
