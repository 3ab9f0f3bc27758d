import { humanScale } from '../core/amount-text.ts';
import { knownMeasurement } from '../core/measurement.ts';
import type { RaceAccuracy } from '../core/race.ts';
import type { FlipCount } from '../scoring/answer-flips.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import type { Ladder, LadderRow } from '../scoring/ladder.ts';
import { valueOf } from '../scoring/scoreboard.ts';
import {
  type Cell,
  type Column,
  column,
  endColumns,
  intervalParts,
  measuredCell,
  missing,
  numberCell,
  type RecordColumn,
} from './document.ts';

/** A column of the table: what it is headed by, and what it shows of a row. */
export interface LadderColumn {
  readonly column: Column;
  readonly cell: (row: LadderRow) => Cell;
}

/** A number against the base, or against itself, with the ends of its interval where they are known. */
interface Ends {
  readonly value: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

interface WithInterval {
  readonly value: number;
  readonly interval?: { readonly low: number; readonly high: number } | undefined;
}

/** The same form for what has an interval of its own, and for what may lack one. */
function endsOf(estimate: WithInterval | undefined): Ends | undefined {
  if (estimate === undefined) return undefined;
  return { value: estimate.value, low: estimate.interval?.low, high: estimate.interval?.high };
}

/** Columns up to this priority are those of a paper. */
const mostInPaper = 15;

function headed(heading: string, priority: number, more: Partial<Column> = {}): Column {
  const inPaper = priority <= mostInPaper ? 'plain' : undefined;
  return { ...column(heading, 'right'), priority, intervalPriority: 40 + priority, inPaper, ...more };
}

/** A column of what tells a row from the base: a dash where it isn't known, nothing in the base's own row. */
function againstBase(
  own: Column,
  read: (row: LadderRow) => Ends | undefined,
  { scale = 1, decimals, tellsEnds = false }: { scale?: number; decimals?: number; tellsEnds?: boolean } = {},
): LadderColumn {
  const cell = (row: LadderRow): Cell => {
    const found = read(row);
    if (found === undefined) return row.standing === 'base' ? '' : missing;
    const { value, low, high } = found;
    const ends = low === undefined || high === undefined ? undefined : { low: low * scale, high: high * scale };
    if (tellsEnds) return numberCell(value * scale, decimals ?? 3, intervalParts(ends));
    return measuredCell(value * scale, ends, decimals === undefined ? {} : { decimals });
  };
  return { column: own, cell };
}

const inPercent = { scale: 100, decimals: 1, tellsEnds: true } as const;

function flipColumn(heading: string, priority: number, read: (row: LadderRow) => FlipCount | undefined): LadderColumn {
  return againstBase(headed(heading, priority, { unit: '%' }), (row) => read(row)?.share, inPercent);
}

function measuredColumn(
  heading: string,
  priority: number,
  { rows }: Ladder,
  name: 'throughput' | 'latency' | 'memory',
): LadderColumn {
  const numbers = rows.flatMap(({ measurements }) => knownMeasurement(measurements[name]) ?? []);
  const values = numbers.map(({ value }) => value);
  const { divisor, label } = humanScale(numbers[0]?.unit ?? 'count', values);
  return {
    column: headed(heading, priority, { unit: label }),
    cell: ({ measurements }) => {
      const found = knownMeasurement(measurements[name]);
      if (found === undefined) return missing;
      return measuredCell(found.value, found.interval, { divisor }, { mark: isDoubtful(found) ? '!' : '' });
    },
  };
}

function fileColumn({ rows }: Ladder): LadderColumn {
  const sizes = rows.flatMap(({ size }) => size.fileBytes ?? []);
  const { divisor, label } = humanScale('bytes', sizes);
  return {
    column: headed('File', 1, { unit: label }),
    cell: ({ size: { fileBytes } }) =>
      fileBytes === undefined ? missing : numberCell(fileBytes / divisor, label === 'GiB' ? 2 : 1),
  };
}

/** The mean where every item was answered; of a model that a race stopped, the range that is left. */
function accuracyCell({ measurements, raceAccuracy }: LadderRow): Cell {
  const found = knownMeasurement(measurements.accuracy);
  if (found !== undefined) {
    return numberCell(found.value, 3, { ...intervalParts(found.interval), mark: isDoubtful(found) ? '!' : '' });
  }
  return raceAccuracy?.kind === 'interval' ? rangeText(raceAccuracy, 3) : missing;
}

function rangeText({ low, high }: { readonly low: number; readonly high: number }, decimals: number): string {
  return `${low.toFixed(decimals)} to ${high.toFixed(decimals)}`;
}

function differenceColumn(): LadderColumn {
  const heading = headed('Difference', 2, { unit: 'points', shortHeading: 'Diff', intervalPriority: 6 });
  const { column: own, cell } = againstBase(heading, (row) => endsOf(row.accuracyDifference), inPercent);
  return {
    column: own,
    cell: (row) => {
      const { raceDifference } = row;
      if (raceDifference?.kind !== 'interval') return cell(row);
      return rangeText({ low: 100 * raceDifference.low, high: 100 * raceDifference.high }, 1);
    },
  };
}

const standingWords = { base: 'base', better: 'better', not_worse: '', worse: 'worse', unknown: '' } as const;

/** `base, front`, `named, front`, `worse` */
function standingText({ standing, isNamed, isOnFront }: LadderRow): string {
  const words = [isNamed ? 'named' : '', standingWords[standing], isOnFront ? 'front' : ''];
  return words.filter((word) => word !== '').join(', ');
}

/** What a row is, and how large. */
function sizeColumns(ladder: Ladder): readonly LadderColumn[] {
  return [
    { column: { ...column('Model'), isName: true, inPaper: 'plain' }, cell: ({ model }) => model },
    { column: headed('', 4, { align: 'left' }), cell: standingText },
    {
      column: headed('Quantisation', 24, { align: 'left', shortHeading: 'Quant' }),
      cell: ({ size }) => size.quantisation ?? missing,
    },
    fileColumn(ladder),
    {
      column: headed('Bits/weight', 12, { shortHeading: 'Bits' }),
      cell: ({ size: { bitsPerWeight } }) => numberCell(bitsPerWeight, 2),
    },
    measuredColumn('Memory', 13, ladder, 'memory'),
  ];
}

function speedColumns(ladder: Ladder): readonly LadderColumn[] {
  const ratio = headed('Speed', 3, { unit: '× base' });
  return [
    measuredColumn('Throughput', 14, ladder, 'throughput'),
    againstBase(ratio, ({ speedRatio }) => endsOf(speedRatio), { decimals: 2 }),
    measuredColumn('Latency', 20, ladder, 'latency'),
  ];
}

function answerColumns(): readonly LadderColumn[] {
  return [
    { column: headed('Accuracy', 11), cell: accuracyCell },
    differenceColumn(),
    flipColumn('Right→wrong', 21, ({ flips }) => flips?.lost),
    flipColumn('Wrong→right', 22, ({ flips }) => flips?.gained),
    flipColumn('Changed', 15, ({ flips }) => flips?.changed),
  ];
}

/** Divergence has its place also where nobody took it: its dash says that it can be taken. */
function lossColumns({ lossSource }: Ladder): readonly LadderColumn[] {
  const divergence = headed('KL', lossSource === undefined ? 23 : 5, { unit: 'nats', tellsMissing: true });
  return [
    againstBase(divergence, ({ loss }) => loss?.klDivergence),
    againstBase(headed('Same top token', 25, { shortHeading: 'Top' }), ({ loss }) => loss?.topAgreement, {
      decimals: 3,
    }),
    againstBase(
      headed('Perplexity', 26, { unit: '× base', shortHeading: 'PPL' }),
      ({ loss }) => loss?.perplexityRatio,
      { decimals: 3 },
    ),
  ];
}

export function ladderColumns(ladder: Ladder): readonly LadderColumn[] {
  return [...sizeColumns(ladder), ...speedColumns(ladder), ...answerColumns(), ...lossColumns(ladder)];
}

type Field = RecordColumn<[Ladder, LadderRow]>;

function endFields(name: string, read: (row: LadderRow) => Ends | undefined): readonly Field[] {
  return endColumns<[Ladder, LadderRow]>(name, (_, row) => read(row));
}

/** What a race left open; where it answered everything, the number itself stands elsewhere. */
function rangeFields(name: string, read: (row: LadderRow) => RaceAccuracy | undefined): readonly Field[] {
  return (['low', 'high'] as const).map((end): Field => {
    const valueOfEnd = (row: LadderRow): number | undefined => {
      const range = read(row);
      return range?.kind === 'interval' ? range[end] : undefined;
    };
    return [`${name}_${end}`, (_, row) => valueOfEnd(row)];
  });
}

function flipFields(name: string, read: (row: LadderRow) => FlipCount | undefined): readonly Field[] {
  return [[name, (_, row) => read(row)?.count], ...endFields(`${name}_share`, (row) => read(row)?.share)];
}

/** Of a line per task and model, in base units. Differences and ratios are of the model against the base. */
export const ladderFields: readonly Field[] = [
  ['run', ({ runId }) => runId],
  ['task', ({ taskId }) => taskId],
  ['protocol', ({ protocol }) => protocol],
  ['base', ({ base }) => base],
  ['model', (_, { model }) => model],
  ['standing', (_, { standing }) => standing],
  ['is_on_front', (_, { isOnFront }) => String(isOnFront)],
  ['is_named', (_, { isNamed }) => String(isNamed)],
  ['state', (_, { state }) => state],
  ['quantisation', (_, { size }) => size.quantisation],
  ['file_bytes', (_, { size }) => size.fileBytes],
  ['bits_per_weight', (_, { size }) => size.bitsPerWeight],
  ['memory_bytes', (_, { measurements }) => valueOf(measurements.memory)],
  ['throughput', (_, { measurements }) => valueOf(measurements.throughput)],
  ['throughput_unit', (_, { measurements }) => knownMeasurement(measurements.throughput)?.unit],
  ...endFields('throughput_ratio', ({ speedRatio }) => endsOf(speedRatio)),
  ['latency', (_, { measurements }) => valueOf(measurements.latency)],
  ['latency_unit', (_, { measurements }) => knownMeasurement(measurements.latency)?.unit],
  ...endFields('accuracy', ({ measurements: { accuracy } }) => endsOf(knownMeasurement(accuracy))),
  ...rangeFields('race_accuracy', ({ raceAccuracy }) => raceAccuracy),
  ...endFields('accuracy_difference', ({ accuracyDifference }) => endsOf(accuracyDifference)),
  ...rangeFields('race_difference', ({ raceDifference }) => raceDifference),
  ['items', (_, { flips }) => flips?.items],
  ...flipFields('right_to_wrong', ({ flips }) => flips?.lost),
  ...flipFields('wrong_to_right', ({ flips }) => flips?.gained),
  ...flipFields('changed', ({ flips }) => flips?.changed),
  ['loss_tokens', (_, { loss }) => loss?.tokens],
  ...endFields('kl_divergence', ({ loss }) => loss?.klDivergence),
  ['kl_median', (_, { loss }) => loss?.klMedian],
  ['kl_p99', (_, { loss }) => loss?.klP99],
  ['kl_max', (_, { loss }) => loss?.klMax],
  ...endFields('top_agreement', ({ loss }) => loss?.topAgreement),
  ...endFields('perplexity_ratio', ({ loss }) => loss?.perplexityRatio),
  ['reason', (_, { reason }) => reason],
];
