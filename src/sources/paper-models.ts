import type { CatalogueEntry } from './model-source.ts';

type PaperModel = Pick<CatalogueEntry, 'name' | 'title' | 'hubId' | 'parameters' | 'licence' | 'bytes'> & {
  readonly paperName: string;
  readonly repo: string;
  readonly file: string;
  readonly isGated?: boolean;
  /** The paper doesn't say which release it means. */
  readonly isVariantGuessed?: boolean;
};

/**
 * The paper names no quantisation; the GGUF files here are Q4_K_M, the usual choice. Sizes and repositories come from
 * second hand; what a pull gets is checked against the checksum that the hub states for it.
 */
function paperEntry(model: PaperModel): CatalogueEntry {
  const { repo, file, isGated = false, isVariantGuessed = false, ...rest } = model;
  return {
    ...rest,
    quantisation: 'Q4_K_M',
    promptStyle: 'instruct',
    isGated,
    sha256: undefined,
    hub: { repo, file, revision: 'main' },
    pip: undefined,
    isUnverified: ['hub', 'bytes', 'licence', ...(isVariantGuessed ? (['variant'] as const) : [])],
  };
}

const qwenSizes = [
  { size: '0.5B', parameters: 494_032_768, licence: 'Apache-2.0', bytes: 491_400_032, isOfficial: true },
  { size: '1.5B', parameters: 1_543_714_304, licence: 'Apache-2.0', bytes: 1_117_320_736, isOfficial: true },
  { size: '3B', parameters: 3_085_938_688, licence: 'Qwen Research', bytes: 2_104_932_768, isOfficial: true },
  // The official files of the larger ones are split; these repositories hold them whole.
  { size: '7B', parameters: 7_615_616_512, licence: 'Apache-2.0', bytes: 4_683_074_240, isOfficial: false },
  { size: '14B', parameters: 14_770_033_664, licence: 'Apache-2.0', bytes: 8_988_110_976, isOfficial: false },
  { size: '32B', parameters: 32_763_876_352, licence: 'Apache-2.0', bytes: 19_851_336_576, isOfficial: false },
  { size: '72B', parameters: 72_706_203_648, licence: 'Qwen', bytes: 47_415_715_488, isOfficial: false },
] as const;

const qwenModels = qwenSizes.map(({ size, isOfficial, ...facts }) =>
  paperEntry({
    ...facts,
    name: `qwen2.5-${size.toLowerCase()}-instruct`,
    title: `Qwen2.5 ${size} Instruct`,
    hubId: `Qwen/Qwen2.5-${size}-Instruct`,
    paperName: `Qwen2.5-${size}`,
    repo: `${isOfficial ? 'Qwen' : 'bartowski'}/Qwen2.5-${size}-Instruct-GGUF`,
    file: isOfficial ? `qwen2.5-${size.toLowerCase()}-instruct-q4_k_m.gguf` : `Qwen2.5-${size}-Instruct-Q4_K_M.gguf`,
  }),
);

/** The 16 models of the paper's tables. */
export const paperModels: readonly CatalogueEntry[] = [
  ...qwenModels,
  paperEntry({
    name: 'gemma-2-2b-it',
    title: 'Gemma 2 2B IT',
    hubId: 'google/gemma-2-2b-it',
    parameters: 2_614_341_888,
    licence: 'Gemma',
    isGated: true,
    bytes: 1_708_582_752,
    paperName: 'Gemma-2-2B',
    repo: 'bartowski/gemma-2-2b-it-GGUF',
    file: 'gemma-2-2b-it-Q4_K_M.gguf',
    isVariantGuessed: true,
  }),
  paperEntry({
    name: 'phi-3.5-mini-instruct',
    title: 'Phi 3.5 Mini Instruct',
    hubId: 'microsoft/Phi-3.5-mini-instruct',
    parameters: 3_821_079_552,
    licence: 'MIT',
    bytes: undefined,
    paperName: 'Phi-3.5',
    repo: 'bartowski/Phi-3.5-mini-instruct-GGUF',
    file: 'Phi-3.5-mini-instruct-Q4_K_M.gguf',
  }),
  paperEntry({
    name: 'qwen3-4b',
    title: 'Qwen3 4B',
    hubId: 'Qwen/Qwen3-4B',
    parameters: 4_022_468_096,
    licence: 'Apache-2.0',
    bytes: 2_497_280_256,
    paperName: 'Qwen3-4B',
    repo: 'Qwen/Qwen3-4B-GGUF',
    file: 'Qwen3-4B-Q4_K_M.gguf',
  }),
  paperEntry({
    name: 'mistral-7b-instruct-v0.3',
    title: 'Mistral 7B Instruct v0.3',
    hubId: 'mistralai/Mistral-7B-Instruct-v0.3',
    parameters: 7_248_023_552,
    licence: 'Apache-2.0',
    bytes: undefined,
    paperName: 'Mistral-7B',
    repo: 'bartowski/Mistral-7B-Instruct-v0.3-GGUF',
    file: 'Mistral-7B-Instruct-v0.3-Q4_K_M.gguf',
    isVariantGuessed: true,
  }),
  paperEntry({
    name: 'llama-3.1-8b-instruct',
    title: 'Llama 3.1 8B Instruct',
    hubId: 'meta-llama/Llama-3.1-8B-Instruct',
    parameters: 8_030_261_248,
    licence: 'Llama 3.1 Community',
    isGated: true,
    bytes: 4_920_739_232,
    paperName: 'Llama-3.1-8B',
    repo: 'bartowski/Meta-Llama-3.1-8B-Instruct-GGUF',
    file: 'Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf',
    isVariantGuessed: true,
  }),
  paperEntry({
    name: 'llama-3.1-70b-instruct',
    title: 'Llama 3.1 70B Instruct',
    hubId: 'meta-llama/Llama-3.1-70B-Instruct',
    parameters: 70_553_706_496,
    licence: 'Llama 3.1 Community',
    isGated: true,
    bytes: 42_520_398_400,
    paperName: 'Llama-3.1-70B',
    repo: 'bartowski/Meta-Llama-3.1-70B-Instruct-GGUF',
    file: 'Meta-Llama-3.1-70B-Instruct-Q4_K_M.gguf',
    isVariantGuessed: true,
  }),
  paperEntry({
    name: 'llama-2-13b-chat',
    title: 'Llama 2 13B Chat',
    hubId: 'meta-llama/Llama-2-13b-chat-hf',
    parameters: 13_015_864_320,
    licence: 'Llama 2 Community',
    isGated: true,
    bytes: undefined,
    paperName: 'Llama-2-13B',
    repo: 'TheBloke/Llama-2-13B-chat-GGUF',
    file: 'llama-2-13b-chat.Q4_K_M.gguf',
    isVariantGuessed: true,
  }),
  paperEntry({
    name: 'llama-2-70b-chat',
    title: 'Llama 2 70B Chat',
    hubId: 'meta-llama/Llama-2-70b-chat-hf',
    parameters: 68_976_648_192,
    licence: 'Llama 2 Community',
    isGated: true,
    bytes: undefined,
    paperName: 'Llama-2-70B',
    repo: 'TheBloke/Llama-2-70B-Chat-GGUF',
    file: 'llama-2-70b-chat.Q4_K_M.gguf',
    isVariantGuessed: true,
  }),
  paperEntry({
    name: 'vicuna-13b-v1.5',
    title: 'Vicuna 13B v1.5',
    hubId: 'lmsys/vicuna-13b-v1.5',
    parameters: 13_015_864_320,
    licence: 'Llama 2 Community',
    bytes: undefined,
    paperName: 'Vicuna-13B',
    repo: 'TheBloke/vicuna-13B-v1.5-GGUF',
    file: 'vicuna-13b-v1.5.Q4_K_M.gguf',
    isVariantGuessed: true,
  }),
];
