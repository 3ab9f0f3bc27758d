import { namedModels } from '../../scoring/answer.ts';
import type { VNode } from 'preact';
import { factorLabels, factorNames } from '../../scoring/factor.ts';
import { weightLattice, weightsWithout, winnerShares, type ValuedModel } from '../../scoring/robustness-card.ts';
import type { CodedNote } from '../../present/notes.ts';
import { perAnchored } from '../../scoring/per-anchored.ts';
import { perPaper } from '../../scoring/per-paper.ts';
import { boardValues, type ScoreboardRow } from '../../scoring/scoreboard.ts';
import { rescore } from '../rescore.ts';
import { Block } from './block.tsx';
import { boardColumns, detailColumns, modelColumn } from './board-columns.tsx';
import type { BoardView } from './board-view.ts';
import { fixed, percent } from './format.ts';
import { NoteRefs } from './page-parts.tsx';
import { DataTable, textOf, type TableColumn } from './tables.tsx';

function subtitleOf({ board, draws, isDefault }: BoardView): string {
  const parts = [
    board.taskId,
    board.protocol === undefined ? undefined : `${board.protocol} protocol`,
    board.metric === undefined ? undefined : `accuracy metric: ${board.metric}`,
    board.versions.join(', '),
    isDefault
      ? board.inference && `${board.inference.resamples.toLocaleString('en-US')} resamples`
      : `recomputed${draws === undefined ? '' : ` from ${draws.replicates} resamples`}`,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** One task: who is best, by how much, and how sure that is. */
export function ScoreboardBlock({ view }: { readonly view: BoardView }): VNode {
  const columns = boardColumns(view);
  const details = detailColumns(view);
  const notes = view.notes.ofBoard(view.board);
  return (
    <Block
      id={view.id}
      title={view.title}
      subtitle={
        <>
          {subtitleOf(view)}
          {notes.length === 0 ? null : ' · notes '}
          <NoteRefs notes={notes} />
        </>
      }
      table={() => textOf(view.title, columns, view.rows)}
    >
      <DataTable
        id={view.id}
        caption={`Scoreboard of ${view.title}`}
        columns={columns}
        rows={view.rows}
        rowKey={({ model }) => model}
        rowClass={(row) => rowClass(row, view)}
      />
      <VariantsDetails view={view} />
      {details.length === 0 ? null : (
        <details class="more">
          <summary>Other measurements</summary>
          <DataTable
            id={`${view.id}-more`}
            caption={`Other measurements of ${view.title}`}
            columns={[...columns.filter(({ id }) => id === 'model'), ...details]}
            rows={view.rows}
            rowKey={({ model }) => model}
          />
        </details>
      )}
    </Block>
  );
}

function rowClass({ model }: ScoreboardRow, view: BoardView): string {
  if (view.scores.get(model)?.score === undefined) return 'unscored';
  return namedModels(view.answer).includes(model) ? 'winner' : '';
}

interface Variant {
  readonly id: string;
  readonly heading: string;
  readonly help: string;
  readonly scores: ReadonlyMap<string, number | undefined>;
  readonly notes?: (row: ScoreboardRow) => readonly CodedNote[];
  /** Of a score, unless it is something else. */
  readonly show?: (value: number | undefined) => string;
}

function scoresOf(rows: Iterable<{ readonly model: string; readonly score: number | undefined }>): Variant['scores'] {
  return new Map(Array.from(rows, ({ model, score }) => [model, score]));
}

/** How often each model wins over the 84 weightings. */
function weightWins(view: BoardView): Variant['scores'] {
  const models = boardValues(view.board.rows.filter(({ model }) => view.scores.get(model)?.score !== undefined));
  const { anchors } = view.settings;
  const ways = weightLattice().map((weights) => (own: readonly ValuedModel[]) => {
    const scored = anchors === undefined ? perPaper(own, { weights }).rows : perAnchored(own, anchors, { weights });
    return scored.map(({ score }) => score ?? 0);
  });
  const wins = models.length < 2 ? {} : winnerShares(models, ways);
  return new Map(models.map(({ model }) => [model, (wins[model] ?? 0) / ways.length]));
}

function variantsOf(view: BoardView): readonly Variant[] {
  const { board, settings } = view;
  const anchored = board.rows.some((row) => row.anchored !== undefined);
  return [
    ...(view.showsPaperScore
      ? [
          {
            id: 'paper',
            heading: 'PER',
            help: 'The paper’s score: scaled over the models of this table',
            scores: scoresOf(board.rows),
            notes: view.notes.ofPaperScore,
          },
        ]
      : []),
    ...(anchored
      ? [
          {
            id: 'anchored',
            heading: 'PER-A',
            help: 'Scaled by fixed anchors: independent of other models',
            scores: scoresOf(board.rows.map((row) => ({ model: row.model, score: row.anchored?.score }))),
          },
        ]
      : []),
    ...factorNames.map((factor): Variant => ({
      id: `without-${factor}`,
      heading: `without ${factorLabels[factor]}`,
      help: `${view.scoreName} of the other three factors`,
      scores: scoresOf(rescore(board, undefined, { ...settings, weights: weightsWithout(factor) }).values()),
    })),
    {
      id: 'wins',
      heading: 'Weightings won',
      help: 'Share of 84 weightings of the four factors in which the model is first',
      scores: weightWins(view),
      show: percent,
    },
  ];
}

/** The score under other definitions: how far the order depends on choices that are a matter of taste. */
function VariantsDetails({ view }: { readonly view: BoardView }): VNode | null {
  if (view.scores.size === 0) return null;
  const variants = variantsOf(view);
  const columns: readonly TableColumn<ScoreboardRow>[] = [
    modelColumn,
    ...variants.map((variant): TableColumn<ScoreboardRow> => {
      const { id, heading, help, scores, notes, show = (value) => fixed(value, 3) } = variant;
      const best = Math.max(...[...scores.values()].map((value) => value ?? -1));
      return {
        id,
        heading,
        help,
        align: 'right',
        isDescendingFirst: true,
        value: ({ model }) => scores.get(model),
        text: ({ model }) => show(scores.get(model)),
        render: (row) => (
          <>
            <span class={scores.get(row.model) === best && best > 0 ? 'best' : undefined}>
              {show(scores.get(row.model))}
            </span>
            <NoteRefs notes={notes?.(row) ?? []} />
          </>
        ),
      };
    }),
  ];
  return (
    <details class="more">
      <summary>{view.scoreName} under other definitions</summary>
      <DataTable
        id={`${view.id}-variants`}
        caption={`Variants of the score on ${view.title}`}
        columns={columns}
        rows={view.rows.filter(({ model }) => view.scores.get(model)?.score !== undefined)}
        rowKey={({ model }) => model}
      />
    </details>
  );
}
