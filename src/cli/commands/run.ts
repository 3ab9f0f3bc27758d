import { checkRace, planRace, raceQuestionOf } from '../../local/plan-race.ts';
import { prepareRun } from '../../local/prepare-run.ts';
import { resolveAnchors } from '../../local/resolve-anchors.ts';
import { readHostFacts } from '../../meters/host-facts.ts';
import { memoryLimitBytes } from '../../meters/host-limits.ts';
import type { AnchorSet } from '../../scoring/anchors.ts';
import type { CliContext } from '../context.ts';
import { executePlan } from '../execute-plan.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { suiteOfCommand } from '../suite-file/suite-of-command.ts';
import type { runOptions } from '../tables/measure-options.ts';
import { outputFiles } from '../write-outputs.ts';
import { showPlan } from './plan.ts';

export const run: CommandHandler<typeof runOptions> = async (input, context) => {
  if (input.options.dryRun === true) return showPlan(input, context, 'never');
  const files = outputFiles(context, 'report');
  const { suite } = await suiteOfCommand(input, context);
  const question = raceQuestionOf(suite);
  const anchors = question?.goal === 'winner' ? await anchorsForRun(input.options.anchors, context) : undefined;
  await checkRace(suite, anchors);
  if (question?.limits.withinBest !== undefined) {
    context.output.note(
      'to know the best, every model is launched, and dear ones are asked too: a gate such as accuracy >= 0.7 costs far less',
    );
  }
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const prepared = await prepareRun(suite, local, context.interruption.signal).finally(() => status[Symbol.dispose]());
  const plan = await planRace(prepared, { anchors, memoryLimitBytes: memoryLimitBytes() });
  return executePlan(plan, local, context, {
    files,
    isFresh: input.options.fresh === true,
    anchors: input.options.anchors,
  });
};

/** The anchors of `--anchors`, of the project, or of a host without a GPU. */
async function anchorsForRun(choice: string | undefined, context: CliContext): Promise<AnchorSet | undefined> {
  const { gpus } = await readHostFacts();
  const hostClass = gpus.length === 0 ? 'cpu' : undefined;
  return resolveAnchors({ choice, projectDir: context.workingFolder, hostClass });
}
