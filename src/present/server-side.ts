import { decimalsFor, type HumanScale, humanScale, measuredText, percentText } from '../core/amount-text.ts';
import type { ServerSide, ServerSideRow } from '../core/server-side.ts';
import { type ServerTimeName, serverTimeNames } from '../core/meter.ts';
import {
  type Block,
  type Cell,
  type Column,
  column,
  type Footnote,
  isFilled,
  labelText,
  missing,
  numberCell,
  type RecordColumn,
  type Records,
  records,
  row,
  type Table,
  table,
  tableBlock,
  textBlock,
} from './document.ts';

/** A row with what stands in front of it. */
export interface NamedServerRow extends ServerSideRow {
  readonly name: string;
}

/** A column of the table; what its rows say of it decides the unit of times. */
type ServerColumn = (rows: readonly NamedServerRow[]) => { readonly column: Column; readonly cells: readonly Cell[] };

/** Beyond 0: left out of a table where no row fills it. */
const ifFilled = 1;

function nameColumn(heading: string): ServerColumn {
  return (rows) => ({ column: { ...column(heading), isName: true }, cells: rows.map(({ name }) => name) });
}

function numbers(
  heading: string,
  unit: string,
  read: (row: ServerSideRow) => number | undefined,
  decimals?: number,
): ServerColumn {
  return (rows) => ({
    column: { ...column(heading, 'right'), unit, priority: ifFilled },
    cells: rows.map(read).map((value) => numberCell(value, decimals ?? decimalsFor(value ?? 0))),
  });
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function shares(heading: string, read: (row: ServerSideRow) => number | undefined): ServerColumn {
  return numbers(heading, '%', (own) => scaled(read(own), 100), 1);
}

type MeanReader = (row: ServerSideRow, name: ServerTimeName) => number | undefined;

const serverMean: MeanReader = (own, name) => own.times[name]?.meanMs;
const clientMean: MeanReader = ({ clientMeanMs }, name) =>
  (clientMeanMs as Partial<Record<ServerTimeName, number>>)[name];

/** The unit of one time: the server's and the client's stand side by side. */
function scaleOf(rows: readonly ServerSideRow[], name: ServerTimeName): HumanScale {
  const values = rows.flatMap((own) => [serverMean(own, name), clientMean(own, name)]);
  return humanScale(
    'ms',
    values.filter((value) => value !== undefined),
  );
}

function means(heading: string, name: ServerTimeName, read: MeanReader): ServerColumn {
  return (rows) => {
    const { divisor, label } = scaleOf(rows, name);
    return numbers(heading, label, (own) => scaled(read(own, name), 1 / divisor))(rows);
  };
}

/** The end of the bucket that holds a percentile, which is no larger; the start of one that has no end. */
function percentiles(heading: string, name: ServerTimeName): ServerColumn {
  return (rows) => {
    const { divisor, label } = scaleOf(rows, name);
    const text = (ms: number): string => String(Number((ms / divisor).toPrecision(3)));
    return {
      column: { ...column(heading, 'right'), unit: label, priority: ifFilled },
      cells: rows.map((own) => {
        const p95 = own.times[name]?.p95;
        if (p95 === undefined) return missing;
        return p95.highMs === undefined ? `> ${text(p95.lowMs)}` : `≤ ${text(p95.highMs)}`;
      }),
    };
  };
}

/** Means first, the server's beside the client's. */
const timeColumns: readonly ServerColumn[] = [
  means('TTFT', 'timeToFirstToken', serverMean),
  means('client TTFT', 'timeToFirstToken', clientMean),
  means('TPOT', 'interToken', serverMean),
  means('client TPOT', 'interToken', clientMean),
  means('E2E', 'endToEnd', serverMean),
  means('client E2E', 'endToEnd', clientMean),
  means('queue', 'queue', serverMean),
  means('prefill', 'prefill', serverMean),
  means('decode', 'decode', serverMean),
  numbers('prefill rate', 't/s', ({ promptTokensPerSecond }) => promptTokensPerSecond),
  numbers('decode rate', 't/s', ({ outputTokensPerSecond }) => outputTokensPerSecond),
  percentiles('TTFT p95', 'timeToFirstToken'),
  percentiles('TPOT p95', 'interToken'),
  percentiles('E2E p95', 'endToEnd'),
  percentiles('queue p95', 'queue'),
];

const loadColumns: readonly ServerColumn[] = [
  numbers('running', '', ({ runningMax }) => runningMax, 0),
  numbers('waiting', '', ({ waitingMax }) => waitingMax, 0),
  shares('KV cache', ({ kvUsageMax }) => kvUsageMax),
  numbers('preempted', '', ({ preemptions }) => preemptions, 0),
  shares('cache hits', ({ cacheHitShare }) => cacheHitShare),
  shares('accepted', ({ acceptance }) => acceptance),
  numbers('per draft', 't', ({ tokensPerDraft }) => tokensPerDraft, 2),
];

const timeTexts = { timeToFirstToken: 'to the first token', endToEnd: 'of a request' } as const;

/** What it means that the client waited longer than the server counted; one line for each row where it did. */
function outsideLines({ rows }: ServerRows): readonly string[] {
  return rows.flatMap((own) => {
    const { outside } = own;
    if (outside === undefined) return [];
    const { time, clientMs, serverMs } = outside;
    const outsideMs = clientMs - serverMs;
    const told = `${measuredText(outsideMs, 'ms')} of the ${measuredText(clientMs, 'ms')} ${timeTexts[time]} (${percentText(outsideMs, 0, clientMs)})`;
    return [`${own.name}: ${told} passed outside the server: in the network, a proxy, or a queue in front of it`];
  });
}

function note(text: string): Footnote {
  return { mark: '', text, isAboutIntervals: false };
}

function gapNotes({ rows }: ServerRows): readonly Footnote[] {
  const said = rows.flatMap(({ name, gaps }) => gaps.map((text) => ({ text, where: name })));
  return [...Map.groupBy(said, ({ text }) => text)].map(([text, alike]) =>
    note(`${alike.map(({ where }) => where).join('; ')}: ${text}`),
  );
}

/** What the columns of times that are there mean. */
function timeNotes({ rows }: ServerRows): readonly Footnote[] {
  const hasTimes = rows.some(({ times }) => Object.keys(times).length > 0);
  const hasRates = rows.some(({ promptTokensPerSecond }) => promptTokensPerSecond !== undefined);
  const clock = "means by the server's clock; p95: the bucket of its histogram that the percentile lies in ends there";
  const rates =
    'prefill, decode rate: tokens by the time that the server counts for prompts, and for answers, each by itself';
  return [...(hasTimes ? [note(clock)] : []), ...(hasRates ? [note(rates)] : [])];
}

/** Rows that stand in one table, and what they are of. */
export interface ServerRows {
  readonly rows: readonly NamedServerRow[];
  /** Of the column of names. */
  readonly heading: string;
  readonly caption: string;
  readonly label: string;
}

interface Shown {
  readonly what: string;
  readonly columns: readonly ServerColumn[];
  readonly notes: readonly Footnote[];
}

function sideTable({ rows, heading, caption, label }: ServerRows, { what, columns, notes }: Shown): Table {
  const shown = [nameColumn(heading), ...columns].map((own) => own(rows));
  return table(
    shown.map((own) => own.column),
    rows.map((_, index) => row(shown.map(({ cells }) => cells[index] ?? missing))),
    { caption: `The server's ${what}: ${caption}`, label: labelText(`server-${what}-${label}`), notes },
  );
}

function rowsOf({ rows, title, taskId, protocol }: ServerSide): ServerRows {
  return {
    rows: rows.map((own) => ({ ...own, name: `${own.model}, ${own.pass}` })),
    heading: 'model, pass',
    caption: `${title ?? taskId}${protocol === 'paper' ? ' (paper protocol)' : ''}`,
    label: `${taskId}-${protocol}`,
  };
}

/** What servers told of themselves on one task: their times beside the client's, and what they did at once. */
export function serverTables(side: ServerSide): readonly Table[] {
  return tablesOf(rowsOf(side));
}

function tablesOf(side: ServerRows): readonly Table[] {
  const notes = [...outsideLines(side).map(note), ...gapNotes(side), ...timeNotes(side)];
  const load = sideTable(side, {
    what: 'load',
    columns: loadColumns,
    notes: [note('running, waiting, KV cache: the most that was seen')],
  });
  const isLoadTold = load.rows.some(({ cells }) => cells.slice(1).some(isFilled));
  return [sideTable(side, { what: 'times', columns: timeColumns, notes }), ...(isLoadTold ? [load] : [])];
}

/** All of it; in a terminal that isn't whole, what speaks against the client's times. */
export function serverBlocks(side: ServerSide | undefined): readonly Block[] {
  return side === undefined ? [] : serverRowBlocks(rowsOf(side));
}

/** The same of rows that are of no task; nothing where there are none. */
export function serverRowBlocks(side: ServerRows): readonly Block[] {
  if (side.rows.length === 0) return [];
  const brief = outsideLines(side).map((text) => textBlock(text));
  return [{ kind: 'alternative', whole: tablesOf(side).map((own) => tableBlock(own)), brief }];
}

type Told = readonly [side: ServerSide, row: ServerSideRow];

function timeRecords(name: ServerTimeName): readonly RecordColumn<Told>[] {
  const heading = name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  const found = (['p50', 'p95', 'p99'] as const).flatMap((percentile): readonly RecordColumn<Told>[] => [
    [`${heading}_${percentile}_ms`, (_, { times }) => times[name]?.[percentile]?.valueMs],
    [`${heading}_${percentile}_low_ms`, (_, { times }) => times[name]?.[percentile]?.lowMs],
    [`${heading}_${percentile}_high_ms`, (_, { times }) => times[name]?.[percentile]?.highMs],
  ]);
  return [
    [`${heading}_count`, (_, { times }) => times[name]?.count],
    [`${heading}_mean_ms`, (_, { times }) => times[name]?.meanMs],
    ...found,
  ];
}

const recordColumns: readonly RecordColumn<Told>[] = [
  ['task', ({ taskId }) => taskId],
  ['protocol', ({ protocol }) => protocol],
  ['model', (_, { model }) => model],
  ['pass', (_, { pass }) => pass],
  ['launches', (_, { launches }) => launches],
  ['requests', (_, { requests }) => requests],
  ...serverTimeNames.flatMap(timeRecords),
  ['client_time_to_first_token_mean_ms', (_, { clientMeanMs }) => clientMeanMs.timeToFirstToken],
  ['client_inter_token_mean_ms', (_, { clientMeanMs }) => clientMeanMs.interToken],
  ['client_end_to_end_mean_ms', (_, { clientMeanMs }) => clientMeanMs.endToEnd],
  ['prompt_tokens_per_second', (_, { promptTokensPerSecond }) => promptTokensPerSecond],
  ['output_tokens_per_second', (_, { outputTokensPerSecond }) => outputTokensPerSecond],
  ['running_max', (_, { runningMax }) => runningMax],
  ['waiting_max', (_, { waitingMax }) => waitingMax],
  ['kv_usage_max', (_, { kvUsageMax }) => kvUsageMax],
  ['preemptions', (_, { preemptions }) => preemptions],
  ['cache_hit_share', (_, { cacheHitShare }) => cacheHitShare],
  ['acceptance', (_, { acceptance }) => acceptance],
  ['tokens_per_draft', (_, { tokensPerDraft }) => tokensPerDraft],
  ['gaps', (_, { gaps }) => (gaps.length === 0 ? undefined : gaps.join('; '))],
];

/** One record per model, task and kind of pass, in base units; percentiles with the ends of their buckets. */
export function serverRecords(sides: readonly ServerSide[]): Records {
  return records(
    recordColumns,
    sides.flatMap((side) => side.rows.map((own): Told => [side, own])),
  );
}
