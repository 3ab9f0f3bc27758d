import { textWidth, truncateText, padText } from '../../present/text-width.ts';
import { plainText } from '../../present/sanitise.ts';
import { cellColumns, columnPriority, type CellColumn, type CellColumnName } from './cell-columns.ts';
import { clockText, roughRange } from '../../core/amount-text.ts';
import type { CellView, RunState } from './run-state.ts';
import { runTimeLeft, type Outlook } from './time-left.ts';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

export interface FrameInput {
  readonly state: RunState;
  readonly outlook: Outlook;
  readonly elapsedMs: number;
  readonly size: FrameSize;
  /** The display stands still, because time is being measured. */
  readonly isFrozen: boolean;
  /** Colours, or the text as it is. */
  readonly paint: (text: string, style: 'dim' | 'bold' | 'green' | 'red' | 'yellow') => string;
}

const gap = 2;
const markColumns = 2;
const narrowestName = 6;
/** Below so many columns, columns take their narrow form. */
const narrowBelow = 64;

const marks: Readonly<Record<CellView['state'], string>> = {
  pending: '·',
  running: '▸',
  done: '✓',
  failed: '✗',
  unavailable: '–',
};

/** A cell between two passes waits for others of its model: the arrow is where the work is. */
function mark({ state, pass }: CellView): string {
  return state === 'running' && pass === undefined ? marks.pending : marks[state];
}

/** The display as lines, each narrower than the terminal, together lower than it. */
export function frameLines(input: FrameInput): readonly string[] {
  const { state, size, paint } = input;
  // The last column stays free: a full line would leave the cursor between two lines.
  const columns = Math.max(10, size.columns - 1);
  const rows = Math.max(3, size.rows - 1);
  const footer = footerLine(input, columns);
  const hasHeader = rows > 3;
  const loading = hasHeader && rows > 4 ? loadingLines(state, columns) : [];
  const room = rows - (hasHeader ? 2 : 1) - loading.length;
  const { shown, hidden } = chooseCells(state.cells, room);
  const layout = chooseColumns(columns, shown);
  const header = hasHeader ? [paint(headerLine(layout), 'dim')] : [];
  const body = shown.map((view) => cellLine(view, layout, input));
  const rest = hidden.length === 0 ? [] : [paint(truncateText(hiddenText(hidden), columns), 'dim')];
  return [...header, ...body, ...rest, ...loading.map((line) => paint(line, 'dim')), paint(footer, 'bold')];
}

/** What the engine that starts says meanwhile; a large model takes minutes. */
function loadingLines({ loading }: RunState, columns: number): readonly string[] {
  if (loading?.line === undefined) return [];
  return [truncateText(plainText(`${loading.model}: ${loading.line}`), columns)];
}

interface Layout {
  readonly columns: readonly ColumnForm[];
  readonly model: number;
  readonly task: number;
}

type ColumnForm = Pick<CellColumn, 'title' | 'columns' | 'text'>;

function columnForm(name: CellColumnName, isNarrow: boolean): ColumnForm {
  const column: CellColumn = cellColumns[name];
  return (isNarrow ? column.narrow : undefined) ?? column;
}

/** As many columns as fit beside the two names, and the names as long as they need to be. */
function chooseColumns(columns: number, cells: readonly CellView[]): Layout {
  const isNarrow = columns < narrowBelow;
  const wanted = {
    model: Math.max(narrowestName, ...cells.map(({ cell }) => textWidth(cell.model))),
    task: Math.max(narrowestName, ...cells.map(({ cell }) => textWidth(cell.taskId))),
  };
  const nameNeed = (limit: number): number => Math.min(wanted.model, limit) + gap + Math.min(wanted.task, limit);
  const kept: CellColumnName[] = [];
  let used = markColumns;
  for (const name of columnPriority) {
    // The first two columns may squeeze the names; those of less worth may only take what the names leave.
    const names = nameNeed(kept.length < 2 ? narrowestName : 16);
    const need = gap + columnForm(name, isNarrow).columns;
    if (used + need + names > columns) break;
    kept.push(name);
    used += need;
  }
  const free = Math.max(2, columns - used - gap);
  const task = Math.min(wanted.task, Math.max(Math.floor(free / 2), free - wanted.model));
  const ordered = (Object.keys(cellColumns) as CellColumnName[]).filter((name) => kept.includes(name));
  return {
    columns: ordered.map((name) => columnForm(name, isNarrow)),
    task,
    model: Math.min(wanted.model, free - task),
  };
}

function headerLine({ columns, model, task }: Layout): string {
  const titles = columns.map((column) => padText(column.title, column.columns, 'right'));
  return [`  ${padText('model', model, 'left')}`, padText('task', task, 'left'), ...titles].join(' '.repeat(gap));
}

function cellLine(view: CellView, layout: Layout, { state, outlook, paint }: FrameInput): string {
  const values = layout.columns.map((column) => padText(column.text(view, state, outlook), column.columns, 'right'));
  const names = [
    padText(plainText(view.cell.model), layout.model, 'left'),
    padText(view.cell.taskId, layout.task, 'left'),
  ];
  const line = `${mark(view)} ${[...names, ...values].join(' '.repeat(gap))}`.trimEnd();
  if (view.state === 'failed') return paint(line, 'red');
  if (view.state === 'unavailable') return paint(line, 'yellow');
  if (view.state === 'done') return paint(line, 'green');
  return view.state === 'pending' ? paint(line, 'dim') : line;
}

/**
 * The cells that fit, in their order: those being worked on, then what comes next, then what ended last. One line is
 * kept for a word about the others.
 */
function chooseCells(
  cells: readonly CellView[],
  room: number,
): { shown: readonly CellView[]; hidden: readonly CellView[] } {
  if (cells.length <= room) return { shown: cells, hidden: [] };
  const active = cells.findIndex(({ pass }) => pass !== undefined);
  const firstOpen = cells.findIndex(({ state }) => state === 'running' || state === 'pending');
  const focus = active === -1 ? firstOpen : active;
  const count = Math.max(1, room - 1);
  // A third of the window looks back.
  const start = Math.max(
    0,
    Math.min((focus === -1 ? cells.length : focus) - Math.floor(count / 3), cells.length - count),
  );
  const shown = cells.slice(start, start + count);
  return { shown, hidden: [...cells.slice(0, start), ...cells.slice(start + count)] };
}

function hiddenText(hidden: readonly CellView[]): string {
  const words = {
    running: 'running',
    pending: 'waiting',
    done: 'done',
    failed: 'failed',
    unavailable: 'unavailable',
  } as const;
  const counts = Object.entries(words).flatMap(([state, word]) => {
    const count = hidden.filter((view) => view.state === state).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return `  … ${hidden.length} more: ${counts.join(', ')}`;
}

function footerLine({ state, outlook, elapsedMs, isFrozen }: FrameInput, columns: number): string {
  const ended = state.cells.filter((view) => view.state !== 'pending' && view.state !== 'running').length;
  const failed = state.count('failed') + state.count('unavailable');
  const left = runTimeLeft(state, outlook, elapsedMs);
  const newest = Math.max(0, ...state.cells.map(({ launch }) => launch));
  const parts = [
    `${ended}/${state.cells.length} cells`,
    // Cells end in the last launch: until then this is how far the run is.
    ...((state.fixedLaunches ?? 1) > 1 ? [`launch ${newest + 1}/${state.fixedLaunches}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    clockText(elapsedMs),
    ...(left === undefined || ended === state.cells.length ? [] : [`${roughRange(left.lowMs, left.highMs)} left`]),
    ...(isFrozen ? ['display paused during measurement'] : []),
  ];
  return truncateText(parts.join(' · '), columns);
}
