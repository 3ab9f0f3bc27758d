import { planRace } from '../../local/plan-race.ts';
import { prepareRun } from '../../local/prepare-run.ts';
import { executePlan } from '../execute-plan.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import type { RunRecord } from '../../core/store.ts';
import type { CliContext } from '../context.ts';
import { findRuns } from '../stored-runs.ts';
import type { storedRunOptions } from '../tables/measure-options.ts';
import { outputFiles } from '../write-outputs.ts';

export const resume: CommandHandler<typeof storedRunOptions> = async ({ arguments: names, options }, context) => {
  const files = outputFiles(context, 'report');
  const run = await runToResume(names, context);
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const dataDir = options.dataDir === undefined ? run.suite.dataDir : context.path(options.dataDir);
  const suite = { ...run.suite, ...(dataDir !== undefined && { dataDir }) };
  const prepared = await prepareRun(suite, local, context.interruption.signal).finally(() => status[Symbol.dispose]());
  const plan = await planRace(prepared, { stored: run.manifest.race });
  return executePlan(plan, local, context, { files, resumeId: run.id, retryFailed: true });
};

/** The run that was named; else the newest unfinished one; else the newest, whose failed cells may be tried again. */
async function runToResume(names: readonly string[], context: CliContext): Promise<RunRecord> {
  const { store, runs } = await findRuns(names, context);
  const unfinished = names.length > 0 ? undefined : await store.latestRun({ status: ['running', 'interrupted'] });
  const run = unfinished ?? runs[0];
  if (run === undefined) throw new Error('findRuns gives at least one run');
  return run;
}
