import type { VNode } from 'preact';
import type { Measurement } from '../../core/measurement.ts';
import { cellMark, cellText, isFilled, markedText, type Cell } from '../../present/document.ts';
import type { BoardColumn } from '../../present/board-column.ts';
import { boardColumns as allColumns } from '../../present/scoreboard-columns.ts';
import { factorNames, isLessBetter, perFactor, type FactorName } from '../../scoring/factor.ts';
import { anchoredFactors } from '../../scoring/per-anchored.ts';
import { valueOf, type ScoreboardRow } from '../../scoring/scoreboard.ts';
import type { BoardView } from './board-view.ts';
import { fixed, percent, rankRange } from './format.ts';
import { Bar, ModelName } from './page-parts.tsx';
import type { TableColumn } from './tables.tsx';

type RowColumn = TableColumn<ScoreboardRow>;

const markTexts = { '!': 'doubtful', '~': 'see the notes' } as const;

/** A number with its mark, and a bar below it. */
function marked(text: string, mark: '' | '!' | '~'): VNode {
  return (
    <span class="number">
      {text}
      {mark === '' ? null : (
        <sup class={mark === '!' ? 'mark doubtful' : 'mark'} title={markTexts[mark]}>
          {mark}
          <span class="off-screen"> ({markTexts[mark]})</span>
        </sup>
      )}
    </span>
  );
}

function markedCell(cell: Cell): VNode {
  return marked(cellText(cell), cellMark(cell));
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
    help: 'Bar: the factor as it enters the score, 0 to 1; longer is better. Line: 95 % interval.',
    value: (row) => valueOf(row.measurements[factor]),
    text: (row) => markedText(cell(row)),
    render: (row) => {
      const value = valueOf(row.measurements[factor]);
      const ends = intervalOf(row.measurements[factor])
        ?.map((end) => scale(end) ?? 0)
        .toSorted((a, b) => a - b);
      return (
        <>
          {markedCell(cell(row))}
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
    help: 'Score, 0 to 1, with its 95 % interval over items and launches',
    value: ({ model }) => scores.get(model)?.score,
    text: (row) => {
      const ends = interval(row);
      return ends === undefined ? shown(row) : `${shown(row)} (${fixed(ends[0], 3)} to ${fixed(ends[1], 3)})`;
    },
    render: (row) => {
      const ends = interval(row);
      const isDoubtful = row.flags.some(({ code }) => code === 'doubtful');
      return (
        <>
          {marked(shown(row), isDoubtful ? '!' : '')}
          {scores.get(row.model)?.score === undefined ? null : (
            <Bar share={scores.get(row.model)?.score} low={ends?.[0]} high={ends?.[1]} isStrong />
          )}
        </>
      );
    },
  };
}

function rankColumns(view: BoardView): readonly RowColumn[] {
  const { scores } = view;
  if (![...scores.values()].some(({ ranked }) => ranked !== undefined)) return [];
  return [
    {
      id: 'ranks',
      heading: 'Ranks',
      align: 'right',
      help: 'Range of ranks in the central 95 % of the resamples',
      sortValue: ({ model }) => scores.get(model)?.ranked?.rankInterval[0],
      text: ({ model }) => rankRange(scores.get(model)?.ranked?.rankInterval),
    },
    {
      id: 'first',
      heading: 'P(1st)',
      align: 'right',
      isDescendingFirst: true,
      help: 'Share of the resamples in which the model is first',
      value: ({ model }) => scores.get(model)?.ranked?.topShare,
      text: ({ model }) => percent(scores.get(model)?.ranked?.topShare),
    },
  ];
}

function RankedName({ row, view }: { readonly row: ScoreboardRow; readonly view: BoardView }): VNode {
  const score = view.scores.get(row.model);
  const reason =
    score?.isGated === true
      ? 'below the minimum accuracy'
      : score?.score !== undefined
        ? undefined
        : row.flags.map(({ text }) => text).join('; ') || row.state;
  return (
    <>
      <ModelName name={row.model} />
      {score?.ranked?.isInTieGroup === true && view.rows.length > 1 ? (
        <span class="chip" title="No model is significantly better">
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
  const rankOf = ({ model }: ScoreboardRow): number | undefined => view.scores.get(model)?.rank;
  return [
    {
      id: 'rank',
      heading: '#',
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
    .filter(({ cell }) => view.board.rows.some((row) => isFilled(cell(row))))
    .map(({ id, heading, unit, align, cell }): RowColumn => ({
      id,
      heading,
      unit,
      align,
      sortValue: (row) => {
        const found = cell(row);
        return typeof found === 'string' ? found : found.value;
      },
      text: (row) => markedText(cell(row)),
      render: (row) => markedCell(cell(row)),
    }));
}
