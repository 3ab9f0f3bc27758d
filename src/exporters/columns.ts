import type { Measurement } from '../core/measurement.ts';
import { factorLabels, factorNames, type FactorName } from '../stats/factor.ts';
import { flagId } from '../stats/score-flag.ts';
import { isDoubtful } from '../stats/scoreboard-metrics.ts';
import type { Scoreboard, ScoreboardRow } from '../stats/scoreboard.ts';
import type { Column, Mark, Scalar } from './column.ts';
import { measurementColumn } from './measurement-column.ts';
import type { ReportFormat } from './report.ts';
import { plainText } from './text-width.ts';

const everywhere: readonly ReportFormat[] = ['terminal', 'markdown', 'csv', 'json'];
const files: readonly ReportFormat[] = ['csv', 'json'];

function simpleColumn(
  column: Pick<Column, 'id' | 'heading' | 'shortHeading' | 'align' | 'dropOrder'> & {
    readonly formats?: readonly ReportFormat[];
    readonly field: string;
    readonly value: (row: ScoreboardRow, board: Scoreboard) => Scalar;
    readonly show?: (value: Scalar) => string;
    readonly mark?: (row: ScoreboardRow) => Mark;
  },
): Column {
  const {
    field,
    value,
    show = (shown) => String(shown ?? ''),
    mark = () => '',
    formats = everywhere,
    ...rest
  } = column;
  return {
    ...rest,
    formats,
    mark,
    unit: () => '',
    render: (row, board) => show(value(row, board)),
    raw: value,
    fields: (row, board) => ({ [field]: value(row, board) }),
  };
}

const fixed =
  (decimals: number) =>
  (value: Scalar): string =>
    typeof value === 'number' ? value.toFixed(decimals) : '–';

function scoreMark(row: ScoreboardRow): Mark {
  return factorNames.some((factor) => isDoubtful(row.measurements[factor])) ? '!' : '';
}

function factorColumn(factor: FactorName, dropOrder: number): Column {
  return simpleColumn({
    id: `factor${factorLabels[factor]}`,
    heading: factorLabels[factor],
    shortHeading: factorLabels[factor],
    align: 'right',
    dropOrder,
    formats: everywhere,
    field: `factor_${factor}`,
    value: ({ factors }) => factors?.[factor],
    show: fixed(2),
  });
}

/** The rank by which the rows are ordered: PER-A's where it was computed, else PER's. */
export function headlineRank(row: ScoreboardRow, board: Scoreboard): number | undefined {
  return board.versions.length > 1 ? row.anchored?.rank : row.rank;
}

const identity: readonly Column[] = [
  simpleColumn({
    id: 'task',
    heading: 'Task',
    shortHeading: 'Task',
    align: 'left',
    dropOrder: 0,
    formats: ['csv'],
    field: 'task',
    value: (_, { taskId }) => taskId,
  }),
  simpleColumn({
    id: 'protocol',
    heading: 'Protocol',
    shortHeading: 'Protocol',
    align: 'left',
    dropOrder: 0,
    formats: ['csv'],
    field: 'protocol',
    value: (_, { protocol }) => protocol,
  }),
  {
    id: 'rank',
    heading: '#',
    shortHeading: '#',
    formats: everywhere,
    align: 'right',
    dropOrder: 15,
    unit: () => '',
    mark: () => '',
    render: (row, board) => String(headlineRank(row, board) ?? '–'),
    raw: ({ rank }) => rank,
    fields: ({ rank, anchored }) => ({ rank, rank_a: anchored?.rank }),
  },
  simpleColumn({
    id: 'model',
    heading: 'Model',
    shortHeading: 'Model',
    align: 'left',
    dropOrder: 0,
    field: 'model',
    value: ({ model }) => model,
    show: (value) => plainText(String(value)),
  }),
  simpleColumn({
    id: 'state',
    heading: 'State',
    shortHeading: 'State',
    align: 'left',
    dropOrder: 0,
    formats: files,
    field: 'state',
    value: ({ state }) => state,
  }),
];

const scores: readonly Column[] = [
  simpleColumn({
    id: 'per',
    heading: 'PER',
    shortHeading: 'PER',
    align: 'right',
    dropOrder: 0,
    field: 'per',
    value: ({ score }) => score,
    show: fixed(3),
    mark: scoreMark,
  }),
  simpleColumn({
    id: 'perAnchored',
    heading: 'PER-A',
    shortHeading: 'PER-A',
    align: 'right',
    dropOrder: 10,
    field: 'per_a',
    value: ({ anchored }) => anchored?.score,
    show: fixed(3),
    mark: scoreMark,
  }),
];

const measurements: readonly Column[] = [
  measurementColumn({ id: 'accuracy', heading: 'Accuracy', shortHeading: 'ACC', dropOrder: 20, decimals: 3 }),
  measurementColumn({ id: 'throughput', heading: 'Throughput', shortHeading: 'THR', dropOrder: 30 }),
  measurementColumn({ id: 'latency', heading: 'Latency', shortHeading: 'LAT', dropOrder: 40 }),
  measurementColumn({ id: 'memory', heading: 'Memory', shortHeading: 'MEM', dropOrder: 42 }),
];

const details: readonly Column[] = [
  measurementColumn({ id: 'outputTokensPerSecond', heading: 'Output', shortHeading: 'Output', dropOrder: 80 }),
  measurementColumn({ id: 'timeToFirstTokenP50', heading: 'First token', shortHeading: 'TTFT', dropOrder: 81 }),
  measurementColumn({ id: 'timePerOutputTokenP50', heading: 'Per token', shortHeading: 'TPOT', dropOrder: 82 }),
  ...(['latencyP50', 'latencyP90', 'latencyP95', 'latencyP99'] as const).map((id) =>
    measurementColumn({
      id,
      heading: id.slice(-3).toLowerCase(),
      shortHeading: id.slice(-3),
      dropOrder: 90,
      formats: files,
    }),
  ),
  ...(['memoryWeights', 'memoryKv', 'memoryCompute', 'memoryOverhead'] as const).map((id) =>
    measurementColumn({ id, heading: id, shortHeading: id, dropOrder: 90, formats: files }),
  ),
  measurementColumn({
    id: 'memoryReserved',
    heading: 'memoryReserved',
    shortHeading: 'memoryReserved',
    dropOrder: 90,
    formats: files,
  }),
  measurementColumn({ id: 'energyPerItem', heading: 'Energy', shortHeading: 'J', dropOrder: 92, formats: files }),
  measurementColumn({ id: 'energyPerCorrect', heading: 'Energy/correct', shortHeading: 'J/right', dropOrder: 58 }),
  measurementColumn({ id: 'pricePerThousand', heading: 'Price', shortHeading: 'Price', dropOrder: 59 }),
  measurementColumn({ id: 'concurrency', heading: 'Concurrency', shortHeading: 'C', dropOrder: 90, formats: files }),
];

const doubts: readonly Column[] = [
  simpleColumn({
    id: 'flags',
    heading: 'Flags',
    shortHeading: 'Flags',
    align: 'left',
    dropOrder: 0,
    formats: ['csv'],
    field: 'flags',
    value: ({ flags }, board) => [...flags, ...board.flags].map(flagId).join(' ') || undefined,
  }),
  simpleColumn({
    id: 'warnings',
    heading: 'Warnings',
    shortHeading: 'Warnings',
    align: 'left',
    dropOrder: 0,
    formats: ['csv'],
    field: 'warnings',
    value: ({ warnings }) =>
      warnings.map(({ metric, reason, detail }) => `${metric}: ${reason}: ${detail}`).join('; ') || undefined,
  }),
  simpleColumn({
    id: 'error',
    heading: 'Error',
    shortHeading: 'Error',
    align: 'left',
    dropOrder: 0,
    formats: ['csv'],
    field: 'error',
    value: ({ error }) => error && `${error.code}: ${error.message}`,
  }),
];

function extraNames(boards: readonly Scoreboard[]): string[] {
  const rows = boards.flatMap(({ rows: own }) => own);
  return [...new Set(rows.flatMap(({ measurements: { extra = {} } }) => Object.keys(extra)))];
}

function extraColumn(name: string): Column {
  return measurementColumn({
    id: `extra.${name}`,
    field: name,
    heading: name,
    shortHeading: name,
    dropOrder: 70,
    decimals: 3,
    find: ({ measurements: { extra } }): Measurement | undefined => extra?.[name],
  });
}

/** Every column, in order; metrics of tasks become columns of their own. One list drives all formats. */
export function reportColumns(boards: readonly Scoreboard[], format: ReportFormat): readonly Column[] {
  return [
    ...identity,
    ...scores,
    ...measurements,
    ...factorNames.map((factor, index) => factorColumn(factor, 60 + index)),
    ...extraNames(boards).map(extraColumn),
    ...details,
    ...doubts,
  ].filter(({ formats }) => formats.includes(format));
}
