import type { VNode } from 'preact';
import type { CellSummary } from '../viewer-data.ts';
import { Bar } from './bar.tsx';
import { dateTime, fixed, wholeNumber } from './format.ts';
import { PlainTable } from './plain-table.tsx';
import { ReportContent } from './report-page.tsx';
import { useLoaded } from './use-loaded.ts';
import { Waiting, type ViewProps } from './waiting.tsx';

/** Where the samples of a cell are looked at. */
function samplesLink(runId: string, taskId: string, cellIds: readonly string[]): string {
  const query = new URLSearchParams({ task: taskId, cells: cellIds.join(' ') });
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
        {answered === 0 ? shown : <a href={samplesLink(runId, cell.taskId, [cell.id])}>{shown}</a>}
      </span>
      {isOver ? <Bar share={accuracy} /> : <Bar share={share} isStrong />}
      {error === undefined ? null : <span class="reason">{error.message}</span>}
    </td>
  );
}

function idsOf(cells: readonly CellSummary[], taskId: string): readonly string[] {
  return cells.filter((cell) => cell.taskId === taskId).map(({ id }) => id);
}

/** Models by tasks: how far each cell is, and a way into its samples. */
function CellGrid({ cells, runId }: { readonly cells: readonly CellSummary[]; readonly runId: string }): VNode {
  const tasks = [...new Map(cells.map(({ taskId, title }) => [taskId, title ?? taskId]))];
  const models = [...new Set(cells.map(({ model }) => model))];
  return (
    <section class="block" aria-labelledby="cells-heading">
      <header class="block-head">
        <div>
          <h2 id="cells-heading">Cells</h2>
          <p class="subtitle">Accuracy of what is done, items answered of what isn’t. A number leads to its samples.</p>
        </div>
      </header>
      <PlainTable
        caption="Cells of the run"
        headings={[{ text: 'Model' }, ...tasks.map(([id, title]) => ({ text: title, help: id }))]}
        foot={
          <tr>
            <td />
            {tasks.map(([taskId]) => (
              <td key={taskId}>
                <a href={samplesLink(runId, taskId, idsOf(cells, taskId))}>all models side by side</a>
              </td>
            ))}
          </tr>
        }
      >
        {models.map((model) => (
          <tr key={model}>
            <th scope="row">
              <span class="model">
                <bdi>{model}</bdi>
              </span>
            </th>
            {tasks.map(([taskId]) => (
              <CellBox
                key={taskId}
                runId={runId}
                cell={cells.find((cell) => cell.model === model && cell.taskId === taskId)}
              />
            ))}
          </tr>
        ))}
      </PlainTable>
    </section>
  );
}

/** The report of what is done; asked for after the cells, which are there at once while this takes a bootstrap. */
function RunReport({ source, version, runId }: ViewProps & { readonly runId: string }): VNode {
  const { value, error } = useLoaded(() => source.page(runId), [runId, version]);
  return value === undefined ? <Waiting error={error} /> : <ReportContent page={value} />;
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
      <RunReport source={source} version={version} runId={runId} />
    </>
  );
}
