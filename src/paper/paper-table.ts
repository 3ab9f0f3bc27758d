import { TableError } from '../core/errors.ts';
import { csvRecords } from '../formats/csv-records.ts';
import { factorNames, type FactorName, type Factors } from '../scoring/factor.ts';

/** The one name in the paper that states no size; its publisher gives 3.8 billion. */
const sizes: Readonly<Record<string, number>> = { 'Phi-3.5': 3.8 };

/** Family whose seven sizes the paper has, so that steps in size compare like with like. */
export const ladderFamily = 'Qwen2.5-';

/**
 * Nominal size of a model of the paper, in billions of parameters.
 *
 * @throws {RangeError} if the name states none
 */
export function billionsOf(model: string): number {
  const stated = /-(\d+(?:\.\d+)?)B$/u.exec(model)?.[1];
  const billions = sizes[model] ?? (stated === undefined ? undefined : Number(stated));
  if (billions === undefined) throw new RangeError(`"${model}" states no size such as -7B`);
  return billions;
}

/** Titles of the paper's tasks. */
const paperTaskTitles: Readonly<Record<string, string>> = {
  gsm8k: 'GSM8K',
  squad2: 'SQuAD 2.0',
  hellaswag: 'HellaSwag',
  imdb: 'IMDB',
  arc_easy: 'ARC-Easy',
};

/** Items in the public split that the paper names, and the number that it says it used where that differs. */
export const publicItems: Readonly<Record<string, number>> = {
  gsm8k: 1319,
  squad2: 11_873,
  hellaswag: 10_042,
  imdb: 25_000,
  arc_easy: 2376,
};

export function taskTitle(task: string): string {
  return paperTaskTitles[task] ?? task;
}

/** One line of the paper's Tables 1 and 2: a model on a task, as printed. Throughput and memory are per GPU. */
export interface PaperRow extends Factors {
  readonly task: string;
  readonly kind: 'generation' | 'classification';
  readonly model: string;
  /** Nominal size, in billions of parameters. */
  readonly billions: number;
  /** PER as the paper prints it. */
  readonly published: number;
  /** Half a unit of the last printed digit: how far the unrounded number may be from the printed one. */
  readonly halfUnits: Readonly<Record<FactorName | 'published', number>>;
}

export interface PaperTable {
  readonly rows: readonly PaperRow[];
  /** In the order of the paper. */
  readonly tasks: readonly string[];
  readonly models: readonly string[];
}

const columns = {
  accuracy: 'accuracy',
  throughput: 'throughput',
  latency: 'latency',
  memory: 'memory_mib',
  published: 'per_published',
} as const;

/** 0.005 for `0.58`, 0.5 for `4417`. */
function halfUnit(printed: string): number {
  const decimals = printed.split('.')[1]?.length ?? 0;
  return 0.5 * 10 ** -decimals;
}

/**
 * Reads `data/paper.csv`: the paper's two tables as one, with the numbers as printed. Memory stays in MiB.
 *
 * @param file name for messages
 * @throws {TableError} if a column is missing or a number isn't one
 */
export function readPaperTable(csvText: string, file = 'data/paper.csv'): PaperTable {
  const [heading, ...records] = csvRecords(csvText, file);
  const names = heading?.cells ?? [];
  const missing = ['task', 'kind', 'model', ...Object.values(columns)].filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new TableError(file, [{ line: 1, column: undefined, message: `lacks the columns ${missing.join(', ')}` }]);
  }
  const rows = records.map(({ cells, line }): PaperRow => {
    const text = (name: string): string => cells[names.indexOf(name)] ?? '';
    const model = text('model');
    const numbers = Object.fromEntries(
      Object.entries(columns).map(([field, column]) => [field, numberIn(text(column), file, line, column)]),
    ) as unknown as Readonly<Record<keyof typeof columns, number>>;
    return {
      ...numbers,
      task: text('task'),
      kind: text('kind') === 'generation' ? 'generation' : 'classification',
      model,
      billions: billionsOf(model),
      halfUnits: {
        ...(Object.fromEntries(factorNames.map((factor) => [factor, halfUnit(text(columns[factor]))])) as Record<
          FactorName,
          number
        >),
        // A score of 0 is printed without decimals.
        published: Math.min(0.005, halfUnit(text(columns.published))),
      },
    };
  });
  return {
    rows,
    tasks: [...new Set(rows.map(({ task }) => task))],
    models: [...new Set(rows.map(({ model }) => model))],
  };
}

function numberIn(text: string, file: string, line: number, column: string): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value)) return value;
  throw new TableError(file, [{ line, column, message: `expected a number, got "${text}"` }]);
}

/** The rows of one task, in the order of the paper. */
export function taskRows({ rows }: PaperTable, task: string): readonly PaperRow[] {
  return rows.filter((row) => row.task === task);
}

/** The tasks of one kind, in the order of the paper. */
export function tasksOf({ tasks, rows }: PaperTable, kind: PaperRow['kind']): readonly string[] {
  return tasks.filter((task) => rows.find((row) => row.task === task)?.kind === kind);
}

/** The row of a model on a task; our own data has them all. */
export function rowOf({ rows }: PaperTable, task: string, model: string): PaperRow {
  const found = rows.find((row) => row.task === task && row.model === model);
  if (found === undefined) throw new RangeError(`the table has no ${model} on ${task}`);
  return found;
}

export interface SizeRange {
  readonly low: number;
  readonly high: number;
}

/** Whether a model's nominal size is in a range, ends included. */
export function isSized({ billions }: PaperRow, { low, high }: SizeRange): boolean {
  return billions >= low && billions <= high;
}

/** The rows of models whose nominal size is in a range, ends included. */
export function sized(rows: readonly PaperRow[], range: SizeRange): readonly PaperRow[] {
  return rows.filter((row) => isSized(row, range));
}

/** The most accurate of some rows. */
export function bestRow(rows: readonly PaperRow[]): PaperRow {
  return rows.reduce((best, row) => (row.accuracy > best.accuracy ? row : best));
}

/** The smallest model of some rows. */
export function smallestRow(rows: readonly PaperRow[]): PaperRow {
  return rows.reduce((least, row) => (row.billions < least.billions ? row : least));
}
