import { extname } from 'node:path';
import { laddersOfRun } from '../../app/ladders-of-run.ts';
import { UsageError } from '../../core/errors.ts';
import { ladderFigure } from '../../page/figures/ladder-figure.ts';
import { ladderDocument } from '../../present/ladder-document.ts';
import type { Ladder } from '../../scoring/ladder.ts';
import { checkOutputs, type Target } from '../check-outputs.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { figureFormats, type FigureFormat } from '../figure-files.ts';
import type { CommandHandler } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { findRuns } from '../stored-runs.ts';
import type { ladderOptions } from '../tables/result-options.ts';
import { outputFiles, writeDocument, writeWhole } from '../write-outputs.ts';

interface FigureFile extends Target {
  readonly format: FigureFormat;
}

const formats = Object.keys(figureFormats) as readonly FigureFormat[];

/** Those files of `--out` that are charts. */
function figureFiles(context: CliContext): readonly FigureFile[] {
  return context.globals.out.flatMap((name) => {
    const format = formats.find((each) => extname(name).toLowerCase() === `.${each}`);
    return format === undefined ? [] : [{ name, path: context.path(name), format }];
  });
}

/** A chart is of one task. */
function drawnLadder(ladders: readonly Ladder[], [file]: readonly FigureFile[]): Ladder | undefined {
  const [first, second] = ladders;
  if (file === undefined || second === undefined) return first;
  const tasks = ladders.map(({ taskId }) => taskId).join(', ');
  throw new UsageError(`--out ${file.name}: a chart is of one task, and this run has ${ladders.length}: ${tasks}`, {
    hint: 'Name one with --task, or draw all with perbench figures.',
  });
}

export const ladder: CommandHandler<typeof ladderOptions> = async ({ arguments: names, options }, context) => {
  const { base, task, x, y, width: widthMm, dpi } = options;
  const charts = figureFiles(context);
  await checkOutputs(charts, context);
  const files = await outputFiles(
    context,
    'ladder',
    undefined,
    formats.map((format) => `.${format}`),
  );
  const { store, runs } = await findRuns(names, context);
  const [run] = runs;
  if (run === undefined) throw new Error('findRuns gives at least one run');
  const ladders = await laddersOfRun(store, run, { base, tasks: task, signal: context.interruption.signal });
  const drawn = drawnLadder(ladders, charts);
  const document = ladderDocument(ladders);
  printBlocks(document.screen, context);
  for (const one of ladders) context.output.record('ladder', one);
  await writeDocument(document, files, context);
  if (drawn === undefined) return exitCodes.done;
  const figure = ladderFigure(drawn, { x, y, widthMm });
  for (const { path, format } of charts) {
    await writeWhole(path, await figureFormats[format](figure, { widthMm, dpi, source: `Run ${run.id}` }));
    context.output.note(`wrote ${path}`);
  }
  return exitCodes.done;
};
