import type { VNode } from 'preact';
import { cellText, missing } from '../../present/document.ts';
import { meaningOf } from '../../present/glossary.ts';
import { boardColumns } from '../../present/scoreboard-columns.ts';
import { namedModels } from '../../scoring/answer.ts';
import { factorNames, isLessBetter } from '../../scoring/factor.ts';
import { valueOf, type ScoreboardRow } from '../../scoring/scoreboard.ts';
import { factorTitles } from '../charts/scoreboard-data.ts';
import { dataQuality } from '../data-quality.ts';
import type { PageData } from '../page-data.ts';
import { scopeOf } from '../scope.ts';
import type { BoardView, PageView } from './board-view.ts';
import { dateTime } from './format.ts';
import { useParam } from './hash-state.ts';
import { Bar, Facts, Jump, ModelName, Select } from './page-parts.tsx';
import { CellsTable } from './tables.tsx';
import { Term } from './tip.tsx';

const lightNames = { good: 'good', doubts: 'some doubts', invalid: 'not valid' } as const;

/** What an answer rests on: how much was asked, how good the numbers are, and the factors of each model. */
export function Glance({ view, data }: { readonly view: PageView; readonly data: PageData }): VNode | null {
  const boards = view.boards.map(({ board }) => board);
  if (boards.length === 0) return null;
  const { light, why } = dataQuality(boards);
  const { items, launches, models, tasks, host, timeMs } = scopeOf(data);
  return (
    <div class="glance">
      <p class={`quality ${light}`}>
        <b>
          <Term name="data quality">Data quality</Term>: {lightNames[light]}.
        </b>{' '}
        {why} {view.notes.all.length === 0 ? null : <Jump to="notes">Notes</Jump>}
      </p>
      <Facts
        isInline
        facts={[
          ['Items', items],
          ['Launches', launches],
          ['Models', models],
          ['Tasks', tasks],
          ['Host', host],
          ['Measured', dateTime(timeMs)],
        ]}
      />
      <FactorGlance boards={view.boards} />
    </div>
  );
}

/** Bars of the first models of a table; the others are in the table itself. */
const mostBars = 6;

function FactorGlance({ boards }: { readonly boards: readonly BoardView[] }): VNode | null {
  const [task, setTask] = useParam('glance.task', boards[0]?.id ?? '');
  const view = boards.find(({ id }) => id === task) ?? boards[0];
  if (view === undefined || view.rows.length === 0) return null;
  const left = view.rows.length - mostBars;
  const columns = factorColumns(view);
  const named = namedModels(view.answer);
  return (
    <>
      {boards.length < 2 ? null : (
        <div class="choices js-only">
          <Select
            label="Models on"
            value={view.id}
            options={boards.map(({ id, title }) => [id, title] as const)}
            onChange={setTask}
          />
        </div>
      )}
      <CellsTable
        caption={`Factors of the models on ${view.title}`}
        headings={[{ text: 'Model' }, ...columns.map(({ title, help }) => ({ text: title, help }))]}
        rows={view.rows.slice(0, mostBars).map((row) => ({
          key: row.model,
          rowClass: named.includes(row.model) ? 'winner' : '',
          cells: [
            <ModelName key="model" name={row.model} />,
            ...columns.map((column) => <FactorBar key={column.title} column={column} row={row} />),
          ],
        }))}
      />
      <p class="hint">
        Longer bars are better.
        {left > 0 ? ` ${left} more in the table.` : ''}
      </p>
    </>
  );
}

interface FactorColumn {
  /** With its unit. */
  readonly title: string;
  readonly help: string | undefined;
  readonly text: (row: ScoreboardRow) => string;
  /** As a share of the best; accuracy as it is. */
  readonly share: (row: ScoreboardRow) => number | undefined;
}

function factorColumns({ board }: BoardView): readonly FactorColumn[] {
  const registry = new Map(boardColumns([board]).map((column) => [column.id, column]));
  return factorNames.map((factor) => {
    const { unit = '', cell } = registry.get(factor)?.read(board) ?? {};
    const values = board.rows.flatMap(({ measurements }) => valueOf(measurements[factor]) ?? []);
    const best = isLessBetter[factor] ? Math.min(...values) : Math.max(...values);
    return {
      help: meaningOf(factor),
      title: unit === '' ? factorTitles[factor] : `${factorTitles[factor]}, ${unit}`,
      text: (row) => {
        const found = cell?.(row) ?? '';
        return cellText(typeof found === 'string' ? found : { ...found, half: undefined }) || missing;
      },
      share: ({ measurements }) => {
        const value = valueOf(measurements[factor]);
        if (value === undefined || factor === 'accuracy') return value;
        return isLessBetter[factor] ? best / value : value / best;
      },
    };
  });
}

function FactorBar({ column, row }: { readonly column: FactorColumn; readonly row: ScoreboardRow }): VNode {
  return (
    <>
      <span class="number">{column.text(row)}</span>
      <Bar share={column.share(row)} isStrong />
    </>
  );
}
