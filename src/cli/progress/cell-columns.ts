import type { Measurement } from '../../core/measurement.ts';
import { wilsonInterval } from '../../stats/score-interval.ts';
import { memoryText, clockText, rateText } from '../../core/amount-text.ts';
import type { CellView, RunState } from './run-state.ts';
import { cellTimeLeft, type PassLengths } from './time-left.ts';

/** One column of the table of cells; the first two, model and task, are laid out apart. */
export interface CellColumn {
  readonly title: string;
  readonly columns: number;
  /** How it looks where columns are scarce; without it the column stays as it is. */
  readonly narrow?: { readonly title: string; readonly columns: number; text(view: CellView): string };
  text(view: CellView, state: RunState, lengths: PassLengths): string;
}

/** In the order of the screen. */
export const cellColumns = {
  items: { title: 'items', columns: 11, text: itemsText, narrow: { title: 'items', columns: 8, text: itemsText } },
  accuracy: {
    title: 'accuracy',
    columns: 12,
    text: (view) => accuracyText(view, 1),
    narrow: { title: 'acc', columns: 7, text: (view) => accuracyText(view, 0).replaceAll(' ', '') },
  },
  itemsPerSecond: {
    title: 'items/s',
    columns: 7,
    text: (view) => rate(view, view.rates.itemsPerSecond(), view.measurements.throughput, 'items/s'),
  },
  tokensPerSecond: {
    title: 'tok/s',
    columns: 6,
    text: (view) => rate(view, view.rates.tokensPerSecond(), view.measurements.outputTokensPerSecond, 'tokens/s'),
  },
  left: { title: 'left', columns: 7, text: leftText },
  memory: {
    title: 'memory',
    columns: 8,
    text: (view) => (view.memoryBytes === undefined ? '' : memoryText(view.memoryBytes)),
  },
  doing: { title: 'doing', columns: 14, text: doingText },
} as const satisfies Readonly<Record<string, CellColumn>>;

export type CellColumnName = keyof typeof cellColumns;

/** Which columns go last when the terminal is narrow; the first of this list stays longest. */
export const columnPriority: readonly CellColumnName[] = [
  'items',
  'accuracy',
  'left',
  'itemsPerSecond',
  'doing',
  'tokensPerSecond',
  'memory',
];

function itemsText(view: CellView): string {
  const { items } = view.cell;
  const done = view.state === 'done' ? items : (view.accuracy?.done ?? 0);
  return view.state === 'pending' && done === 0 ? String(items) : `${done}/${items}`;
}

/** `31.2 ±5.1 %`: the share of right answers so far and half of its Wilson interval. */
function accuracyText(view: CellView, digits: number): string {
  const { accuracy } = view.measurements;
  if (accuracy !== undefined && accuracy.status !== 'unavailable') {
    const half = accuracy.interval === undefined ? undefined : (accuracy.interval.high - accuracy.interval.low) / 2;
    return percentText(accuracy.value, half, digits);
  }
  const progress = view.accuracy;
  if (progress === undefined || progress.done === 0 || progress.hidesScore === true) return '';
  const { low, high } = wilsonInterval(Math.min(progress.scoreSum, progress.done), progress.done);
  return percentText(progress.scoreSum / progress.done, (high - low) / 2, digits);
}

function percentText(share: number, half: number | undefined, digits: number): string {
  const value = (share * 100).toFixed(digits);
  return half === undefined ? `${value} %` : `${value} ±${(half * 100).toFixed(digits)} %`;
}

function rate(view: CellView, running: number | undefined, measured: Measurement | undefined, unit: string): string {
  if (view.pass !== undefined) return running === undefined ? '' : rateText(running);
  if (measured === undefined || measured.status === 'unavailable' || measured.unit !== unit) return '';
  return rateText(measured.value);
}

function leftText(view: CellView, state: RunState, lengths: PassLengths): string {
  if (view.state !== 'running') return '';
  const left = cellTimeLeft(view, state, lengths);
  return left === undefined ? '' : clockText((left.lowMs + left.highMs) / 2);
}

function doingText(view: CellView, state: RunState): string {
  if (view.state !== 'running') return view.state === 'pending' ? '' : view.state;
  if (view.pass === undefined) return state.loading?.model === view.cell.model ? 'loading' : 'waiting';
  return state.launches > 1 && view.pass !== 'accuracy'
    ? `${view.pass} ${view.launch + 1}/${state.launches}`
    : view.pass;
}
