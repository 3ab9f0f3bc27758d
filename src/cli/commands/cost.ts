import { costsOfRun } from '../../app/costs-of-run.ts';
import { readPrices } from '../../app/prices-file.ts';
import { costDocument } from '../../present/cost-document.ts';
import { costFigure } from '../../page/figures/cost-figure.ts';
import { exitCodes } from '../exit-codes.ts';
import { drawnOutputs, drawnTask, writeFigureFiles } from '../figure-files.ts';
import type { CommandHandler } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { findRun } from '../stored-runs.ts';
import type { costOptions } from '../tables/cost-options.ts';
import { writeDocument } from '../write-outputs.ts';

export const cost: CommandHandler<typeof costOptions> = async ({ arguments: names, options }, context) => {
  const { charts, files } = await drawnOutputs(context, 'cost');
  const { load, idle, prices: pricesFile, electricity, task, width: widthMm, dpi, ...others } = options;
  const prices = pricesFile === undefined ? undefined : await readPrices(context.path(pricesFile), pricesFile);
  const { store, run } = await findRun(names, context);
  const costs = await costsOfRun(store, run, {
    ...others,
    prices,
    answersPerDay: load,
    paysIdle: idle === 'paid',
    electricityPrice: electricity,
    tasks: task,
    signal: context.interruption.signal,
  });
  const drawn = drawnTask(costs, charts);
  const document = costDocument(costs);
  printBlocks(document.screen, context);
  for (const one of costs) context.output.record('cost', one);
  await writeDocument(document, files, context);
  if (drawn === undefined) return exitCodes.done;
  await writeFigureFiles(charts, costFigure(drawn, widthMm), { widthMm, dpi, source: `Run ${run.id}` }, context);
  return exitCodes.done;
};
