import { comparisonExporters } from '../../exporters/comparison-exporters.ts';
import { compareRuns } from '../../local/compare-runs.ts';
import { comparisonText } from '../comparison-text.ts';
import { documentFiles, writeDocuments } from '../document-files.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { openReadStore } from '../stored-runs.ts';
import type { compareOptions } from '../tables/decision-commands.ts';

export const compare: CommandHandler<typeof compareOptions> = async (
  { arguments: [nameA = '', nameB = ''], options },
  context,
) => {
  const { output, interruption } = context;
  const files = documentFiles(comparisonExporters, context);
  const store = await openReadStore(context);
  const comparison = await compareRuns(store, nameA, nameB, {
    tasks: options.task,
    signal: interruption.signal,
  });
  const items = options.all === true ? undefined : options.items;
  output.result(comparisonText(comparison, { items, styled: (text, style) => output.styled(text, style) }));
  const { cells, ...rest } = comparison;
  for (const cell of cells) output.record('comparison', cell);
  output.record('verdict', rest);
  await writeDocuments(files, comparison, context);
  return exitCodes.done;
};
