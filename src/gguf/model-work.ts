import type { GgufHeader, TensorFacts } from './gguf-header.ts';

/** Matrices of one type. */
export interface TypedWeights {
  /** `ggml_type`. */
  readonly type: number;
  /** Of all of them, and of those that one token passes through: the experts that are used count by their share. */
  readonly bytes: number;
  readonly activeBytes: number;
  readonly activeParameters: number;
}

/** What a token makes a model do. */
export interface ModelWork {
  /** Numbers that a token is multiplied with: of a mixture of experts, those of the experts that are used. */
  readonly activeParameters: number;
  /** By type. */
  readonly layers: readonly TypedWeights[];
  /** The table that gives the logits: its own, or that of the tokens. */
  readonly output: readonly TypedWeights[];
  /** Steps of computation that all threads wait for, one behind the other. */
  readonly operations: number;
}

/** Tensors of experts, as `--cpu-moe` of llama.cpp knows them. */
export const expertNames = /\.ffn_(?:up|down|gate|gate_up)_(?:ch)?exps/;
/**
 * Steps for each tensor of a layer: norms are two, products have a rotation, a copy or a sum behind them. Graphs of
 * llama.cpp for Llama, Qwen 2 and Gemma 3 have 1.8 to 2.1.
 */
const operationsPerTensor = 2;

type NamedTensor = readonly [name: string, facts: TensorFacts];

function byType(tensors: readonly NamedTensor[], usedShare: number): readonly TypedWeights[] {
  const found = new Map<number, TypedWeights>();
  for (const [name, { type, bytes, parameters, isMatrix }] of tensors) {
    if (!isMatrix) continue;
    const share = expertNames.test(name) ? usedShare : 1;
    const sum = found.get(type) ?? { type, bytes: 0, activeBytes: 0, activeParameters: 0 };
    found.set(type, {
      type,
      bytes: sum.bytes + bytes,
      activeBytes: sum.activeBytes + share * bytes,
      activeParameters: sum.activeParameters + share * parameters,
    });
  }
  return [...found.values()];
}

/** From the tensors of all files of a model; tables of which a token needs one row do no work. */
export function modelWork(tensors: readonly NamedTensor[], { architecture, values }: GgufHeader): ModelWork {
  const [all, used] = ['expert_count', 'expert_used_count'].map((key) => Number(values.get(`${architecture}.${key}`)));
  const usedShare = all !== undefined && used !== undefined && used > 0 && used < all ? used / all : 1;
  const inLayers = tensors.filter(([name]) => name.startsWith('blk.'));
  const layers = byType(inLayers, usedShare);
  const own = tensors.filter(([name]) => name === 'output.weight');
  const output = byType(own.length > 0 ? own : tensors.filter(([name]) => name === 'token_embd.weight'), 1);
  return {
    activeParameters: [...layers, ...output].reduce((sum, { activeParameters }) => sum + activeParameters, 0),
    layers,
    output,
    operations: operationsPerTensor * inLayers.length,
  };
}
