import type { Measurement } from '../../core/measurement.ts';
import { wilsonInterval } from '../../stats/score-interval.ts';
import { clockText, countText, memoryText, percentText, rateText } from '../../core/amount-text.ts';
import type { CellView, RunState } from './run-state.ts';
import { cellTimeLeft, type Outlook } from './time-left.ts';

/** One column of the table of cells; the first two, model and task, are laid out apart. */
export interface CellColumn {
  readonly title: string;
  readonly columns: number;
  /** How it looks where columns are scarce; without it the column stays as it is. */
  readonly narrow?: { readonly title: string; readonly columns: number; text(view: CellView): string };
  text(view: CellView, state: RunState, outlook: Outlook): string;
}

/** In the order of the screen. */
export const cellColumns = {
  items: { title: 'items', columns: 11, text: itemsText, narrow: { title: 'items', columns: 8, text: itemsText } },
  accuracy: {
    title: 'accuracy, %',
    columns: 18,
    text: accuracyText,
    narrow: { title: 'acc', columns: 7, text: shortAccuracyText },
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

function itemsText({ state, items, accuracy, pass }: CellView): string {
  const done = state === 'done' ? items : (accuracy?.done ?? 0);
  return pass === undefined && done === 0 ? String(items) : `${done}/${items}`;
}

/** From so many items on the interval of a share says something; before, a count says more. */
const fewItems = 30;

interface Share {
  readonly right: number;
  readonly items: number;
  readonly low: number;
  readonly high: number;
}

/** Right answers so far, with Wilson's interval, which stays between 0 and 1; undefined where nothing may be shown. */
function shareOf({ measurements, accuracy: progress }: CellView): Share | undefined {
  const { accuracy } = measurements;
  if (accuracy !== undefined && accuracy.status !== 'unavailable') {
    const { value, n, interval = { low: value, high: value } } = accuracy;
    return { right: value * n, items: n, low: interval.low, high: interval.high };
  }
  if (progress === undefined || progress.done === 0 || progress.hidesScore === true) return undefined;
  const right = Math.min(progress.scoreSum, progress.done);
  return { right, items: progress.done, ...wilsonInterval(right, progress.done) };
}

/** `31.2 (26.4-36.3)`; `7 of 8 right` where that says more; tokens as long as there is no answer. */
function accuracyText(view: CellView): string {
  const share = shareOf(view);
  if (share === undefined) return workText(view);
  return share.items >= fewItems ? shareText(share) : countsText(share);
}

/** The same in a sentence. */
export function accuracySentence(view: CellView): string {
  const share = shareOf(view);
  if (share !== undefined) return share.items >= fewItems ? `accuracy ${shareText(share)} %` : countsText(share);
  const work = workText(view);
  return work === '' ? '' : `${work} so far`;
}

function shareText({ right, items, low, high }: Share): string {
  const percent = (part: number): string => (100 * part).toFixed(1);
  return `${percent(right / items)} (${percent(low)}-${percent(high)})`;
}

function countsText({ right, items }: Share): string {
  return `${rightText(right)} of ${items} right`;
}

function shortAccuracyText(view: CellView): string {
  const share = shareOf(view);
  if (share === undefined) return '';
  const { right, items } = share;
  return items >= fewItems ? percentText(right / items) : `${rightText(right)}/${items}`;
}

/** Answers may be right in part. */
function rightText(right: number): string {
  return Math.abs(right - Math.round(right)) < 1e-9 ? String(Math.round(right)) : right.toFixed(1);
}

/** What the engine has done for the first answers; nothing once there is one. */
function workText({ progress }: CellView): string {
  const { inFlight, done = 0, before = 0 } = progress ?? {};
  if (inFlight === undefined || done > before) return '';
  const { tokens, requests } = inFlight;
  return tokens === undefined ? `${countText(requests)} asked` : `${countText(tokens.prompt + tokens.output)} tokens`;
}

function rate(view: CellView, running: number | undefined, measured: Measurement | undefined, unit: string): string {
  if (view.pass !== undefined) return running === undefined ? '' : rateText(running);
  if (measured === undefined || measured.status === 'unavailable' || measured.unit !== unit) return '';
  return rateText(measured.value);
}

function leftText(view: CellView, state: RunState, outlook: Outlook): string {
  // Of a run within a time nobody knows what it will ask of a cell that waits.
  if (view.state !== 'running' || (view.pass === undefined && outlook.timeLimitMs !== undefined)) return '';
  const left = cellTimeLeft(view, state, outlook);
  return left === undefined ? '' : clockText((left.lowMs + left.highMs) / 2);
}

function doingText(view: CellView, state: RunState): string {
  if (view.state !== 'running') return view.state === 'pending' ? '' : view.state;
  if (view.pass === undefined && state.loading?.model === view.cell.model) return 'loading';
  if (state.launches === 1 || view.pass === 'accuracy') return view.pass ?? 'waiting';
  // Between two launches others have their turn.
  const isLaunchOver = view.pass === undefined && view.endedPasses.has(`latency:${view.launch}`);
  const { fixedLaunches } = state;
  if (fixedLaunches === undefined) return view.pass === undefined ? 'waiting' : `${view.pass} ${view.launch + 1}`;
  const launch = Math.min(fixedLaunches, view.launch + (isLaunchOver ? 2 : 1));
  return `${view.pass ?? 'waiting'} ${launch}/${fixedLaunches}`;
}
