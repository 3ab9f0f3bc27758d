import {
  quickstartModels,
  prepareQuickstart,
  quickstartLeastItems,
  type QuickstartPlan,
} from '../../local/quickstart.ts';
import { sizeText, roughRange } from '../../core/amount-text.ts';
import type { CliContext } from '../context.ts';
import { executePlan } from '../execute-plan.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import type { quickstartOptions } from '../tables/measure-options.ts';
import { outputFiles } from '../write-outputs.ts';

export const quickstart: CommandHandler<typeof quickstartOptions> = async ({ options: { minutes } }, context) => {
  const named = outputFiles(context, 'report');
  const { output } = context;
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const models = await quickstartModels(local);
  output.record('quickstart', { minutes, models });
  output.note(`Three small models on perbench's built-in mini set, in about ${minutes} minutes, downloads aside.`);
  for (const { name, bytesToFetch } of models) {
    output.note(`  ${name}: ${bytesToFetch === 0 ? 'is here' : `${sizeText(bytesToFetch)} to fetch`}`);
  }
  const prepared = await prepareQuickstart(minutes * 60_000, local, context.interruption.signal).finally(() =>
    status[Symbol.dispose](),
  );
  explainFit(prepared, minutes, context);
  const exitCode = await executePlan(prepared.plan, local, context, { files: named });
  if (context.interruption.exitCode !== undefined) return exitCode;
  output.note('These are scores on the mini set, which perbench wrote for a first look: they are no benchmark scores.');
  return exitCode;
};

function explainFit({ probed, probeLimitMs }: QuickstartPlan, minutes: number, { output }: CliContext): void {
  if (probed === undefined) {
    output.record('fit', { items: quickstartLeastItems, isOver: true, isAll: false });
    output.note(
      `The probe was stopped after ${Math.round(probeLimitMs / 1000)} s: this machine is so slow, or so busy, that ` +
        `${quickstartLeastItems} items a task take longer than ${minutes} minutes, and fewer say nothing.`,
    );
    return;
  }
  const { items, estimate, isOver, isAll } = probed.fit;
  const time = roughRange(estimate.lowMs, estimate.highMs);
  const by = `a probe of ${Math.round(probed.probe.durationMs / 1000)} s`;
  output.record('fit', { items, estimate, isOver, isAll });
  if (isOver) {
    output.note(
      `${by} says that even ${items} items a task take ${time}: fewer than ${quickstartLeastItems} say nothing.`,
    );
  } else if (isAll) {
    output.note(`All ${items} items of each task, which take ${time} by ${by}.`);
  } else {
    output.note(`${items} items of each task, as many as fit into ${minutes} minutes by ${by}: ${time}.`);
  }
}
