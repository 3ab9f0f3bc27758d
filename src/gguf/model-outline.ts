import { type CacheLayout, cacheLayouts } from './cache-layout.ts';
import { shardFiles } from './gguf-file.ts';
import { type GgufHeader, readGgufHeader, type TensorFacts } from './gguf-header.ts';
import { readModelHeader } from './gguf-kind.ts';
import { expertNames, type ModelWork, modelWork } from './model-work.ts';

/** One repeating layer of a model. */
export interface LayerOutline {
  /** Experts included. */
  readonly weightsBytes: number;
  /** Of a mixture of experts; 0 in others. */
  readonly expertBytes: number;
  readonly cache: CacheLayout;
}

/** What decides where a model fits, from the headers of its files. */
export interface ModelOutline {
  readonly architecture: string;
  readonly parameters: number;
  readonly weightsBytes: number;
  readonly layers: readonly LayerOutline[];
  /** Of the last layer, which gives the logits: its own weights, or a copy of the table of tokens. */
  readonly outputBytes: number;
  /** Of the table of tokens and whatever else llama.cpp always keeps in host memory. */
  readonly inputBytes: number;
  /** Query heads of a layer; 0 where the header doesn't say. */
  readonly heads: number;
  /** Numbers in a key, and in a value, of one head. */
  readonly keyLength: number;
  readonly valueLength: number;
  readonly embeddingLength: number;
  readonly feedForwardLength: number;
  readonly vocabularySize: number;
  readonly trainedContextTokens: number | undefined;
  readonly work: ModelWork;
}

/** No model has more: a damaged name is no reason to make as many layers. */
const mostLayers = 4096;

type NamedTensor = readonly [name: string, facts: TensorFacts];

function sumOf(tensors: readonly NamedTensor[], fits: (name: string) => boolean): number {
  return tensors.reduce((sum, [name, { bytes }]) => sum + (fits(name) ? bytes : 0), 0);
}

/** Weights by the layer that their names say, and those of experts among them. */
function layerBytes(tensors: readonly NamedTensor[], layers: number): readonly Omit<LayerOutline, 'cache'>[] {
  const found = Array.from({ length: layers }, () => ({ weightsBytes: 0, expertBytes: 0 }));
  for (const [name, { bytes }] of tensors) {
    const layer = found[Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1)];
    if (layer === undefined) continue;
    layer.weightsBytes += bytes;
    if (expertNames.test(name)) layer.expertBytes += bytes;
  }
  return found;
}

/** From the headers of all files of a model, the first one first. */
export function outlineModel([first, ...others]: readonly [GgufHeader, ...GgufHeader[]]): ModelOutline {
  const { architecture, values } = first;
  const number = (name: string): number | undefined => {
    const value = values.get(`${architecture}.${name}`);
    return typeof value === 'number' ? value : undefined;
  };
  const headers = [first, ...others];
  const tensors = headers.flatMap(({ tensorFacts }) => [...tensorFacts]);
  const layers = Math.min(mostLayers, number('block_count') ?? 0);
  const heads = number('attention.head_count') ?? 0;
  const embeddingLength = number('embedding_length') ?? 0;
  const headLength = heads === 0 ? 0 : embeddingLength / heads;
  const weightsBytes = headers.reduce((sum, header) => sum + header.weightsBytes, 0);
  const inLayers = layerBytes(tensors, layers);
  const ownOutput = sumOf(tensors, (name) => name.startsWith('output'));
  const hasOwnTable = tensors.some(([name]) => name === 'output.weight');
  return {
    architecture,
    parameters: headers.reduce((sum, header) => sum + header.parameters, 0),
    weightsBytes,
    layers: cacheLayouts(first, layers).map((cache, index) => ({
      weightsBytes: 0,
      expertBytes: 0,
      ...inLayers[index],
      cache,
    })),
    outputBytes: hasOwnTable ? ownOutput : ownOutput + sumOf(tensors, (name) => name === 'token_embd.weight'),
    inputBytes: weightsBytes - ownOutput - inLayers.reduce((sum, layer) => sum + layer.weightsBytes, 0),
    heads,
    keyLength: number('attention.key_length') ?? headLength,
    valueLength: number('attention.value_length') ?? headLength,
    embeddingLength,
    feedForwardLength: number('feed_forward_length') ?? 4 * embeddingLength,
    vocabularySize: first.lengths.get('tokenizer.ggml.tokens') ?? number('vocab_size') ?? 0,
    trainedContextTokens: number('context_length'),
    work: modelWork(tensors, first),
  };
}

/**
 * Reads the headers of all files of a model, given the first.
 *
 * @throws {ModelError} if one is missing, no GGUF, or damaged, and for a file that holds no language model
 */
export async function readModelOutline(path: string): Promise<ModelOutline> {
  return outlineBehind(await readModelHeader(path), path);
}

/**
 * The outline of a model whose first header was read already: reads those of its other files.
 *
 * @throws {ModelError} if one of them is missing, no GGUF, or damaged
 */
export async function outlineBehind(first: GgufHeader, path: string): Promise<ModelOutline> {
  const others: GgufHeader[] = [];
  for (const file of shardFiles(path).slice(1)) others.push(await readGgufHeader(file));
  return outlineModel([first, ...others]);
}
