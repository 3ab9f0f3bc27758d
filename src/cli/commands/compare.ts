import { comparisonDocument } from '../../present/comparison-document.ts';
import { compareRuns } from '../../local/compare-runs.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { openReadStore } from '../stored-runs.ts';
import type { compareOptions } from '../tables/decision-options.ts';
import { outputFiles, writeDocument } from '../write-outputs.ts';

export const compare: CommandHandler<typeof compareOptions> = async (
  { arguments: [nameA = '', nameB = ''], options },
  context,
) => {
  const { output, interruption } = context;
  const files = outputFiles(context, 'comparison');
  const store = await openReadStore(context);
  const comparison = await compareRuns(store, nameA, nameB, {
    tasks: options.task,
    signal: interruption.signal,
  });
  const document = comparisonDocument(comparison, options.all === true ? undefined : options.items);
  printBlocks(document.screen, context);
  const { cells, ...rest } = comparison;
  for (const cell of cells) output.record('comparison', cell);
  output.record('verdict', rest);
  await writeDocument(document, files, context);
  return exitCodes.done;
};
