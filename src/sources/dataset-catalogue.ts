import type { DatasetName } from '../core/task.ts';

export interface HubDatasetFile {
  readonly path: string;
  readonly split: string;
  /** Hex; what comes must have it. Undefined where nobody stated it: then the hub's own checksum counts alone. */
  readonly sha256: string | undefined;
}

/** A data set as parquet on the hub, at a revision that never changes. */
export interface HubDataset {
  readonly name: DatasetName;
  readonly repo: string;
  /** Full commit. */
  readonly revision: string;
  readonly licence: string;
  readonly files: readonly HubDatasetFile[];
  /** Revision and checksums were taken from other projects that pin the same ones, not seen at the hub. */
  readonly isUnverified: true;
}

function parquet(folder: string, split: string, sha256?: string): HubDatasetFile {
  return { path: `${folder}/${split}-00000-of-00001.parquet`, split, sha256 };
}

/** The five data sets; only the splits that tasks evaluate or take examples from. */
export const hubDatasets = {
  imdb: {
    name: 'imdb',
    repo: 'stanfordnlp/imdb',
    revision: 'e6281661ce1c48d982bc483cf8a173c1bbeb5d31',
    licence: 'not stated',
    files: [
      parquet('plain_text', 'test', 'b52e26e2f872d282ffac460bf9770b25ac6f102cda0e6ca7158df98c94e8b3da'),
      parquet('plain_text', 'train', 'db47d16b5c297cc0dd625e519c81319c24c9149e70e8496de5475f6fa928342c'),
    ],
    isUnverified: true,
  },
  hellaswag: {
    name: 'hellaswag',
    repo: 'Rowan/hellaswag',
    revision: '218ec52e09a7e7462a5400043bb9a69a41d06b76',
    licence: 'MIT',
    files: [parquet('data', 'validation'), parquet('data', 'train')],
    isUnverified: true,
  },
  arc_easy: {
    name: 'arc_easy',
    repo: 'allenai/ai2_arc',
    revision: '210d026faf9955653af8916fad021475a3f00453',
    licence: 'CC BY-SA 4.0',
    files: [
      parquet('ARC-Easy', 'test', '4160597d618ae851c7eb04e281574f3f654776216ac6b6641588d64527b47177'),
      parquet('ARC-Easy', 'train', 'b315db8a4be597dc7daa50a4e70d48dd7c990c32085629e6ccd8c926beaa80b5'),
      parquet('ARC-Easy', 'validation', 'ed890ff1e4cef7a7140d3a30dcea3ed2c9d467c6458f447ad9ef0176d8dcbb74'),
    ],
    isUnverified: true,
  },
  squad2: {
    name: 'squad2',
    repo: 'rajpurkar/squad_v2',
    revision: '3ffb306f725f7d2ce8394bc1873b24868140c412',
    licence: 'CC BY-SA 4.0',
    files: [
      parquet('squad_v2', 'validation', '0560174ab095c5ac0a8c8dc8da05f1625453c45a77e4ce9cabc6947ddfdd24cb'),
      parquet('squad_v2', 'train', 'f6da32ffb482ff463ad056477740d1bb284b96a45db3a08bee6a225ca6abf291'),
    ],
    isUnverified: true,
  },
  gsm8k: {
    name: 'gsm8k',
    repo: 'openai/gsm8k',
    revision: '740312add88f781978c0658806c59bc2815b9866',
    licence: 'MIT',
    files: [
      parquet('main', 'test', 'ee7b8da9e381df27b9e3f7758a159ab2bdaa4dbaa910546cbbc47e0cb44e4f59'),
      parquet('main', 'train', 'ea82612ea9582142387730c793eb67d3b12849002bc0b7fa6f8efafa7351419d'),
    ],
    isUnverified: true,
  },
} as const satisfies Record<DatasetName, HubDataset>;

/** Names that `pullDataset` takes. */
export const datasetNames: readonly DatasetName[] = Object.values(hubDatasets).map(({ name }) => name);
