import type { Efficiency } from '../scoring/efficiency.ts';
import type { Column } from './column.ts';
import { humanNumber } from '../core/amount-text.ts';
import { simpleColumn } from './simple-column.ts';

function efficiencyColumn(name: keyof Efficiency, heading: string, field: string, dropOrder: number): Column {
  return simpleColumn({
    id: name,
    heading,
    shortHeading: heading,
    align: 'right',
    dropOrder,
    field,
    value: ({ efficiency }) => efficiency?.[name],
    show: (value) => (typeof value === 'number' ? humanNumber(value) : ''),
    // Answers for what they cost are always in files, and on screen where somebody said what an hour costs.
    isShown: ({ pricePerHour }) => pricePerHour !== undefined,
  });
}

/** Right answers for what they cost. */
export const efficiencyColumns: readonly Column[] = [
  efficiencyColumn('correctPerMoney', 'Right/money', 'correct_per_money', 45),
  efficiencyColumn('correctPerSecond', 'Right/s', 'correct_per_second', 56),
  efficiencyColumn('correctPerSecondPerGib', 'Right/s/GiB', 'correct_per_second_per_gib', 57),
  efficiencyColumn('correctPerJoule', 'Right/J', 'correct_per_joule', 57),
];
