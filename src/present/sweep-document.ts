import { humanNumber } from '../core/amount-text.ts';
import { formatLimit, limitLabel } from '../core/limits.ts';
import { knownMeasurement } from '../core/measurement.ts';
import {
  type LoadProbe,
  loadName,
  outputTest,
  promptTest,
  type Sweep,
  type SweepCell,
  type SweepMetric,
  sweepMetrics,
  type SweepSearch,
} from '../core/sweep.ts';
import { serverRowBlocks } from './server-side.ts';
import {
  type Block,
  type Cell,
  type Column,
  column,
  createDocument,
  type Document,
  type Footnote,
  gap,
  labelText,
  measuredCell,
  metricWords,
  missing,
  numberCell,
  type Point,
  type RecordColumn,
  records,
  row,
  saysSomething,
  type Series,
  simpleTable,
  type Table,
  table,
  tableBlock,
  textBlock,
} from './document.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-sweep/1';

/** A load has two rows, as in llama-bench: its prompts, and its answers. */
type Half = 'prompt' | 'output';

interface SweepColumn {
  readonly column: Column;
  readonly cell: (cell: SweepCell, half: Half) => Cell;
}

function headed(heading: string, unit: string, priority: number, more: Partial<Column> = {}): Column {
  return { ...column(heading, 'right'), unit, priority, intervalPriority: 40 + priority, inPaper: 'plain', ...more };
}

/** @param names the metric of each row; empty where a row has none */
function metricColumn(own: Column, names: Readonly<Record<Half, SweepMetric | ''>>): SweepColumn {
  return {
    column: own,
    cell: (cell, half) => {
      const name = names[half];
      if (name === '') return '';
      const found = knownMeasurement(cell.measurements[name]);
      if (found === undefined) return missing;
      const mark = cell.marks.some(({ isDoubtful }) => isDoubtful) ? '!' : '';
      return measuredCell(found.value, found.interval, {}, { mark });
    },
  };
}

const columns: readonly SweepColumn[] = [
  {
    column: { ...column('test'), isName: true, inPaper: 'plain' },
    cell: (cell, half) => `${half === 'prompt' ? promptTest(cell) : outputTest(cell)} (c${cell.concurrency})`,
  },
  metricColumn(headed('request', 't/s', 1), { prompt: 'promptSpeed', output: 'outputSpeed' }),
  metricColumn(headed('total', 't/s', 2), { prompt: 'promptTokensPerSecond', output: 'outputTokensPerSecond' }),
  metricColumn(headed('TTFT p50', 'ms', 3), { prompt: 'ttftP50', output: '' }),
  metricColumn(headed('TTFT p95', 'ms', 5), { prompt: 'ttftP95', output: '' }),
  metricColumn(headed('TPOT p50', 'ms', 4), { prompt: '', output: 'tpotP50' }),
  metricColumn(headed('TPOT p95', 'ms', 6), { prompt: '', output: 'tpotP95' }),
  metricColumn(headed('E2E p50', 'ms', 8), { prompt: '', output: 'e2elP50' }),
  metricColumn(headed('E2E p95', 'ms', 7), { prompt: '', output: 'e2elP95' }),
  metricColumn(headed('tokens', '', 9), { prompt: 'promptTokens', output: 'outputTokens' }),
  {
    column: headed('requests', '', 10),
    cell: ({ requests }, half) => (half === 'prompt' ? numberCell(requests, 0, { isGrouped: true }) : ''),
  },
  metricColumn(headed('in flight', '', 11), { prompt: 'achievedConcurrency', output: '' }),
  { column: { ...column(''), inPaper: 'plain' }, cell: (cell, half) => (half === 'prompt' ? stateText(cell) : '') },
];

/** What must be known beside a row, each in a word. */
function stateText({ state, marks }: SweepCell): string {
  return [...(state === 'done' ? [] : [state]), ...new Set(marks.map(({ name }) => name))].join(', ');
}

function rowsOf(cell: SweepCell): readonly Half[] {
  return cell.state === 'done' ? ['prompt', 'output'] : ['prompt'];
}

/** What a word beside rows stands for: once each, with the first of the rows that it stands at. */
function markNotes(cells: readonly SweepCell[]): readonly Footnote[] {
  const said = cells.flatMap((cell) => [
    ...(cell.reason === undefined ? [] : [{ name: cell.state, detail: cell.reason, isDoubtful: false, cell }]),
    ...cell.marks.map((mark) => ({ ...mark, cell })),
  ]);
  const byName = Map.groupBy(said, ({ name, detail }) => (name === 'unavailable' ? `${name}: ${detail}` : name));
  return [...byName.values()].flatMap((alike): readonly Footnote[] => {
    const [first] = alike;
    if (first === undefined) return [];
    const others = alike.length === 1 ? '' : `; also in ${alike.length - 1} more`;
    const text = `${first.name}: ${loadName(first.cell)}: ${first.detail}${others}`;
    return [{ mark: first.isDoubtful ? '!' : '', text, isAboutIntervals: false }];
  });
}

function definitionNotes(cells: readonly SweepCell[], { launches }: Sweep): readonly Footnote[] {
  const note = (text: string, more: Partial<Footnote> = {}): Footnote => ({
    mark: '',
    text,
    isAboutIntervals: false,
    ...more,
  });
  const isDone = cells.some(({ state }) => state === 'done');
  const lacksP95 = cells.some(({ measurements }) => measurements.ttftP95?.status === 'unavailable');
  return [
    ...(isDone
      ? [
          note(
            'request: prompt tokens over time to first token (pp), 1 over time per output token (tg); total: all requests together',
          ),
          note('tg64 @ d512: 64 tokens behind a prompt of 512; c4: 4 requests in flight', { isDetail: true }),
        ]
      : []),
    ...(isDone && lacksP95 ? [note('p95 takes 130 requests (--requests 130)', { isDetail: true })] : []),
    ...(launches === 1
      ? [note('one launch: how far others differ is unknown')]
      : [note(`± is a 95 % interval over ${launches} launches`, { isAboutIntervals: true })]),
  ];
}

function loadTable(model: string, info: string, sweep: Sweep): Table {
  const cells = sweep.cells.filter((cell) => cell.model === model);
  const all = cells.flatMap((cell) => rowsOf(cell).map((half) => [cell, half] as const));
  // What no load has, as percentiles of few requests, would be a column of dashes.
  const shown = columns.filter(
    ({ column: own, cell: read }) => own.priority === 0 || all.some((each) => saysSomething(own, read(...each))),
  );
  return table(
    shown.map((each) => each.column),
    cells.flatMap((cell) =>
      rowsOf(cell).map((half) =>
        row(
          shown.map((each) => each.cell(cell, half)),
          cell.state === 'done' ? 'plain' : 'muted',
        ),
      ),
    ),
    {
      caption: [model, info].filter((part) => part !== '').join(' · '),
      shortCaption: model,
      label: labelText(`sweep-${model}`),
      notes: [...markNotes(cells), ...definitionNotes(cells, sweep)],
    },
  );
}

/** What a model's server told of itself, load by load. */
function serverBlocks(model: string, { cells }: Sweep): readonly Block[] {
  const rows = cells.flatMap((cell) =>
    cell.model === model && cell.server !== undefined ? [{ ...cell.server, name: loadName(cell) }] : [],
  );
  return serverRowBlocks({ rows, heading: 'load', caption: model, label: `sweep-${model}` });
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '' : `${humanNumber(value)} ms`;
}

/** `412 ms [380, 467]`; a bound that isn't known is left open. */
function probeText({ value, low, high }: LoadProbe): string {
  const ends = [low, high].map((end) => (end === undefined ? '…' : humanNumber(end)));
  return `${value === undefined ? 'none' : milliseconds(value)} [${ends.join(', ')}]`;
}

function countWords(count: number): string {
  return count === 0 ? 'none' : String(count);
}

/** `6 (95 %: 5 to 8)` */
function foundText({ found, level, maxConcurrency, isFinished }: SweepSearch): string {
  const stopped = isFinished ? '' : ', as far as it was searched';
  if (found === undefined) return 'nothing could be measured';
  const { concurrency, low, high, isOpen, probes } = found;
  if (isOpen && low === maxConcurrency) return `at least ${maxConcurrency}, the most that was tried`;
  const most = isOpen ? `at least ${high}` : countWords(high);
  const range = ` (${100 * level} %: ${low === high && !isOpen ? 'no other' : `${countWords(low)} to ${most}`})${stopped}`;
  if (concurrency !== undefined) return `${concurrency}${range}`;
  const alone = probes.find((probe) => probe.concurrency === 1);
  return `none${high === 0 ? '' : range}: ${alone === undefined ? '' : `alone, a request takes ${probeText(alone)}`}${high === 0 ? stopped : ''}`;
}

/** The answer of a search in one sentence; every place that prints one takes it from here. */
export function searchSentence(search: SweepSearch): string {
  const { model, limit, promptTokens, outputTokens } = search;
  const answer = foundText(search);
  return `${model}, pp${promptTokens} tg${outputTokens}: highest concurrency with ${formatLimit(limit)}: ${answer}`;
}

function searchBlocks(search: SweepSearch): readonly Block[] {
  const { found, limit } = search;
  if (found === undefined) return [];
  const headings = ['concurrency', 'requests', limitLabel(limit.name), 'verdict'];
  const probes = found.probes.map((probe): readonly Cell[] => [
    numberCell(probe.concurrency, 0),
    numberCell(probe.requests, 0),
    probeText(probe),
    probe.verdict,
  ]);
  return [
    textBlock(`${search.model}, pp${search.promptTokens} tg${search.outputTokens}, probes in their order:`),
    tableBlock(simpleTable(headings, probes)),
    ...(found.doubt === undefined ? [] : [textBlock(`! ${found.doubt}`, 'doubtful')]),
  ];
}

function verdictOf({ searches, cells, isInterrupted }: Sweep): string {
  const done = cells.filter(({ state }) => state === 'done').length;
  const [first, ...others] = searches;
  const measured = `${done} of ${cells.length} loads measured`;
  const answer = first === undefined ? measured : searchSentence(first) + (others.length > 0 ? ' (and others)' : '');
  return isInterrupted ? `interrupted; ${answer}` : answer;
}

function seriesOf({ model, measurements, ...load }: SweepCell): Series {
  const points = sweepMetrics.flatMap((name): readonly Point[] => {
    const found = knownMeasurement(measurements[name]);
    if (found === undefined) return [];
    const { value, unit, interval } = found;
    return [
      {
        name,
        help: `${metricWords(name)} under a load of prompts and answers of given lengths`,
        value,
        unit,
        interval,
      },
    ];
  });
  return { model, task: loadName(load), protocol: undefined, points };
}

const recordColumns: readonly RecordColumn<[SweepCell]>[] = [
  ['model', ({ model }) => model],
  ['prompt_tokens', ({ promptTokens }) => promptTokens],
  ['output_tokens', ({ outputTokens }) => outputTokens],
  ['concurrency', ({ concurrency }) => concurrency],
  ['state', ({ state }) => state],
  ['reason', ({ reason }) => reason],
  ['launches', ({ launches }) => launches],
  ['requests', ({ requests }) => requests],
  ['failed_requests', ({ failedRequests }) => failedRequests],
  ['reused_tokens', ({ reusedTokens }) => reusedTokens],
  ['marks', ({ marks }) => marks.map(({ name }) => name).join(' ') || undefined],
  ...sweepMetrics.flatMap((name): readonly RecordColumn<[SweepCell]>[] => [
    [name, ({ measurements }) => knownMeasurement(measurements[name])?.value],
    [`${name}_low`, ({ measurements }) => knownMeasurement(measurements[name])?.interval?.low],
    [`${name}_high`, ({ measurements }) => knownMeasurement(measurements[name])?.interval?.high],
  ]),
];

/** A sweep: a table per model, the probes of each search, and its answers. */
export function sweepDocument(sweep: Sweep): Document {
  const verdict = verdictOf(sweep);
  const tables = sweep.models
    .filter(({ name }) => sweep.cells.some(({ model }) => model === name))
    .flatMap(({ name, info }, index): readonly Block[] => {
      const about = info === undefined ? '' : [info.engineBuild, ...info.devices].join(', ');
      const loads = tableBlock(loadTable(name, about, sweep));
      return [...(index === 0 ? [] : [gap]), loads, ...serverBlocks(name, sweep)];
    });
  const searches = sweep.searches.flatMap((search) => [gap, ...searchBlocks(search)]);
  const answers = sweep.searches.map((search) => textBlock(searchSentence(search), 'title'));
  const interrupted = sweep.isInterrupted
    ? [
        textBlock(
          `interrupted: ${sweep.cells.length === 0 ? 'nothing was measured' : 'this is what was measured until then'}`,
          'doubtful',
        ),
      ]
    : [];
  return createDocument({
    schema,
    title: 'Sweep',
    verdict,
    screen: [...tables, ...searches, ...(answers.length === 0 ? [] : [gap, ...answers]), ...interrupted],
    page: [...answers, ...interrupted, ...tables, ...searches],
    records: records(
      recordColumns,
      sweep.cells.map((cell) => [cell]),
    ),
    data: { schema, verdict, ...sweep },
    series: sweep.cells.filter(({ state }) => state === 'done').map(seriesOf),
  });
}
