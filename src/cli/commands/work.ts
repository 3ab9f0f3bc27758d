import type { WorkOutcome } from '../../app/cluster/work-options.ts';
import { workOnRun } from '../../app/cluster/work-on-run.ts';
import type { RunEvent } from '../../core/event.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createProgress } from '../progress/create-progress.ts';
import type { Progress } from '../progress/progress.ts';
import type { StatusLine } from '../progress/status-line.ts';
import { findRun } from '../stored-runs.ts';
import type { workOptions } from '../tables/work-options.ts';

export const work: CommandHandler<typeof workOptions> = async ({ arguments: names, options }, context) => {
  const { store, run } = await findRun(names, context);
  using progress = createProgress(context, run, []);
  const local = await createLocalContext(context, statusNotes(progress));
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => local.meter[Symbol.asyncDispose]?.());
  context.interruption.finishBy('finishing requests in flight, then giving back what is left');
  const events = workOnRun(run, local, {
    store,
    signal: context.interruption.signal,
    models: options.model.length === 0 ? undefined : options.model,
    job: options.job,
    accuracyOnly: options.accuracyOnly,
    modelFolders: options.modelDir.map((folder) => context.path(folder)),
    dataDir: options.dataDir === undefined ? undefined : context.path(options.dataDir),
    waitMs: options.wait === undefined ? undefined : 1000 * options.wait,
    framesDrawn: () => progress.framesDrawn(),
    skipWait: context.onEnter,
  });
  const outcome = await follow(events, progress);
  context.interruption.finishBy(undefined);
  context.output.record('worked', { runId: run.id, ...outcome });
  return exitCodeOf(outcome);
};

/** What prepares models says it beside the display of the run: each file once. */
function statusNotes(progress: Progress): StatusLine {
  const told = new Set<string>();
  const once = (text: string): void => {
    if (!told.has(text)) progress.note(text);
    told.add(text);
  };
  return {
    step: () => undefined,
    pull: ({ phase, file }) => once(`${phase} ${file}`),
    probe: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

async function follow(events: AsyncGenerator<RunEvent, WorkOutcome, void>, progress: Progress): Promise<WorkOutcome> {
  while (true) {
    const { done, value } = await events.next();
    if (done === true) return value;
    progress.handle(value);
  }
}

function exitCodeOf({ missing, isOtherHardware, failedCells }: WorkOutcome): number {
  if (missing.length > 0) return exitCodes.environment;
  if (isOtherHardware) return exitCodes.otherMachine;
  return failedCells > 0 ? exitCodes.someCellsFailed : exitCodes.done;
}
