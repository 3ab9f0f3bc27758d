import type { Hono } from 'hono';
import type { Cell } from '../../core/cell.ts';
import { UsageError } from '../../core/errors.ts';
import type { RunRecord } from '../../core/store.ts';
import { maxRuns, type CellSummary, type RunsPage, type RunSummary } from '../../page/viewer-data.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import { type ViewerParts, wantedRun } from './viewer-parts.ts';

const pageRuns = 50;

/** @throws {UsageError} if it isn't a number of runs */
function wantedRuns(text: string | undefined): number {
  const limit = Number(text ?? pageRuns);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxRuns) return limit;
  throw new UsageError(`limit: expected 1 to ${maxRuns}, got "${text}"`);
}

export function addRuns(app: Hono, parts: ViewerParts): void {
  const { store, answers, makePage } = parts;
  app.get('/api/runs', async (context) => {
    const search = context.req.query('search') ?? '';
    const runs = await store.listRuns({ search, limit: wantedRuns(context.req.query('limit')) });
    const summaries = await Promise.all(runs.map((run) => summarizeRun(parts, run)));
    const page: RunsPage = { runs: summaries, count: await store.countRuns({ search }) };
    return context.json(page);
  });
  app.get('/api/run-heads', async (context) => context.json(await store.runHeads()));
  app.get('/api/runs/:id', async (context) => {
    const { data, numbers } = await makePage(await wantedRun(store, context.req.param('id')));
    const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return context.json({ data, numbers: bytes.toString('base64') });
  });
  app.get('/api/runs/:id/summary', async (context) =>
    context.json(await summarizeRun(parts, await wantedRun(store, context.req.param('id')))),
  );
  app.get('/api/runs/:id/answer', async (context) =>
    context.json({ answer: await answers.get(await wantedRun(store, context.req.param('id'))) }),
  );
  app.get('/api/runs/:id/cells', async (context) => {
    const run = await wantedRun(store, context.req.param('id'));
    return context.json(await summarizeCells(parts, run));
  });
}

function distinct<Value>(cells: readonly Cell[], read: (cell: Cell) => Value): readonly Value[] {
  return [...new Set(cells.map(read))];
}

async function summarizeRun({ store, titles, answers }: ViewerParts, run: RunRecord): Promise<RunSummary> {
  const cells = await store.cells(run.id);
  const counts: Partial<Record<Cell['state'], number>> = {};
  for (const { state } of cells) counts[state] = (counts[state] ?? 0) + 1;
  const taskIds = distinct(cells, ({ taskId }) => taskId);
  const known = await titles(taskIds, [run]);
  const { id, name, createdAtMs, status, protocol, manifest } = run;
  return {
    id,
    name,
    createdAtMs,
    status,
    protocol,
    models: distinct(cells, ({ model }) => model),
    tasks: taskIds.map((taskId) => known.get(taskId) ?? taskId),
    cells: counts,
    host: manifest.imported === undefined ? manifest.host : undefined,
    answer: answers.known(run, cells),
  };
}

/** The cells of a run with how far they are. */
async function summarizeCells({ store, titles }: ViewerParts, run: RunRecord): Promise<readonly CellSummary[]> {
  const { id: runId } = run;
  const cells = await store.cells(runId);
  const known = await titles(
    distinct(cells, ({ taskId }) => taskId),
    [run],
  );
  const counts = await store.sampleCounts(runId);
  return cells.map(({ id, model, taskId, state, items, error, measurements }) => ({
    id,
    runId,
    model,
    taskId,
    title: known.get(taskId),
    state,
    items,
    answered: counts.get(id) ?? 0,
    accuracy: valueOf(measurements.accuracy),
    error,
  }));
}
