import { costsOfRun } from '../../app/costs-of-run.ts';
import { readPrices } from '../../app/prices-file.ts';
import { costDocument } from '../../present/cost-document.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { findRun } from '../stored-runs.ts';
import type { costOptions } from '../tables/cost-options.ts';
import { outputFiles, writeDocument } from '../write-outputs.ts';

export const cost: CommandHandler<typeof costOptions> = async ({ arguments: names, options }, context) => {
  const files = await outputFiles(context, 'cost');
  const { load, idle, prices: pricesFile, electricity, task, ...others } = options;
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
  const document = costDocument(costs);
  printBlocks(document.screen, context);
  for (const one of costs) context.output.record('cost', one);
  await writeDocument(document, files, context);
  return exitCodes.done;
};
