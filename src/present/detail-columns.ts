import { decimalsFor } from '../core/amount-text.ts';
import type { Efficiency } from '../scoring/efficiency.ts';
import type { ScoreboardRow } from '../scoring/scoreboard.ts';
import { type BoardColumn, boardColumn, measurementColumn } from './board-column.ts';
import { priorities } from './column-priorities.ts';
import { cutHeadings, thinkingHeading } from './footnotes.ts';
import { numberCell, sizeCell, wholeOnly } from './document.ts';

/** Right answers for what they cost: always in files, and on screen where an hourly price is given. */
function efficiencyColumn(id: keyof Efficiency, heading: string, field: string): BoardColumn {
  return boardColumn({
    id,
    heading,
    priority: priorities.asked,
    field,
    value: ({ efficiency }) => efficiency?.[id],
    show: (value, { pricePerHour }) =>
      typeof value === 'number' && pricePerHour !== undefined ? numberCell(value, decimalsFor(value)) : '',
  });
}

const fileMeasurement = (id: string): BoardColumn => measurementColumn({ id, isForPeople: false });

/** A share of items without an answer: it has a place at any price where there are some. */
function cutColumn(id: keyof typeof cutHeadings): BoardColumn {
  return measurementColumn({
    id,
    heading: cutHeadings[id],
    priority: ({ rows }) => (rows.some((row) => isCut(row, id)) ? priorities.cut : priorities.thinking),
    decimals: 3,
  });
}

function isCut({ measurements }: ScoreboardRow, id: keyof typeof cutHeadings): boolean {
  const share = measurements[id];
  return share !== undefined && share.status !== 'unavailable' && share.value > 0;
}

/** How large models are, where they are files: in whole tables and in files of data. */
const sizeColumns: readonly BoardColumn[] = [
  boardColumn({
    id: 'fileBytes',
    heading: 'File',
    priority: wholeOnly,
    field: 'file_bytes',
    value: ({ size }) => size?.fileBytes,
    show: (value) => (typeof value === 'number' ? sizeCell(value) : ''),
  }),
  boardColumn({
    id: 'bitsPerWeight',
    heading: 'Bits/weight',
    priority: wholeOnly,
    field: 'bits_per_weight',
    value: ({ size }) => size?.bitsPerWeight,
    show: (value) => (typeof value === 'number' ? numberCell(value, 2) : ''),
  }),
];

/** What is measured beside the four factors. */
export const detailColumns: readonly BoardColumn[] = [
  efficiencyColumn('correctPerMoney', 'Right/money', 'correct_per_money'),
  efficiencyColumn('correctPerSecond', 'Right/s', 'correct_per_second'),
  efficiencyColumn('correctPerSecondPerGib', 'Right/s/GiB', 'correct_per_second_per_gib'),
  efficiencyColumn('correctPerJoule', 'Right/J', 'correct_per_joule'),
  measurementColumn({
    id: 'tokensPerAnswer',
    heading: 'Tokens/answer',
    shortHeading: 'Tokens',
    priority: priorities.tokens,
  }),
  measurementColumn({ id: 'outputTokensPerSecond', heading: 'Output', priority: priorities.tokens }),
  measurementColumn({ id: 'timeToFirstTokenP50', heading: 'TTFT', priority: priorities.tokens }),
  measurementColumn({ id: 'timePerOutputTokenP50', heading: 'TPOT', priority: priorities.tokens }),
  measurementColumn({
    id: 'thinkingTokens',
    heading: thinkingHeading,
    priority: priorities.thinking,
    decimals: 0,
    tellsMissing: true,
  }),
  cutColumn('budgetCut'),
  cutColumn('contentFiltered'),
  ...['latencyP50', 'latencyP90'].map(fileMeasurement),
  measurementColumn({ id: 'latencyP95', heading: 'Latency p95', shortHeading: 'p95', priority: priorities.latencyP95 }),
  fileMeasurement('latencyP99'),
  ...['memoryWeights', 'memoryKv', 'memoryCompute', 'memoryOverhead'].map(fileMeasurement),
  ...['memoryReserved', 'energyPerItem'].map(fileMeasurement),
  measurementColumn({
    id: 'energyPerCorrect',
    heading: 'Energy/correct',
    shortHeading: 'J/right',
    priority: priorities.energy,
  }),
  measurementColumn({ id: 'pricePerThousand', heading: 'Price', priority: priorities.asked }),
  measurementColumn({ id: 'goodput', heading: 'Goodput', shortHeading: 'GOOD', priority: priorities.asked }),
  measurementColumn({ id: 'offeredRate', heading: 'Offered', priority: priorities.load }),
  fileMeasurement('loadLatencyP50'),
  measurementColumn({ id: 'loadLatencyP95', heading: 'Load p95', priority: priorities.load }),
  ...['loadLatencyP99', 'concurrency'].map(fileMeasurement),
  ...sizeColumns,
  measurementColumn({ id: 'rounds', heading: 'Rounds', priority: wholeOnly, decimals: 1 }),
];
