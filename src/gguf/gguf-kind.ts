import { ModelError } from '../core/errors.ts';
import { type GgufHeader, readGgufHeader } from './gguf-header.ts';

/** What a whole GGUF file is that isn't a language model, and what to do instead. */
interface OtherKind {
  readonly what: string;
  readonly hint: string;
}

const nameTheModel = 'Name the GGUF file of the language model itself.';
const generates = 'Choose a model that generates text from left to right.';

/** `general.type` of files that aren't models; gguf-py/gguf/constants.py of llama.cpp has them all. */
const fileTypes: Readonly<Record<string, OtherKind>> = {
  mmproj: { what: 'a projector for images or sound (mmproj), which belongs beside a model', hint: nameTheModel },
  imatrix: { what: 'an importance matrix (imatrix), the statistics of a quantisation', hint: nameTheModel },
  adapter: {
    what: 'a LoRA adapter, which changes another model',
    hint: 'Merge it into its model with llama-export-lora of llama.cpp, and name the result.',
  },
  controlvector: { what: 'a control vector, which changes another model', hint: nameTheModel },
  vocab: { what: 'a vocabulary without weights', hint: nameTheModel },
};

const embedding: OtherKind = { what: 'an embedding model, which generates no text', hint: generates };
const imageModel: OtherKind = { what: 'a model that draws images or films, which generates no text', hint: generates };
const diffusion: OtherKind = { what: 'a diffusion language model, which writes in no order', hint: generates };

/** By `general.architecture`: those of llama.cpp that aren't decoders, and those of other programs. */
const architectures: readonly (readonly [pattern: RegExp, kind: OtherKind])[] = [
  [
    /^(?:eagle\d?|medusa|dflash|mtp)(?:[-_]|$)/,
    {
      what: 'a draft head for speculative decoding, which only guesses for the model that it was made for',
      hint: nameTheModel,
    },
  ],
  [/^clip/, fileTypes['mmproj'] ?? embedding],
  [/^controlvector$/, fileTypes['controlvector'] ?? embedding],
  [/^(?:[\w-]*bert[\w-]*|gemma-embedding|llama-embed|gte|bge|e5|t5encoder)$/, embedding],
  [/^t5$/, { what: 'an encoder-decoder (T5), which perbench cannot run', hint: generates }],
  [/^(?:dream|llada(?:-moe)?|rnd1)$/, diffusion],
  [
    /^(?:wavtokenizer-dec|snac|dac|encodec|vocos|hifigan)$/,
    { what: 'a vocoder, which turns codes into sound', hint: generates },
  ],
  [/^(?:whisper|parakeet|canary)/, { what: 'a speech recogniser, which answers no questions', hint: generates }],
  [
    /^(?:flux\d?|sd1|sd2|sd3|sdxl|aura|hidream|cosmos|ltxv|hyvid|wan|lumina2|qwen_image|pixart|chroma|z_image|pig|vae|unet|diffusion)$/,
    imageModel,
  ],
];

const nameless: OtherKind = {
  what: 'a GGUF file that names no architecture (general.architecture), so it is damaged or holds no model',
  hint: 'Download it again, or convert the model again.',
};

/** `pooling_type` of embedding models and rerankers; 0 and a missing one are those of decoders. */
const poolings: Readonly<Record<number, OtherKind>> = {
  1: embedding,
  2: embedding,
  3: embedding,
  4: { what: 'a reranker, which scores texts and generates none', hint: generates },
};

/** What else a header's file is than a language model that answers; undefined for one that does. */
function otherKind(header: GgufHeader): OtherKind | undefined {
  const { architecture, values, splitCount } = header;
  const part = values.get('split.no');
  if (splitCount > 1 && typeof part === 'number' && part > 0) {
    return {
      what: `part ${part + 1} of ${splitCount} of a split model`,
      hint: `Name the first part, whose name ends with -00001-of-${String(splitCount).padStart(5, '0')}.gguf.`,
    };
  }
  const type = values.get('general.type');
  if (typeof type === 'string' && type !== 'model') {
    const name = architecture === 'controlvector' ? architecture : type;
    return (
      (Object.hasOwn(fileTypes, name) ? fileTypes[name] : undefined) ?? {
        what: `a file of the type ${JSON.stringify(type.slice(0, 40))}`,
        hint: nameTheModel,
      }
    );
  }
  if (values.has('adapter.type') || values.has('adapter.lora.alpha')) return fileTypes['adapter'];
  if (values.has('imatrix.chunk_count') || header.lengths.has('imatrix.datasets')) return fileTypes['imatrix'];
  const named = architectures.find(([pattern]) => pattern.test(architecture))?.[1];
  if (named !== undefined) return named;
  if (typeof values.get('general.architecture') !== 'string' || architecture === '') return nameless;
  const pooling = values.get(`${architecture}.pooling_type`);
  if (typeof pooling === 'number' && Object.hasOwn(poolings, pooling)) return poolings[pooling];
  if (values.get(`${architecture}.attention.causal`) === false) return embedding;
  return header.tensors === 0 && splitCount === 1 ? fileTypes['vocab'] : undefined;
}

/**
 * Refuses the header of a file that is no language model that can answer.
 *
 * @throws {ModelError} that says what it is instead
 */
export function requireLanguageModel(name: string, header: GgufHeader): void {
  const other = otherKind(header);
  if (other !== undefined)
    throw new ModelError(`${name} is no language model: it is ${other.what}`, { hint: other.hint });
}

/**
 * Reads the header of a file that is to be run.
 *
 * @throws {ModelError} if it is missing, no GGUF, damaged or cut off, or whole but no language model that can answer
 */
export async function readModelHeader(path: string): Promise<GgufHeader> {
  const header = await readGgufHeader(path);
  requireLanguageModel(path, header);
  return header;
}
