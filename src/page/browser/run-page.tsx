import type { VNode } from 'preact';
import type { CellSummary } from '../viewer-data.ts';
import { Block } from './block.tsx';
import { dateTime, fixed, wholeNumber } from './format.ts';
import type { SampleLinks } from './item-lists.tsx';
import { useLoaded, Waiting, WhenLoaded, type ViewProps } from './loading.tsx';
import { Bar, ModelName } from './page-parts.tsx';
import { ReportContent } from './report-page.tsx';
import { CellsTable } from './tables.tsx';

/** Where the samples of a task are looked at: of one model, or of all side by side. */
function samplesLink({ runId, taskId }: Pick<CellSummary, 'runId' | 'taskId'>, only?: CellSummary): string {
  const query = new URLSearchParams({ task: taskId, ...(only !== undefined && { cells: only.id }) });
  return `#/runs/${encodeURIComponent(runId)}/samples?${query.toString()}`;
}

/** Where the items of a run's lists are, and the filters that show all of a list. */
export function sampleLinks(cells: readonly CellSummary[]): SampleLinks {
  const address = (taskId: string, query: Readonly<Record<string, string>>): string => {
    const [first] = cells;
    return `#/runs/${encodeURIComponent(first?.runId ?? '')}/samples?${new URLSearchParams({ task: taskId, ...query }).toString()}`;
  };
  return {
    item: (taskId, itemId) => address(taskId, { item: itemId }),
    list(taskId, which) {
      const own = cells.filter((cell) => cell.taskId === taskId && cell.state === 'done');
      if (which === 'disputed') return address(taskId, { differ: '1' });
      return address(taskId, { wrong: own.map(({ id }) => id).join(' ') });
    },
  };
}

const stateMarks: Readonly<Record<CellSummary['state'], string>> = {
  done: '✓',
  running: '…',
  pending: '',
  failed: '✗',
  unavailable: '–',
};

function CellBox({ cell }: { readonly cell: CellSummary | undefined }): VNode {
  if (cell === undefined) return <>–</>;
  const { model, state, answered, items, accuracy, error } = cell;
  const share = items === 0 ? 0 : answered / items;
  // Whose message it is stands at the beginning of the row.
  const reason = error?.message.replace(`${model}: `, '');
  const isOver = state === 'done';
  const shown =
    isOver && accuracy !== undefined ? fixed(accuracy, 3) : `${wholeNumber(answered)} / ${wholeNumber(items)}`;
  return (
    <span class={`cell ${state}`} title={reason ?? state} data-state={state}>
      <span class="number">
        <span aria-hidden="true">{stateMarks[state]} </span>
        <span class="off-screen">{state}: </span>
        {answered === 0 ? shown : <a href={samplesLink(cell, cell)}>{shown}</a>}
      </span>
      {isOver ? <Bar share={accuracy} /> : <Bar share={share} isStrong />}
      {reason === undefined ? null : <span class="reason">{reason}</span>}
    </span>
  );
}

/** The tasks of some cells, each with its title. */
export function taskTitles(cells: readonly CellSummary[]): readonly (readonly [taskId: string, title: string])[] {
  return [...new Map(cells.map(({ taskId, title }) => [taskId, title ?? taskId]))];
}

/** Models by tasks: how far each cell is, and a way into its samples. */
export function CellGrid({ cells, runId }: { readonly cells: readonly CellSummary[]; readonly runId: string }): VNode {
  const tasks = taskTitles(cells);
  const models = Map.groupBy(cells, ({ model }) => model);
  const rows = Array.from(models, ([model, own]) => ({
    key: model,
    cells: [
      <ModelName key="model" name={model} />,
      ...tasks.map(([taskId]) => <CellBox key={taskId} cell={own.find((cell) => cell.taskId === taskId)} />),
    ],
  }));
  const all = {
    key: '',
    cells: [
      'All models',
      ...tasks.map(([taskId, title]) => (
        <a key={taskId} href={samplesLink({ runId, taskId })}>
          side by side<span class="off-screen"> on {title}</span>
        </a>
      )),
    ],
  };
  return (
    <Block
      id="cells"
      title="Cells"
      subtitle="Accuracy of finished cells, progress of the others. Click a number to see its samples."
    >
      <CellsTable
        caption="Cells of the run"
        headings={[{ text: 'Model' }, ...tasks.map(([id, title]) => ({ text: title, help: id }))]}
        rows={models.size < 2 ? rows : [...rows, all]}
      />
    </Block>
  );
}

/** One run: its cells as they fill, and the report of what is done. */
export function RunPage({ source, version, runId }: ViewProps & { readonly runId: string }): VNode {
  const cells = useLoaded(() => source.cells(runId), [runId, version]);
  const { value: run } = useLoaded(() => source.run(runId), [runId, version]);
  if (cells.value === undefined) return <Waiting error={cells.error} />;
  return (
    <>
      <div class="crumbs">
        <a href="#/runs">Runs</a> / <span>{runId}</span>
        {run === undefined ? null : (
          <span class="count">
            <bdi>{run.name}</bdi> · {dateTime(run.createdAtMs)} · {run.status}
          </span>
        )}
        {(run?.models.length ?? 0) < 2 ? null : (
          <a class="count" href={`#/compare?${new URLSearchParams({ a: runId }).toString()}`}>
            Compare two of its models
          </a>
        )}
      </div>
      <CellGrid cells={cells.value} runId={runId} />
      {/* Asked for after the cells, which are there at once while this takes a bootstrap. */}
      <WhenLoaded load={() => source.page(runId)} keys={[runId, version]}>
        {(page) => <ReportContent page={page} links={sampleLinks(cells.value ?? [])} />}
      </WhenLoaded>
    </>
  );
}
