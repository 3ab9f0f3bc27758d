import { type HumanScale, humanScale } from '../core/amount-text.ts';
import {
  changeText,
  signed,
  comparedFacts,
  isByItem,
  type CellComparison,
  type Comparison,
  type ItemChange,
  type MetricComparison,
  type SettingDifference,
  type SideValue,
} from '../scoring/comparison.ts';
import {
  type Block,
  type Cell,
  column,
  type Document,
  createDocument,
  gap,
  intervalParts,
  measuredCell,
  type Line,
  line,
  listBlock,
  missing,
  numberCell,
  type RecordColumn,
  records,
  type Row,
  row,
  type Table,
  table,
  tableBlock,
  textBlock,
} from './document.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-comparison/1';

const verdictMarks = {
  better: 'better',
  worse: 'worse',
  different: '≠',
  no_clear_difference: '~',
  unknown: '?',
} as const;

function sideCell(side: SideValue | undefined, metric: MetricComparison['metric'], scale: HumanScale): Cell {
  if (side === undefined) return missing;
  const { value, interval } = side;
  const after = scale.label === '' ? '' : ` ${scale.label}`;
  if (isByItem(metric)) return numberCell(value, 3, { ...intervalParts(interval), after });
  return measuredCell(value, interval, { divisor: scale.divisor }, { after });
}

function rangeText({ metric, interval }: MetricComparison): string {
  if (interval === undefined) return '';
  const shown = (value: number): string => signed(100 * (isByItem(metric) ? value : value - 1));
  return ` [${shown(interval.low)}, ${shown(interval.high)}]`;
}

/** A line of the table: metric, both sides, the change with its interval, p, verdict. */
function metricRow(comparison: MetricComparison): Row {
  const { metric, unit, a, b, change, p, verdict, doubts } = comparison;
  const values = [a, b].flatMap((side) => (side === undefined ? [] : [side.value]));
  const scale = humanScale(unit ?? 'count', values);
  return row([
    comparedFacts(metric).label,
    sideCell(a, metric, scale),
    sideCell(b, metric, scale),
    change === undefined ? missing : `${changeText(comparison)}${rangeText(comparison)}`,
    // Three decimals, and never a bare 0.
    p === undefined ? '' : p < 0.001 ? '< 0.001' : numberCell(p, 3),
    `${verdictMarks[verdict]}${doubts.length > 0 ? ' !' : ''}`,
  ]);
}

/** `GSM8K · gsm8k/per@2 · serving protocol · alpha against beta`. */
function cellTitle({ title, taskId, protocol, a, b }: CellComparison): string {
  const models = a.model === b.model ? a.model : `${b.model} against ${a.model}`;
  return [title, taskId, `${protocol} protocol`, models].filter((part) => part !== undefined).join(' · ');
}

/** What a reader of the table must know, one sentence each. */
function comparisonNotes(cell: CellComparison): readonly Line[] {
  const { pairs, onlyA, onlyB, otherPrompts, metrics } = cell;
  const unpaired = [...(onlyA > 0 ? [`${onlyA} only in A`] : []), ...(onlyB > 0 ? [`${onlyB} only in B`] : [])];
  const test = metrics.find(({ metric }) => metric === 'accuracy')?.test;
  const counted = unpaired.length === 0 ? '' : `; ${unpaired.join(' and ')}, not counted`;
  return [
    line(`${pairs} paired items${test === undefined ? '' : ` (${test})`}${counted}`, 'muted'),
    ...(otherPrompts > 0 ? [line(`${otherPrompts} of these items had a different prompt in B`, 'muted')] : []),
    ...unknownNotes(metrics).map((text) => line(text, 'muted')),
    ...doubtNotes(metrics).map((text) => line(text, 'doubtful')),
  ];
}

/** One line per reason why nothing is known, with all the figures that it concerns. */
function unknownNotes(metrics: readonly MetricComparison[]): readonly string[] {
  const all = metrics.filter(({ reason }) => reason !== undefined);
  return Array.from(
    Map.groupBy(all, ({ reason }) => reason),
    ([reason, group]) => `? ${labelsOf(group)}: ${reason}`,
  );
}

/** One line per doubt, with all the figures that it concerns. */
function doubtNotes(metrics: readonly MetricComparison[]): readonly string[] {
  const all = metrics.flatMap(({ metric, doubts }) => doubts.map((doubt) => ({ metric, doubt })));
  return Array.from(
    Map.groupBy(all, ({ doubt }) => doubt),
    ([doubt, group]) => `! ${labelsOf(group)} of ${doubt}`,
  );
}

function labelsOf(group: readonly Pick<MetricComparison, 'metric'>[]): string {
  return group.map(({ metric }) => comparedFacts(metric).label).join(', ');
}

const affected = { answers: 'accuracy', performance: 'performance', both: 'all metrics' } as const;

/** A difference in how the two were made, as a sentence. */
export function differenceText({ what, a, b, affects }: SettingDifference): string {
  return `${what}: ${a} in A, ${b} in B (makes ${affected[affects]} hard to compare)`;
}

/** `right → wrong` for whole points, else both scores. */
function changeOfItem({ scoreA, scoreB }: ItemChange): string {
  const word = (score: number): string => (score === 1 ? 'right' : score === 0 ? 'wrong' : score.toFixed(2));
  return `${word(scoreA)} → ${word(scoreB)}`;
}

/** An answer on one line, cut where it is long. */
function answerText(answer: string | undefined, longest: number): string {
  if (answer === undefined) return '(none)';
  const text = answer.replaceAll(/\s+/gu, ' ').trim();
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function cellTable(cell: CellComparison): Table {
  const columns = ['', 'A', 'B', 'B vs A', 'p', ''].map((heading) =>
    column(heading, heading === '' ? 'left' : 'right'),
  );
  return table(columns, cell.metrics.map(metricRow), { caption: cellTitle(cell) });
}

/** @param longest characters of an answer */
function itemTable(items: readonly ItemChange[], longest: number): Table {
  return table(
    ['item', 'A → B', 'answer of A', 'answer of B', 'expected'].map((heading) => column(heading)),
    items.map((item) =>
      row([
        item.itemId,
        changeOfItem(item),
        answerText(item.answerA, longest),
        answerText(item.answerB, longest),
        answerText(item.expected, longest),
      ]),
    ),
  );
}

/** @param count items listed in a terminal; undefined lists all */
function screenItems(what: string, changes: readonly ItemChange[], count: number | undefined): readonly Block[] {
  if (changes.length === 0 || count === 0) return [];
  const shown = changes.slice(0, count);
  const of = shown.length < changes.length ? `${shown.length} of ${changes.length}` : `${changes.length}`;
  return [gap, textBlock(`${what} (${of})`), tableBlock(itemTable(shown, 24), 2)];
}

/** Items in a file for people; the JSON has all of them. */
const pageItems = 50;

function itemDetails(what: string, items: readonly ItemChange[]): readonly Block[] {
  if (items.length === 0) return [];
  const left = items.length - pageItems;
  const summary = `${items.length} ${what}${items.length === 1 ? '' : 's'}`;
  const more = left > 0 ? `and ${left} more` : '';
  return [{ kind: 'details', summary, table: itemTable(items.slice(0, pageItems), 60), more }];
}

function screenCell(cell: CellComparison, items: number | undefined): readonly Block[] {
  return [
    tableBlock(cellTable(cell)),
    ...listBlock(comparisonNotes(cell), 2),
    ...screenItems('regressions', cell.regressions, items),
    ...screenItems('improvements', cell.improvements, items),
    gap,
  ];
}

function pageCell(cell: CellComparison): readonly Block[] {
  return [
    tableBlock(cellTable(cell)),
    ...listBlock([...comparisonNotes(cell), ...cell.differences.map((each) => line(differenceText(each)))]),
    ...itemDetails('regression', cell.regressions),
    ...itemDetails('improvement', cell.improvements),
  ];
}

/** What differs in how the cells were made; the same difference in several cells once. */
function warningsOf(cells: readonly CellComparison[]): readonly string[] {
  const all = cells.flatMap(({ taskId, differences }) =>
    Array.from(new Set(differences.map(differenceText)), (text) => ({ taskId, text })),
  );
  return Array.from(
    Map.groupBy(all, ({ text }) => text),
    ([text, places]) => `! ${places.length === cells.length ? '' : `${places.at(-1)?.taskId}: `}${text}`,
  );
}

/** A line per task, pair of models and metric; the change is a difference of what is compared item by item, else a ratio. */
const recordColumns: readonly RecordColumn<[CellComparison, MetricComparison]>[] = [
  ['task', ({ taskId }) => taskId],
  ['protocol', ({ protocol }) => protocol],
  ['run_a', ({ a }) => a.runId],
  ['model_a', ({ a }) => a.model],
  ['run_b', ({ b }) => b.runId],
  ['model_b', ({ b }) => b.model],
  ['metric', (_, { metric }) => metric],
  ['unit', (_, { unit }) => unit],
  ['a', (_, { a }) => a?.value],
  ['a_low', (_, { a }) => a?.interval?.low],
  ['a_high', (_, { a }) => a?.interval?.high],
  ['b', (_, { b }) => b?.value],
  ['b_low', (_, { b }) => b?.interval?.low],
  ['b_high', (_, { b }) => b?.interval?.high],
  ['change', (_, { change }) => change],
  ['change_low', (_, { interval }) => interval?.low],
  ['change_high', (_, { interval }) => interval?.high],
  ['level', (_, { interval }) => interval?.level],
  ['p', (_, { p }) => p],
  ['verdict', (_, { verdict }) => verdict],
  ['reason', (_, { reason }) => reason],
  ['pairs', ({ pairs }) => pairs],
  ['only_a', ({ onlyA }) => onlyA],
  ['only_b', ({ onlyB }) => onlyB],
  ['regressions', ({ regressions }) => regressions.length],
  ['improvements', ({ improvements }) => improvements.length],
];

/**
 * A comparison: a table per pair of cells, flips, doubts, and the verdict.
 *
 * @param items listed of each kind in a terminal; all by default
 */
export function comparisonDocument(comparison: Comparison, items?: number): Document {
  const { cells, unmatched, verdict } = comparison;
  const warnings = warningsOf(cells);
  const alone = unmatched.map((text) => line(text, 'muted'));
  return createDocument({
    schema,
    verdict,
    screen: [
      ...cells.flatMap((cell) => screenCell(cell, items)),
      ...listBlock([...warnings.map((text) => line(text, 'doubtful')), ...alone]),
      ...(warnings.length + alone.length > 0 ? [gap] : []),
      textBlock(verdict, 'title'),
    ],
    page: [textBlock(verdict, 'title'), ...cells.flatMap(pageCell), ...listBlock(alone)],
    records: records(
      recordColumns,
      cells.flatMap((cell) => cell.metrics.map((metric) => [cell, metric] as [CellComparison, MetricComparison])),
    ),
    data: { schema, ...comparison },
  });
}
