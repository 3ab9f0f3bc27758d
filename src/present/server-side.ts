import { decimalsFor, measuredText, percentText } from '../core/amount-text.ts';
import type { ServerSide, ServerSideRow, SharedTimeName } from '../core/server-side.ts';
import { type ServerTimeName, serverTimeNames } from '../core/meter.ts';
import {
  type Block,
  type Cell,
  type Column,
  column,
  type Footnote,
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

interface ServerColumn {
  readonly column: Column;
  readonly cell: (row: ServerSideRow) => Cell;
}

/** Beyond 0: left out of a table where no row fills it. */
const ifFilled = 1;

function numbers(
  heading: string,
  unit: string,
  read: (row: ServerSideRow) => number | undefined,
  decimals?: number,
): ServerColumn {
  return {
    column: { ...column(heading, 'right'), unit, priority: ifFilled },
    cell: (own) => {
      const value = read(own);
      return value === undefined ? missing : numberCell(value, decimals ?? decimalsFor(value));
    },
  };
}

const shares = (heading: string, read: (row: ServerSideRow) => number | undefined): ServerColumn =>
  numbers(heading, '%', (own) => scaled(read(own), 100), 1);

function scaled(value: number | undefined, scale: number): number | undefined {
  return value === undefined ? undefined : value * scale;
}

function means(heading: string, name: ServerTimeName): ServerColumn {
  return numbers(heading, 'ms', ({ times }) => times[name]?.meanMs);
}

function clientMeans(name: SharedTimeName): ServerColumn {
  return numbers('client', 'ms', ({ clientMeanMs }) => clientMeanMs[name]);
}

/** The end of the bucket that holds a percentile: it is no larger than that. */
function mostly(name: ServerTimeName): ServerColumn {
  return {
    column: { ...column('p95 up to', 'right'), unit: 'ms', priority: ifFilled },
    cell: ({ times }) => {
      const p95 = times[name]?.p95;
      if (p95 === undefined) return missing;
      return p95.highMs === undefined
        ? `over ${numberText(p95.lowMs)}`
        : numberCell(p95.highMs, decimalsFor(p95.highMs));
    },
  };
}

const numberText = (value: number): string => value.toFixed(decimalsFor(value));

const columns: readonly ServerColumn[] = [
  { column: { ...column('model'), isName: true }, cell: ({ model }) => model },
  { column: { ...column('pass'), isName: true }, cell: ({ pass }) => pass },
  means('queue', 'queue'),
  mostly('queue'),
  means('prefill', 'prefill'),
  means('decode', 'decode'),
  means('TTFT', 'timeToFirstToken'),
  mostly('timeToFirstToken'),
  clientMeans('timeToFirstToken'),
  means('per token', 'interToken'),
  mostly('interToken'),
  clientMeans('interToken'),
  means('end to end', 'endToEnd'),
  mostly('endToEnd'),
  clientMeans('endToEnd'),
  numbers('prompts', 't/s', ({ promptTokensPerSecond }) => promptTokensPerSecond),
  numbers('answers', 't/s', ({ outputTokensPerSecond }) => outputTokensPerSecond),
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
function outsideLines({ rows }: ServerSide): readonly string[] {
  return rows.flatMap(({ model, pass, outside }) => {
    if (outside === undefined) return [];
    const { time, clientMs, serverMs } = outside;
    const outsideMs = clientMs - serverMs;
    const told = `${measuredText(outsideMs, 'ms')} of the ${measuredText(clientMs, 'ms')} ${timeTexts[time]} (${percentText(outsideMs, 0, clientMs)})`;
    return [`${model}, ${pass}: ${told} passed outside the server: in the network, a proxy, or a queue before it`];
  });
}

function note(text: string): Footnote {
  return { mark: '', text, isAboutIntervals: false };
}

function gapNotes({ rows }: ServerSide): readonly Footnote[] {
  const said = rows.flatMap(({ model, pass, gaps }) => gaps.map((text) => ({ text, where: `${model}, ${pass}` })));
  return [...Map.groupBy(said, ({ text }) => text)].map(([text, alike]) =>
    note(`${alike.map(({ where }) => where).join('; ')}: ${text}`),
  );
}

function definitionNotes({ rows }: ServerSide): readonly Footnote[] {
  const hasTimes = rows.some(({ times }) => Object.keys(times).length > 0);
  const hasSpeeds = rows.some(({ promptTokensPerSecond }) => promptTokensPerSecond !== undefined);
  return [
    ...(hasTimes
      ? [
          note(
            "means; the server's percentiles are bounds: the end of the bucket that it counted them in (client: its own mean)",
          ),
        ]
      : []),
    ...(hasSpeeds
      ? [note('prompts, answers: tokens by the time that the server spent on them, request by request')]
      : []),
  ];
}

/** Rows that tell nothing but why: their notes say it. */
function isTold({ times, runningMax, promptTokensPerSecond }: ServerSideRow): boolean {
  return Object.keys(times).length > 0 || runningMax !== undefined || promptTokensPerSecond !== undefined;
}

/** What servers told of themselves on one task, beside the client's times. */
export function serverTable(side: ServerSide): Table {
  const rows = side.rows.filter(isTold);
  const name = `${side.title ?? side.taskId}${side.protocol === 'paper' ? ' (paper protocol)' : ''}`;
  return table(
    columns.map((own) => own.column),
    rows.map((own) => row(columns.map(({ cell }) => cell(own)))),
    {
      caption: `The server's side of ${name}`,
      label: labelText(`server-${side.taskId}-${side.protocol}`),
      notes: [...outsideLines(side).map(note), ...gapNotes(side), ...definitionNotes({ ...side, rows })],
    },
  );
}

/** All of it; in a terminal that isn't whole, what speaks against the client's times. */
export function serverBlocks(side: ServerSide | undefined): readonly Block[] {
  if (side === undefined) return [];
  const brief = outsideLines(side).map((text) => textBlock(text));
  return [{ kind: 'alternative', whole: [tableBlock(serverTable(side))], brief }];
}

type Told = readonly [side: ServerSide, row: ServerSideRow];

function timeColumns(name: ServerTimeName): readonly RecordColumn<Told>[] {
  const heading = name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  const percentiles = (['p50', 'p95', 'p99'] as const).flatMap((percentile): readonly RecordColumn<Told>[] => [
    [`${heading}_${percentile}_ms`, (_, { times }) => times[name]?.[percentile]?.valueMs],
    [`${heading}_${percentile}_low_ms`, (_, { times }) => times[name]?.[percentile]?.lowMs],
    [`${heading}_${percentile}_high_ms`, (_, { times }) => times[name]?.[percentile]?.highMs],
  ]);
  return [
    [`${heading}_count`, (_, { times }) => times[name]?.count],
    [`${heading}_mean_ms`, (_, { times }) => times[name]?.meanMs],
    ...percentiles,
  ];
}

const recordColumns: readonly RecordColumn<Told>[] = [
  ['task', ({ taskId }) => taskId],
  ['protocol', ({ protocol }) => protocol],
  ['model', (_, { model }) => model],
  ['pass', (_, { pass }) => pass],
  ['launches', (_, { launches }) => launches],
  ['requests', (_, { requests }) => requests],
  ...serverTimeNames.flatMap(timeColumns),
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
