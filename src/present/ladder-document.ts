import { countText } from '../core/amount-text.ts';
import { knownMeasurement } from '../core/measurement.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import { factorNames } from '../scoring/factor.ts';
import type { Ladder, LadderRow } from '../scoring/ladder.ts';
import {
  type Block,
  createDocument,
  type Document,
  type Footnote,
  gap,
  labelText,
  records,
  saysSomething,
  type Table,
  table,
  tableBlock,
} from './document.ts';
import { ladderColumns, ladderFields } from './ladder-columns.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-ladder/1';

function note(text: string, more: Partial<Footnote> = {}): Footnote {
  return { mark: '', text, isAboutIntervals: false, ...more };
}

const smallest = { size: 'as small a file', memory: 'as little memory' } as const;

function frontNotes({ x, rows }: Ladder): readonly Footnote[] {
  if (!rows.some(({ isOnFront }) => isOnFront)) return [];
  const text = 'front: not shown to be worse than the base';
  return [note(`${text}, and no other of these has both ${smallest[x]} and as high a throughput`, { shortText: text })];
}

/** Why answers of a model can't be compared; each reason once. */
function reasonNotes(rows: readonly LadderRow[]): readonly Footnote[] {
  const without = rows.filter(({ raceDifference }) => raceDifference === undefined);
  const reasons = new Set(without.flatMap(({ reason }) => reason ?? []));
  return [...reasons].map((reason) => note(`–: ${reason}`));
}

/** What losses were taken on, or that none were. */
function lossNotes({ lossSource, rows }: Ladder): readonly Footnote[] {
  if (lossSource === undefined) {
    return [note('no KL divergence was taken')];
  }
  const counts = rows.flatMap(({ loss }) => loss?.tokens ?? []);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const tokens = least === most ? countText(most) : `${countText(least)} to ${countText(most)}`;
  const where = lossSource.kind === 'task' ? "the base's answers to this task" : lossSource.name;
  return [note(`KL, same top token, perplexity: over ${tokens} tokens of ${where}`, { column: 'KL', isDetail: true })];
}

/** Why there is no column of speeds. */
function speedNotes({ rows }: Ladder): readonly Footnote[] {
  const measured = rows.map(({ measurements: { throughput } }) => throughput);
  if (measured.some((each) => knownMeasurement(each) !== undefined)) return [];
  const reasons = new Set(measured.flatMap((each) => (each?.status === 'unavailable' ? [each.detail] : [])));
  return [note(['no throughput is known', ...reasons].join(': '))];
}

/** Files that show less than the whole loss. */
function originNotes({ requantisedFrom }: Ladder): readonly Footnote[] {
  if (requantisedFrom.length === 0) return [];
  const from = `made from files that were quantised already (${requantisedFrom.join(', ')})`;
  return [note(`${from}: what those lost is in no figure here`, { shortText: from })];
}

/** What a reader of a ladder must know, the most important first. */
function ladderNotes(ladder: Ladder): readonly Footnote[] {
  const { items, level, rows } = ladder;
  const isRaced = rows.some(({ raceDifference }) => raceDifference !== undefined);
  const isMarked = rows.some(({ measurements }) => factorNames.some((factor) => isDoubtful(measurements[factor])));
  const isWorse = rows.some(({ standing }) => standing === 'worse');
  return [
    ...originNotes(ladder),
    ...reasonNotes(rows),
    ...frontNotes(ladder),
    ...lossNotes(ladder),
    ...speedNotes(ladder),
    ...(isMarked ? [note('a doubtful number; perbench report says why', { mark: '!' })] : []),
    // A race has a confidence of its own, which its certificate tells.
    ...(isWorse
      ? [note(`worse: a lower accuracy than the base's is shown${isRaced ? '' : `, at ${100 * level} % confidence`}`)]
      : []),
    ...(isRaced ? [note('low to high: what the race left open where it stopped the model', { isDetail: true })] : []),
    ...(items === 0
      ? []
      : [note(`difference and changed answers: on ${countText(items)} items, pair by pair`, { isDetail: true })]),
  ];
}

/** `ARC-Easy · arc_easy/per@1 · serving protocol · against qwen-q8_0` */
function ladderTitle({ title, taskId, protocol, base }: Ladder): string {
  return [title, taskId, `${protocol} protocol`, `against ${base}`].filter((part) => part !== undefined).join(' · ');
}

/** A ladder as a table: a row per model or configuration, the base first. */
export function ladderTable(ladder: Ladder): Table {
  // What no row has, as servers have no files, would be a column of dashes.
  const columns = ladderColumns(ladder).filter(
    ({ column, cell }) => column.priority === 0 || ladder.rows.some((row) => saysSomething(column, cell(row))),
  );
  return table(
    columns.map(({ column }) => column),
    ladder.rows.map((row) => ({
      cells: columns.map(({ cell }) => cell(row)),
      tone: 'plain',
      isComplete: row.state === 'done',
    })),
    {
      caption: ladderTitle(ladder),
      shortCaption: `${ladder.title ?? ladder.taskId} · against ${ladder.base}`,
      label: labelText(`ladder-${ladder.taskId}`),
      notes: ladderNotes(ladder),
    },
  );
}

/** Ladders below each other, for a terminal. */
export function ladderBlocks(ladders: readonly Ladder[]): readonly Block[] {
  return ladders.flatMap((ladder, index) => [...(index === 0 ? [] : [gap]), tableBlock(ladderTable(ladder))]);
}

/** The ladders of a run: a table per task. */
export function ladderDocument(ladders: readonly Ladder[]): Document {
  return createDocument({
    schema,
    title: 'Ladder',
    screen: ladderBlocks(ladders),
    page: ladders.map((ladder) => tableBlock(ladderTable(ladder))),
    records: records(
      ladderFields,
      ladders.flatMap((ladder) => ladder.rows.map((row): [Ladder, LadderRow] => [ladder, row])),
    ),
    data: { schema, ladders },
  });
}
