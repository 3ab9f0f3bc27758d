import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../src/core/store.ts';
import { keepByRun } from '../../src/cli/viewer/kept-by-run.ts';
import { createViewerApp } from '../../src/cli/viewer/viewer-app.ts';
import { compareRuns } from '../../src/app/compare-runs.ts';
import { taskTitles } from '../../src/app/known-tasks.ts';
import { reportRuns } from '../../src/app/report-runs.ts';
import { makePage } from '../../src/page/make-page.ts';
import type { LoadedPage } from '../../src/page/page-data.ts';
import { paperAnchors } from '../../src/scoring/anchors.ts';
import { judgeScoreboard } from '../../src/scoring/judge-scoreboard.ts';
import { scoreTable } from '../../src/formats/score-table.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { emptyFolder, hostileModel, storeRun } from '../setup/stored-cells.ts';

/** What a page is told about when it was made, and by what. */
export const made = { createdAtMs: Date.UTC(2026, 10, 24, 17), perbenchVersion: '0.1.0' };

/** A page of the paper's tables as `perbench score data/paper.csv` makes it: real numbers, and nothing of a run. */
export function paperPage(): LoadedPage {
  const text = readFileSync(new URL('../../data/paper.csv', import.meta.url), 'utf8');
  const { scoreboards } = scoreTable(text, { anchors: paperAnchors });
  return makePage({ scoreboards: scoreboards.map((board) => judgeScoreboard(board, {})) }, made);
}

/** A stored run, and a viewer that answers as over the network. */
export interface StoredPages extends AsyncDisposable {
  readonly runId: string;
  readonly page: LoadedPage;
  /** What the viewer's server answers, read as a browser reads it. */
  readonly get: <Answer>(path: string) => Promise<Answer>;
}

async function pageOf(store: Store, runId: string, folder: string): Promise<LoadedPage> {
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error(`no run ${runId}`);
  return makePage(await reportRuns(store, [run], { projectDir: folder }), made);
}

/** Opens a store with one run: by default two models on three tasks, four items each, one of the names hostile. */
export async function storedPages(fill: (store: Store) => Promise<string> = storeRun): Promise<StoredPages> {
  const folder = emptyFolder();
  const store = await openSqliteStore({ file: join(folder, 'own.db') });
  const runId = await fill(store);
  const app = createViewerApp({
    store,
    shell: '',
    hosts: () => ['localhost'],
    access: 'test',
    updates: { subscribe: () => () => undefined, [Symbol.asyncDispose]: async () => undefined } as never,
    titles: taskTitles,
    makePage: async () => pageOf(store, runId, folder),
    answers: keepByRun(store, async ({ id }) => `The answer of ${id}.`),
    compare: () => compareRuns(store, `${runId}:small-135m`, `${runId}:${hostileModel}`),
    signal: new AbortController().signal,
  });
  return {
    runId,
    page: await pageOf(store, runId, folder),
    async get<Answer>(path: string): Promise<Answer> {
      const response = await app.request(path, { headers: { host: 'localhost', cookie: 'perbench-viewer-=test' } });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Answer;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
