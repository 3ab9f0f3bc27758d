import type { GgufHeader } from './gguf-header.ts';

/** What a layer keeps of the tokens behind, in numbers. */
export interface CacheLayout {
  /** Keys and values of one token; 0 in layers that keep none. */
  readonly numbersPerToken: number;
  /** Tokens that it looks back at most; undefined where it looks at all. */
  readonly windowTokens: number | undefined;
  /** State of one sequence whatever its length, of recurrent layers: 32-bit floats. */
  readonly stateNumbers: number;
}

/**
 * Period of layers with a sliding window, of architectures whose files don't say it: the last layer of each period looks
 * at all tokens, in `smallthinker` the first. As `src/models` of llama.cpp has them; others count in full.
 */
const windowPeriods: Readonly<Record<string, number>> = {
  cohere2: 4,
  exaone4: 4,
  gemma2: 2,
  gemma3: 6,
  gemma3n: 5,
  'gpt-oss': 2,
  olmo2: 4,
  smallthinker: 4,
};
/** `gemma3n` has caches in its first 20 layers; the others read theirs. */
const ownCaches: Readonly<Record<string, number>> = { gemma3n: 20 };
/** Every fourth layer attends, the others are recurrent, where files don't say. */
const attentionIntervals: Readonly<Record<string, number>> = { qwen3next: 4, qwen35: 4, qwen35moe: 4 };

type Values = (name: string) => number | readonly number[] | undefined;

function valuesOf({ architecture, values }: GgufHeader): Values {
  return (name) => {
    const value = values.get(`${architecture}.${name}`);
    return typeof value === 'number' || typeof value === 'object' ? value : undefined;
  };
}

const single = (value: ReturnType<Values>): number | undefined => (typeof value === 'number' ? value : undefined);

/** Whether a layer has a sliding window. */
function isWindowed(layer: number, architecture: string, pattern: ReturnType<Values>): boolean {
  if (typeof pattern === 'object') return (pattern[layer % Math.max(1, pattern.length)] ?? 0) !== 0;
  const period = pattern ?? (Object.hasOwn(windowPeriods, architecture) ? windowPeriods[architecture] : undefined);
  if (period === undefined) return false;
  if (period === 0) return true;
  return layer % period !== (architecture === 'smallthinker' ? 0 : period - 1);
}

/**
 * What each layer of a model keeps: grouped queries (GQA) by the heads that the header states, with multi-head latent
 * attention (MLA) one key that holds the value too, sliding windows, layers that share a cache, and recurrent layers. The
 * rules are those of llama.cpp (`llama-kv-cache.cpp`, `llama-hparams.cpp`).
 */
export function cacheLayouts(header: GgufHeader, layers: number): readonly CacheLayout[] {
  const { architecture } = header;
  const of = valuesOf(header);
  const number = (name: string): number | undefined => single(of(name));
  const heads = number('attention.head_count') ?? 0;
  const headLength = heads === 0 ? 0 : (number('embedding_length') ?? 0) / heads;
  const keyValueHeads = of('attention.head_count_kv') ?? heads;
  const keyLength = number('attention.key_length') ?? headLength;
  const valueLength = number('attention.value_length') ?? headLength;
  const isLatent = (number('attention.key_length_mla') ?? 0) > 0;
  const window = number('attention.sliding_window') ?? 0;
  const pattern = of('attention.sliding_window_pattern');
  const shared = number('attention.shared_kv_layers') ?? layers - (ownCaches[architecture] ?? layers);
  const interval = number('full_attention_interval') ?? attentionIntervals[architecture] ?? 1;
  const inner = number('ssm.inner_size') ?? 0;
  const state = number('ssm.state_size') ?? 0;
  const convolved = inner + 2 * (number('ssm.group_count') ?? 0) * state;
  const stateNumbers = inner * state + Math.max(0, (number('ssm.conv_kernel') ?? 0) - 1) * convolved;
  return Array.from({ length: layers }, (_, layer) => {
    const own = (typeof keyValueHeads === 'object' ? keyValueHeads[layer] : keyValueHeads) ?? 0;
    const isRecurrent = own === 0 || (layer + 1) % interval !== 0;
    if (isRecurrent) return { numbersPerToken: 0, windowTokens: undefined, stateNumbers };
    const slides = window > 0 && isWindowed(layer, architecture, pattern);
    const ofKey = (slides ? number('attention.key_length_swa') : undefined) ?? keyLength;
    const ofValue = isLatent ? 0 : ((slides ? number('attention.value_length_swa') : undefined) ?? valueLength);
    const numbersPerToken = layer >= layers - shared ? 0 : own * (ofKey + ofValue);
    return { numbersPerToken, windowTokens: slides ? window : undefined, stateNumbers: 0 };
  });
}
