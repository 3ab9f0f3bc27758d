import { once } from 'node:events';
import { spawn } from 'node:child_process';
import type { RunRecord } from '../../core/store.ts';
import { compareRuns } from '../../app/compare-runs.ts';
import { taskTitles } from '../../app/known-tasks.ts';
import { reportRuns } from '../../app/report-runs.ts';
import { makePage } from '../../page/make-page.ts';
import type { Report } from '../../present/report.ts';
import { answersHeadline } from '../../scoring/answer-text.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { readShell } from '../report-page.ts';
import { project } from '../local-world.ts';
import { openReadStore } from '../stored-runs.ts';
import type { viewOptions } from '../tables/result-options.ts';
import { perbenchVersion } from '../version.ts';
import { createLiveUpdates } from '../viewer/live-updates.ts';
import { keepByRun } from '../viewer/kept-by-run.ts';
import { serveViewer } from '../viewer/serve-viewer.ts';

const updateMs = 1500;

export const view: CommandHandler<typeof viewOptions> = async ({ options }, context) => {
  const { output, interruption } = context;
  const store = await openReadStore(context);
  const shell = await readShell('viewer.html');
  const report = (run: RunRecord): Promise<Report> => reportRuns(store, [run], project(context));
  const pages = keepByRun(store, async (run) =>
    makePage(await report(run), { createdAtMs: Date.now(), perbenchVersion: perbenchVersion() }),
  );
  const updates = createLiveUpdates({
    store,
    intervalMs: updateMs,
    onError: (error) => output.warn(error instanceof Error ? error.message : String(error)),
  });
  await using viewer = await serveViewer({
    port: options.port,
    store,
    shell,
    updates,
    titles: taskTitles,
    makePage: (run) => pages.get(run),
    answers: keepByRun(store, async (run) => {
      const { answers } = await report(run);
      return answers && answersHeadline(answers);
    }),
    compare: (runA, runB) => compareRuns(store, runA, runB, { signal: interruption.signal }),
  });
  output.record('viewer', { address: viewer.address });
  output.result(`${viewer.address}  (press Ctrl-C to stop)`);
  if (options.open === true) openBrowser(viewer.address, context);
  interruption.expectEnd();
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
  return exitCodes.done;
};

const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: 'open', linux: 'xdg-open' };

/** Opens an address in the user's browser, or says that it can't. */
export function openBrowser(
  address: string,
  { output }: Pick<CliContext, 'output'>,
  platform: NodeJS.Platform = process.platform,
): void {
  const failed = (): void => output.note('could not open a browser; open the address above');
  const opener = openers[platform];
  if (opener === undefined) return failed();
  const child = spawn(opener, [address], { stdio: 'ignore', detached: true });
  child.on('error', failed);
  child.unref();
}
