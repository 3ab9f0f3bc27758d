import type { DatasetName } from '../../core/task.ts';

export type DatasetFormat = 'jsonl' | 'squad-json' | 'parquet' | 'acl-imdb';

/** A place where rows of one split may lie, relative to the data folder. */
export interface DatasetPlace {
  /** Folder, with `/` between parts; empty for the data folder itself. */
  readonly folder: string;
  /** File name, sub-folder (`acl-imdb`), or start of the names of shards (`parquet`). */
  readonly name: string;
  readonly format: DatasetFormat;
}

interface DatasetLayout {
  /** Folders that hold the data set, best first. */
  readonly folders: readonly string[];
  /** Folders of the hub's parquet below those: its configurations. */
  readonly configurations: readonly string[];
  /** Names by split, best first, parquet aside: that is named after the split everywhere. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly format: Exclude<DatasetFormat, 'parquet'>;
}

const layouts: Readonly<Record<DatasetName, DatasetLayout>> = {
  gsm8k: {
    folders: ['gsm8k', 'grade_school_math/data', 'grade-school-math/grade_school_math/data', ''],
    configurations: ['main'],
    names: { test: ['test.jsonl'], train: ['train.jsonl'] },
    format: 'jsonl',
  },
  hellaswag: {
    folders: ['hellaswag', 'hellaswag/data', ''],
    configurations: ['data', 'default'],
    names: {
      validation: ['hellaswag_val.jsonl', 'hellaswag_val.derived.jsonl'],
      train: ['hellaswag_train.jsonl'],
    },
    format: 'jsonl',
  },
  arc_easy: {
    folders: ['arc_easy', 'ai2_arc', 'ARC-V1-Feb2018-2/ARC-Easy', 'arc_easy/ARC-V1-Feb2018-2/ARC-Easy', 'ARC-Easy', ''],
    configurations: ['ARC-Easy'],
    names: {
      test: ['ARC-Easy-Test.jsonl', 'ARC-Easy-test.jsonl'],
      train: ['ARC-Easy-Train.jsonl', 'ARC-Easy-train.jsonl'],
      validation: ['ARC-Easy-Dev.jsonl', 'ARC-Easy-validation.jsonl'],
    },
    format: 'jsonl',
  },
  squad2: {
    folders: ['squad2', 'squad_v2', ''],
    configurations: ['squad_v2'],
    names: { validation: ['dev-v2.0.json', 'dev-v2.0.rebuilt.json'], train: ['train-v2.0.json'] },
    format: 'squad-json',
  },
  imdb: {
    folders: ['imdb', 'aclImdb', ''],
    configurations: ['plain_text'],
    names: { test: ['imdb_test.jsonl'], train: ['imdb_train.jsonl'] },
    format: 'jsonl',
  },
};

/**
 * Every place where a split may lie, best first: what perbench's own layout and the official releases are called, then
 * the hub's parquet. A name may also end in `.gz`, except for parquet.
 */
export function datasetPlaces(name: DatasetName, split: string): readonly DatasetPlace[] {
  const { folders, configurations, names, format } = layouts[name];
  const files = folders.flatMap((folder) => (names[split] ?? []).map((file) => ({ folder, name: file, format })));
  const reviewFolders = name === 'imdb' ? ['imdb', 'imdb/aclImdb', 'aclImdb', ''] : [];
  const reviews = reviewFolders.map((folder) => ({ folder, name: split, format: 'acl-imdb' }) as const);
  // Directly in the data folder `test-00000-of-00001.parquet` could be anybody's.
  const shardFolders = folders.flatMap((folder) => [
    ...configurations.map((configuration) => (folder === '' ? configuration : `${folder}/${configuration}`)),
    ...(folder === '' ? [] : [folder]),
  ]);
  const shards = [...new Set(shardFolders)].map((folder) => ({ folder, name: split, format: 'parquet' }) as const);
  return [...files, ...reviews, ...shards];
}

/** How a place is written in messages: `gsm8k/main/test-*.parquet`. */
export function describePlace({ folder, name, format }: DatasetPlace): string {
  const start = folder === '' ? '' : `${folder}/`;
  if (format === 'acl-imdb') return `${start}${name}/pos/*.txt`;
  return format === 'parquet' ? `${start}${name}-*.parquet` : start + name;
}
