import { isExportedName } from '../../app/compared-run.ts';
import { type CostOptions, costsOfFile, costsOfRun } from '../../app/costs-of-run.ts';
import { readPrices } from '../../app/prices-file.ts';
import type { TaskCosts } from '../../scoring/cost.ts';
import { costDocument } from '../../present/cost-document.ts';
import { costFigure } from '../../page/figures/cost-figure.ts';
import { exitCodes } from '../exit-codes.ts';
import { drawnOutputs, drawnTask, writeFigureFiles } from '../figure-files.ts';
import type { CommandHandler } from '../options/command.ts';
import type { OptionValues } from '../options/option.ts';
import type { CliContext } from '../context.ts';
import { printBlocks } from '../print-document.ts';
import { findRun } from '../stored-runs.ts';
import { answersPerDay, type costOptions } from '../tables/cost-options.ts';
import { writeDocument } from '../write-outputs.ts';

type Options = OptionValues<typeof costOptions>;

/** Says of flags that they change nothing without another. */
function tellIdleFlags({ pue, electricity, cachedShare, tokensOf, prices }: Options, { output }: CliContext): void {
  if (pue !== 1 && electricity === undefined) output.warn('--pue changes nothing without --electricity');
  if (prices !== undefined) return;
  if (cachedShare !== 0) output.warn('--cached-share changes nothing without --prices');
  if (tokensOf !== undefined) output.warn('--tokens-of changes nothing without --prices');
}

/** Of a run of the store, or of one that was exported. */
async function costsOf(
  names: readonly string[],
  wanted: CostOptions,
  context: CliContext,
): Promise<readonly TaskCosts[]> {
  const [name] = names;
  if (name !== undefined && isExportedName(name)) return costsOfFile(context.path(name), name, wanted);
  const { store, run } = await findRun(names, context);
  return costsOfRun(store, run, wanted);
}

export const cost: CommandHandler<typeof costOptions> = async ({ arguments: names, options }, context) => {
  const { charts, files } = await drawnOutputs(context, 'cost');
  const { load, idle, prices: pricesFile, electricity, task, width: widthMm, dpi, ...others } = options;
  tellIdleFlags(options, context);
  const prices = pricesFile === undefined ? undefined : await readPrices(context.path(pricesFile), pricesFile);
  const wanted: CostOptions = {
    ...others,
    prices,
    answersPerDay: answersPerDay(load, options.dutyCycle),
    paysIdle: idle === 'paid',
    electricityPrice: electricity,
    tasks: task,
    signal: context.interruption.signal,
  };
  const costs = await costsOf(names, wanted, context);
  const drawn = drawnTask(costs, charts);
  const document = costDocument(costs);
  printBlocks(document.screen, context);
  for (const one of costs) context.output.record('cost', one);
  await writeDocument(document, files, context);
  if (drawn === undefined) return exitCodes.done;
  await writeFigureFiles(charts, costFigure(drawn, widthMm), { widthMm, dpi, source: `Run ${drawn.runId}` }, context);
  return exitCodes.done;
};
