import type { VNode } from 'preact';
import type { CellSummary, RunSummary } from '../viewer-data.ts';
import { Block } from './block.tsx';
import { dateTime, fixed, wholeNumber } from './format.ts';
import { useLoaded, Waiting, WhenLoaded, type ViewProps } from './loading.tsx';
import { Bar, ModelName } from './page-parts.tsx';
import { ReportContent } from './report-page.tsx';
import { DataTable, PlainTable, type TableColumn } from './tables.tsx';

const stateClasses = { finished: 'chip good', running: 'chip', interrupted: 'chip doubtful' } as const;

function cellsText({ cells }: RunSummary): string {
  const total = Object.values(cells).reduce((sum, count) => sum + count, 0);
  const failed = (cells.failed ?? 0) + (cells.unavailable ?? 0);
  return `${cells.done ?? 0} of ${total}${failed > 0 ? `, ${failed} failed` : ''}`;
}

const columns: readonly TableColumn<RunSummary>[] = [
  {
    id: 'model',
    heading: 'Run',
    align: 'left',
    sortValue: ({ id }) => id,
    text: ({ id }) => id,
    render: ({ id, name }) => (
      <>
        <a class="model" href={`#/runs/${encodeURIComponent(id)}`}>
          {id}
        </a>
        <span class="reason">{name}</span>
      </>
    ),
  },
  {
    id: 'state',
    heading: 'State',
    align: 'left',
    sortValue: ({ status }) => status,
    text: ({ status }) => status,
    render: ({ status }) => <span class={`${stateClasses[status]} flat`}>{status}</span>,
  },
  {
    id: 'started',
    heading: 'Started',
    align: 'left',
    sortValue: ({ createdAtMs }) => createdAtMs,
    text: ({ createdAtMs }) => dateTime(createdAtMs),
  },
  {
    id: 'models',
    heading: 'Models',
    align: 'right',
    value: ({ models }) => models,
    text: ({ models }) => String(models),
  },
  {
    id: 'tasks',
    heading: 'Tasks',
    align: 'right',
    value: ({ tasks }) => tasks,
    text: ({ tasks }) => String(tasks),
  },
  {
    id: 'cells',
    heading: 'Cells done',
    align: 'right',
    value: ({ cells }) => cells.done ?? 0,
    text: cellsText,
  },
];

/** Every run in the store, the newest first. */
export function RunsPage({ source, version }: ViewProps): VNode {
  return (
    <WhenLoaded load={() => source.runs()} keys={[version]}>
      {(runs) => <RunList runs={runs} />}
    </WhenLoaded>
  );
}

export function RunList({ runs }: { readonly runs: readonly RunSummary[] }): VNode {
  return (
    <section class="block">
      <header class="block-head">
        <div>
          <h1 class="small">Runs</h1>
        </div>
      </header>
      {runs.length === 0 ? (
        <p class="nothing">No runs in this store yet.</p>
      ) : (
        <DataTable
          id="runs"
          caption="Runs in the store"
          filterLabel="Filter runs"
          columns={columns}
          rows={runs}
          rowKey={({ id }) => id}
          rowLabel={({ id, name }) => `${id} ${name}`}
        />
      )}
    </section>
  );
}

/** Where the samples of some cells of one task are looked at. */
function samplesLink(runId: string, cells: readonly CellSummary[]): string {
  const query = new URLSearchParams({ task: cells[0]?.taskId ?? '', cells: cells.map(({ id }) => id).join(' ') });
  return `#/runs/${encodeURIComponent(runId)}/samples?${query.toString()}`;
}

const stateMarks: Readonly<Record<CellSummary['state'], string>> = {
  done: '✓',
  running: '…',
  pending: '',
  failed: '✗',
  unavailable: '–',
};

function CellBox({ cell, runId }: { readonly cell: CellSummary | undefined; readonly runId: string }): VNode {
  if (cell === undefined) return <td class="right">–</td>;
  const { state, answered, items, accuracy, error } = cell;
  const share = items === 0 ? 0 : answered / items;
  const isOver = state === 'done';
  const shown =
    isOver && accuracy !== undefined ? fixed(accuracy, 3) : `${wholeNumber(answered)} / ${wholeNumber(items)}`;
  return (
    <td class={`cell ${state}`} title={error?.message ?? state} data-state={state}>
      <span class="number">
        <span aria-hidden="true">{stateMarks[state]} </span>
        <span class="off-screen">{state}: </span>
        {answered === 0 ? shown : <a href={samplesLink(runId, [cell])}>{shown}</a>}
      </span>
      {isOver ? <Bar share={accuracy} /> : <Bar share={share} isStrong />}
      {error === undefined ? null : <span class="reason">{error.message}</span>}
    </td>
  );
}

/** The tasks of some cells, each with its title. */
export function taskTitles(cells: readonly CellSummary[]): readonly (readonly [taskId: string, title: string])[] {
  return [...new Map(cells.map(({ taskId, title }) => [taskId, title ?? taskId]))];
}

/** Models by tasks: how far each cell is, and a way into its samples. */
export function CellGrid({ cells, runId }: { readonly cells: readonly CellSummary[]; readonly runId: string }): VNode {
  const tasks = taskTitles(cells);
  const ofTask = (taskId: string): readonly CellSummary[] => cells.filter((cell) => cell.taskId === taskId);
  const models = [...new Set(cells.map(({ model }) => model))];
  return (
    <Block
      id="cells"
      title="Cells"
      subtitle="Accuracy of finished cells, progress of the others. Click a number to see its samples."
    >
      <PlainTable
        caption="Cells of the run"
        headings={[{ text: 'Model' }, ...tasks.map(([id, title]) => ({ text: title, help: id }))]}
        foot={
          <tr>
            <td />
            {tasks.map(([taskId]) => (
              <td key={taskId}>
                <a href={samplesLink(runId, ofTask(taskId))}>all models side by side</a>
              </td>
            ))}
          </tr>
        }
      >
        {models.map((model) => (
          <tr key={model}>
            <th scope="row">
              <ModelName name={model} />
            </th>
            {tasks.map(([taskId]) => (
              <CellBox key={taskId} runId={runId} cell={ofTask(taskId).find((cell) => cell.model === model)} />
            ))}
          </tr>
        ))}
      </PlainTable>
    </Block>
  );
}

/** One run: its cells as they fill, and the report of what is done. */
export function RunPage({ source, version, runId }: ViewProps & { readonly runId: string }): VNode {
  const cells = useLoaded(() => source.cells(runId), [runId, version]);
  const runs = useLoaded(() => source.runs(), [version]);
  if (cells.value === undefined) return <Waiting error={cells.error} />;
  const run = runs.value?.find(({ id }) => id === runId);
  return (
    <>
      <div class="crumbs">
        <a href="#/runs">Runs</a> / <span>{runId}</span>
        {run === undefined ? null : (
          <span class="count">
            {run.name} · {dateTime(run.createdAtMs)} · {run.status}
          </span>
        )}
      </div>
      <CellGrid cells={cells.value} runId={runId} />
      {/* Asked for after the cells, which are there at once while this takes a bootstrap. */}
      <WhenLoaded load={() => source.page(runId)} keys={[runId, version]}>
        {(page) => <ReportContent page={page} />}
      </WhenLoaded>
    </>
  );
}
