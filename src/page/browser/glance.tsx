import type { VNode } from 'preact';
import { cellText } from '../../present/document.ts';
import { boardColumns } from '../../present/scoreboard-columns.ts';
import { factorNames, isLessBetter, type FactorName } from '../../scoring/factor.ts';
import { namedModels } from '../../scoring/answer.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import { factorTitles } from '../charts/scoreboard-data.ts';
import { dataQuality } from '../data-quality.ts';
import type { PageData } from '../page-data.ts';
import { scopeOf } from '../scope.ts';
import type { BoardView, PageView } from './board-view.ts';
import { dateTime } from './format.ts';
import { useParam } from './hash-state.ts';
import { Bar, Facts, Jump, ModelName, Select } from './page-parts.tsx';
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
      <div class="factors">
        {factorNames.map((factor) => (
          <FactorBars key={factor} view={view} factor={factor} />
        ))}
      </div>
      <p class="hint">
        {boards.length < 2 ? '' : `On ${view.title}. `}Longer bars are better.
        {left > 0 ? ` ${left} more in the table.` : ''}
      </p>
    </>
  );
}

/** One factor of each model, as a share of the best; accuracy as it is. */
function FactorBars({ view, factor }: { readonly view: BoardView; readonly factor: FactorName }): VNode {
  const column = boardColumns([view.board]).find(({ id }) => id === factor);
  const { unit = '', cell } = column?.read(view.board) ?? {};
  const rows = view.rows.slice(0, mostBars);
  const values = view.rows.flatMap(({ measurements }) => valueOf(measurements[factor]) ?? []);
  const best = isLessBetter[factor] ? Math.min(...values) : Math.max(...values);
  const share = (value: number | undefined): number | undefined => {
    if (value === undefined || factor === 'accuracy') return value;
    return isLessBetter[factor] ? best / value : value / best;
  };
  return (
    <figure class="factor">
      <figcaption>
        <Term name={factor}>{factorTitles[factor]}</Term>
        {unit === '' ? '' : `, ${unit}`}
      </figcaption>
      <ul>
        {rows.map((row) => (
          <li key={row.model} class={namedModels(view.answer).includes(row.model) ? 'winner' : undefined}>
            <ModelName name={row.model} />
            <span class="number">{cell === undefined ? '–' : cellText(cell(row)) || '–'}</span>
            <Bar
              share={share(valueOf(row.measurements[factor]))}
              isStrong={namedModels(view.answer).includes(row.model)}
            />
          </li>
        ))}
      </ul>
    </figure>
  );
}
