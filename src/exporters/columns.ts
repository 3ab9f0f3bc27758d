import type { Measurement } from '../core/measurement.ts';
import { factorLabels, factorNames, type FactorName } from '../scoring/factor.ts';
import { flagId } from '../scoring/score-flag.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import type { Column } from './column.ts';
import { efficiencyColumns } from './efficiency-columns.ts';
import { measurementColumn } from './measurement-column.ts';
import type { ReportFormat } from './report.ts';
import { rankColumn, scoreColumns } from './score-columns.ts';
import { fixed, simpleColumn } from './simple-column.ts';
import { plainText } from './sanitise.ts';

const files: readonly ReportFormat[] = ['csv', 'json'];

function factorColumn(factor: FactorName, dropOrder: number): Column {
  return simpleColumn({
    id: `factor${factorLabels[factor]}`,
    heading: factorLabels[factor],
    shortHeading: factorLabels[factor],
    align: 'right',
    dropOrder,
    field: `factor_${factor}`,
    value: ({ factors }) => factors?.[factor],
    show: fixed(2),
  });
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
  rankColumn,
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
  measurementColumn({ id: 'goodput', heading: 'Goodput', shortHeading: 'GOOD', dropOrder: 56 }),
  ...(['loadLatencyP50', 'loadLatencyP95', 'loadLatencyP99'] as const).map((id) => {
    const heading = `Load ${id.slice(-3).toLowerCase()}`;
    const formats = id === 'loadLatencyP95' ? undefined : files;
    return measurementColumn({ id, heading, shortHeading: heading, dropOrder: 57, ...(formats && { formats }) });
  }),
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
    heading: plainText(name),
    shortHeading: plainText(name),
    dropOrder: 70,
    decimals: 3,
    find: ({ measurements: { extra } }): Measurement | undefined => extra?.[name],
  });
}

/** Every column, in order; metrics of tasks become columns of their own. One list drives all formats. */
export function reportColumns(boards: readonly Scoreboard[], format: ReportFormat): readonly Column[] {
  return [
    ...identity,
    ...scoreColumns,
    ...measurements,
    ...factorNames.map((factor, index) => factorColumn(factor, 60 + index)),
    ...extraNames(boards).map(extraColumn),
    ...efficiencyColumns,
    ...details,
    ...doubts,
  ].filter(({ formats }) => formats.includes(format));
}
