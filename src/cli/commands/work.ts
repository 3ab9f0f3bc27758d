import { type WorkOutcome } from '../../app/cluster/work-options.ts';
import { workOnRun } from '../../app/cluster/work-on-run.ts';
import type { RunEvent } from '../../core/event.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createProgress } from '../progress/create-progress.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { findRun } from '../stored-runs.ts';
import type { workOptions } from '../tables/work-options.ts';

export const work: CommandHandler<typeof workOptions> = async ({ arguments: names, options }, context) => {
  const { store, run } = await findRun(names, context);
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => local.meter[Symbol.asyncDispose]?.());
  context.interruption.finishBy('finishing requests in flight, then giving back what is left');
  let outcome: WorkOutcome | undefined;
  using progress = createProgress(context, run, []);
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
  for await (const event of keeping(events, (ended) => (outcome = ended))) progress.handle(event);
  progress[Symbol.dispose]();
  context.interruption.finishBy(undefined);
  if (outcome === undefined) return exitCodes.bug;
  context.output.record('worked', { runId: run.id, ...outcome });
  return exitCodeOf(outcome);
};

/** The events of a worker; how it ended is told behind them. */
async function* keeping(
  events: AsyncGenerator<RunEvent, WorkOutcome, void>,
  end: (outcome: WorkOutcome) => void,
): AsyncGenerator<RunEvent, void, void> {
  end(yield* events);
}

function exitCodeOf({ missing, isOtherHardware, failedCells }: WorkOutcome): number {
  if (missing.length > 0) return exitCodes.environment;
  if (isOtherHardware) return exitCodes.otherMachine;
  return failedCells > 0 ? exitCodes.someCellsFailed : exitCodes.done;
}
