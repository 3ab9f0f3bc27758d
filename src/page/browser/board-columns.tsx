import type { VNode } from 'preact';
import type { Measurement } from '../../core/measurement.ts';
import { cellText, markedText, saysSomething } from '../../present/document.ts';
import type { BoardColumn } from '../../present/board-column.ts';
import { meaningOf } from '../../present/glossary.ts';
import { boardColumns as allColumns } from '../../present/scoreboard-columns.ts';
import { factorNames, isLessBetter, perFactor, type FactorName } from '../../scoring/factor.ts';
import { stateWords } from '../../scoring/answer-text.ts';
import { missedText } from '../../scoring/constraints.ts';
import { anchoredFactors } from '../../scoring/per-anchored.ts';
import { valueOf, type ScoreboardRow } from '../../scoring/scoreboard.ts';
import type { CodedNote } from '../../present/notes.ts';
import type { BoardView } from './board-view.ts';
import { fixed, percent, rankRange } from './format.ts';
import { Bar, ModelName, NoteRefs } from './page-parts.tsx';
import type { TableColumn } from './tables.tsx';
import { tip } from './tip.tsx';

type RowColumn = TableColumn<ScoreboardRow>;

/** A number with the codes of what must be known about it. */
function noted(text: string, notes: readonly CodedNote[]): VNode {
  return (
    <span class="number">
      {text}
      <NoteRefs notes={notes} />
    </span>
  );
}

/** Where on the factor's scale a raw value lies, by the score that is shown. */
function factorScale(view: BoardView, factor: FactorName): (value: number) => number | undefined {
  const { anchors } = view.settings;
  if (anchors !== undefined) {
    return (value) => anchoredFactors({ ...perFactor(() => 0), [factor]: value }, anchors)[factor];
  }
  const values = [...view.scores.keys()].flatMap((model) => {
    const row = view.board.rows.find((own) => own.model === model);
    const value = valueOf(row?.measurements[factor]);
    return value === undefined || view.scores.get(model)?.score === undefined ? [] : [value];
  });
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (!(high > low)) return () => (values.length > 0 ? 1 : undefined);
  return (value) => (isLessBetter[factor] ? high - value : value - low) / (high - low);
}

function intervalOf(measurement: Measurement | undefined): readonly [number, number] | undefined {
  if (measurement === undefined || measurement.status === 'unavailable' || measurement.interval === undefined) {
    return undefined;
  }
  return [measurement.interval.low, measurement.interval.high];
}

function factorColumn(view: BoardView, factor: FactorName, column: BoardColumn): RowColumn {
  const scale = factorScale(view, factor);
  const { unit, cell } = column.read(view.board);
  return {
    id: factor,
    heading: column.heading,
    unit,
    align: 'right',
    isDescendingFirst: !isLessBetter[factor],
    help: `${meaningOf(column.heading) ?? ''} Bar: the factor as it enters the score, 0 to 1; longer is better. Line: 95 % interval.`,
    value: (row) => valueOf(row.measurements[factor]),
    text: (row) => markedText(cell(row)),
    render: (row) => {
      const value = valueOf(row.measurements[factor]);
      const ends = intervalOf(row.measurements[factor])
        ?.map((end) => scale(end) ?? 0)
        .toSorted((a, b) => a - b);
      return (
        <>
          {noted(cellText(cell(row)), view.notes.ofMetric(row, factor))}
          {value === undefined ? null : <Bar share={scale(value)} low={ends?.[0]} high={ends?.[1]} />}
        </>
      );
    },
  };
}

function scoreColumn(view: BoardView): RowColumn {
  const { scores, scoreName } = view;
  const interval = ({ model }: ScoreboardRow): readonly [number, number] | undefined => {
    const found = scores.get(model)?.ranked?.interval;
    return found && [found.low, found.high];
  };
  const shown = ({ model }: ScoreboardRow): string => fixed(scores.get(model)?.score, 3);
  return {
    id: 'score',
    heading: scoreName,
    align: 'right',
    isDescendingFirst: true,
    help: `${meaningOf(scoreName) ?? ''} Line: 95 % interval.`,
    value: ({ model }) => scores.get(model)?.score,
    text: (row) => {
      const ends = interval(row);
      return ends === undefined ? shown(row) : `${shown(row)} (${fixed(ends[0], 3)} to ${fixed(ends[1], 3)})`;
    },
    render: (row) => {
      const ends = interval(row);
      return (
        <>
          {noted(shown(row), [
            ...view.notes.ofScore(row),
            ...(view.settings.anchors === undefined ? view.notes.ofPaperScore(row) : []),
          ])}
          {scores.get(row.model)?.score === undefined ? null : (
            <Bar share={scores.get(row.model)?.score} low={ends?.[0]} high={ends?.[1]} isStrong />
          )}
        </>
      );
    },
  };
}

function rankColumns(view: BoardView): readonly RowColumn[] {
  const { placeOf } = view;
  if (view.rows.every((row) => placeOf(row).ranks === undefined)) return [];
  return [
    {
      id: 'ranks',
      heading: 'Ranks',
      align: 'right',
      help: meaningOf('Ranks'),
      sortValue: (row) => placeOf(row).ranks?.[0],
      text: (row) => rankRange(placeOf(row).ranks),
    },
    {
      id: 'first',
      heading: 'P(1st)',
      align: 'right',
      isDescendingFirst: true,
      help: meaningOf('P(1st)'),
      value: (row) => placeOf(row).support,
      text: (row) => percent(placeOf(row).support),
    },
  ];
}

function RankedName({ row, view }: { readonly row: ScoreboardRow; readonly view: BoardView }): VNode {
  const score = view.scores.get(row.model);
  const reason =
    score !== undefined && score.missed.length > 0
      ? missedText(score.missed)
      : score?.score !== undefined
        ? stateWords[view.answer.candidates.find(({ model }) => model === row.model)?.state ?? 'usable']
        : row.flags.map(({ text }) => text).join('; ') || row.state;
  return (
    <>
      <ModelName name={row.model} />
      {view.placeOf(row).isTied ? (
        <span class="chip" tabIndex={0} {...tip('No model is significantly better.')}>
          best group
        </span>
      ) : null}
      {reason === undefined ? null : <span class="reason">{reason}</span>}
    </>
  );
}

/** The models of a scoreboard, for tables about them. */
export const modelColumn: RowColumn = {
  id: 'model',
  heading: 'Model',
  align: 'left',
  sortValue: ({ model }) => model,
  text: ({ model }) => model,
  render: ({ model }) => <ModelName name={model} />,
};

/** Columns of a scoreboard; the numbers come from the same registry as those of the terminal and the files. */
export function boardColumns(view: BoardView): readonly RowColumn[] {
  const registry = new Map(allColumns([view.board]).map((column) => [column.id, column]));
  const rankOf = (row: ScoreboardRow): number | undefined => view.placeOf(row).rank;
  return [
    {
      id: 'rank',
      heading: '#',
      help: meaningOf('#'),
      align: 'right',
      value: rankOf,
      text: (row) => String(rankOf(row) ?? '–'),
    },
    { ...modelColumn, render: (row) => <RankedName row={row} view={view} /> },
    scoreColumn(view),
    ...rankColumns(view),
    ...factorNames.flatMap((factor) => {
      const column = registry.get(factor);
      return column === undefined ? [] : [factorColumn(view, factor, column)];
    }),
  ];
}

/** Everything else that was measured: times to the first token, outputs a second, metrics of the task. */
export function detailColumns(view: BoardView): readonly RowColumn[] {
  const shown = new Set(['rank', 'model', 'per', 'perAnchored', ...factorNames]);
  return allColumns([view.board])
    .filter(({ id, isForPeople }) => isForPeople && !shown.has(id) && !id.startsWith('factor'))
    .map((column) => ({ ...column, ...column.read(view.board) }))
    .filter((column) => view.board.rows.some((row) => saysSomething(column, column.cell(row))))
    .map(({ id, heading, unit, align, cell }): RowColumn => ({
      id,
      heading,
      help: meaningOf(heading),
      unit,
      align,
      sortValue: (row) => {
        const found = cell(row);
        return typeof found === 'string' ? found : found.value;
      },
      text: (row) => markedText(cell(row)),
      render: (row) => noted(cellText(cell(row)), view.notes.ofMetric(row, id.replace(/^extra\./u, ''))),
    }));
}
