import { TableError } from '../../core/errors.ts';
import { csvRecords } from '../csv-records.ts';
import { factorNames, type FactorName, type Factors } from '../factor.ts';
import { billionsOf } from './paper-models.ts';

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
