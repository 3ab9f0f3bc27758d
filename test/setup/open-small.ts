import type { EngineOptions, LoadedModel, ModelSpec } from '../../src/core/engine.ts';
import { createLlamaEngine, type LlamaEngineOptions } from '../../src/engines/llama-cpp/llama-engine.ts';
import { modelSpec } from './model-spec.ts';
import { smallModel, type SmallModelName } from './small-models.ts';

export interface OpenSmallOptions extends EngineOptions {
  readonly engine?: LlamaEngineOptions;
  readonly model?: Partial<ModelSpec>;
}

/** One of the small real models, loaded by the llama engine; on the CPU, whatever this machine has. */
export async function openSmall(name: SmallModelName, options: OpenSmallOptions = {}): Promise<LoadedModel> {
  const file = await smallModel(name);
  const model = modelSpec({
    name,
    engine: 'llama',
    file,
    promptStyle: 'auto',
    engineOptions: { device: 'cpu' },
    ...options.model,
  });
  return createLlamaEngine(options.engine).open(model, options, new AbortController().signal);
}
