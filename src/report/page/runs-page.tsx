import type { VNode } from 'preact';
import type { RunSummary } from '../viewer-data.ts';
import { DataTable, type TableColumn } from './data-table.tsx';
import { dateTime } from './format.ts';
import { useLoaded } from './use-loaded.ts';
import { Waiting, type ViewProps } from './waiting.tsx';

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
    render: ({ createdAtMs }) => dateTime(createdAtMs),
  },
  {
    id: 'models',
    heading: 'Models',
    align: 'right',
    sortValue: ({ models }) => models,
    text: ({ models }) => String(models),
    render: ({ models }) => models,
  },
  {
    id: 'tasks',
    heading: 'Tasks',
    align: 'right',
    sortValue: ({ tasks }) => tasks,
    text: ({ tasks }) => String(tasks),
    render: ({ tasks }) => tasks,
  },
  {
    id: 'cells',
    heading: 'Cells done',
    align: 'right',
    sortValue: ({ cells }) => cells.done ?? 0,
    text: cellsText,
    render: cellsText,
  },
];

/** Every run in the store, the newest first. */
export function RunsPage({ source, version }: ViewProps): VNode {
  const { value: runs, error } = useLoaded(() => source.runs(), [version]);
  if (runs === undefined) return <Waiting error={error} />;
  return (
    <section class="block">
      <header class="block-head">
        <div>
          <h1 class="small">Runs</h1>
        </div>
      </header>
      {runs.length === 0 ? (
        <p class="nothing">There are no runs in this store yet.</p>
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
