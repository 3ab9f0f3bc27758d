import { laddersOfRun } from '../../app/ladders-of-run.ts';
import { ladderFigure } from '../../page/figures/ladder-figure.ts';
import { ladderDocument } from '../../present/ladder-document.ts';
import { exitCodes } from '../exit-codes.ts';
import { drawnOutputs, drawnTask, writeFigureFiles } from '../figure-files.ts';
import type { CommandHandler } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { findRun, perbenchCommand } from '../stored-runs.ts';
import type { ladderOptions } from '../tables/result-options.ts';
import { writeDocument } from '../write-outputs.ts';

export const ladder: CommandHandler<typeof ladderOptions> = async ({ arguments: names, options }, context) => {
  const { base, task, x, y, width: widthMm, dpi } = options;
  const { charts, files } = await drawnOutputs(context, 'ladder');
  const { store, run } = await findRun(names, context);
  const ladders = await laddersOfRun(store, run, { base, tasks: task, signal: context.interruption.signal });
  const drawn = drawnTask(ladders, charts, ', or draw all with perbench figures');
  const document = ladderDocument(ladders);
  printBlocks(document.screen, context);
  for (const one of ladders) context.output.record('ladder', one);
  const without = ladders.find(({ lossSource }) => lossSource === undefined);
  if (without !== undefined && run.manifest.imported === undefined)
    context.output.note(`to take losses: ${perbenchCommand(['loss', run.id, '--base', without.base], context)}`);
  await writeDocument(document, files, context);
  if (drawn === undefined) return exitCodes.done;
  const figure = ladderFigure(drawn, { x, y, widthMm });
  await writeFigureFiles(charts, figure, { widthMm, dpi, source: `Run ${run.id}` }, context);
  return exitCodes.done;
};
