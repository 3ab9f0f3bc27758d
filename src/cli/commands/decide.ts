import { UsageError } from '../../core/errors.ts';
import { decisionDocument } from '../../present/decision-document.ts';
import { decideRun, decideTable } from '../../local/decide-run.ts';
import type { Decision } from '../../scoring/decision.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { project } from '../local-world.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { readTable, tableName } from '../read-table.ts';
import { constraintsOf } from '../scoring.ts';
import { findRuns } from '../stored-runs.ts';
import type { decideOptions } from '../tables/decision-options.ts';
import { outputFiles, writeDocument } from '../write-outputs.ts';

export const decide: CommandHandler<typeof decideOptions> = async (input, context) => {
  if (input.options.table !== undefined && input.arguments.length > 0) {
    throw new UsageError('a run and a table were named', { hint: 'Name one of them.' });
  }
  const files = outputFiles(context, 'decision');
  const decision = await decisionOf(input, context);
  const document = decisionDocument(decision);
  printBlocks(document.screen, context);
  context.output.record('decision', { answer: document.verdict, ...decision });
  await writeDocument(document, files, context);
  return endOf(decision);
};

async function decisionOf(
  { arguments: names, options }: CommandInput<typeof decideOptions>,
  context: CliContext,
): Promise<Decision> {
  const { table, task, score, anchors, weights, pricePerHour } = options;
  const asked = {
    ...project(context),
    tasks: task,
    score: score === 'per-a' ? ('PER-A' as const) : ('PER-paper' as const),
    constraints: constraintsOf(options),
    anchors,
    weights,
    pricePerHour,
  };
  if (table !== undefined) return decideTable(await readTable(table, context), { ...asked, file: tableName(table) });
  const { store, runs } = await findRuns(names, context);
  const [run] = runs;
  if (run === undefined) throw new UsageError('no run to decide on');
  return decideRun(store, run, asked);
}

function endOf({ outcome }: Decision): number {
  const codes = {
    recommended: exitCodes.done,
    'none-qualify': exitCodes.gateFailed,
    'no-valid-model': exitCodes.someCellsFailed,
  } as const;
  return codes[outcome];
}
