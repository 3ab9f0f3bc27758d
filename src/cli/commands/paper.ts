import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { paperClaimsCsv, paperFigure, paperJson, paperTablesCsv, paperMarkdown } from '../../paper/paper-documents.ts';
import { paperTerminal } from '../../paper/paper-terminal.ts';
import type { Figure } from '../../page/figures/render-svg.ts';
import { auditPaper, type PaperAudit } from '../../paper/audit-paper.ts';
import { checkOutputs, type Target } from '../check-outputs.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { figureFormats, type FigureSettings } from '../figure-files.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { terminalStyle, terminalWidth } from '../print-document.ts';
import type { paperOptions, figuresOptions } from '../tables/result-options.ts';
import { writeWhole } from '../write-outputs.ts';
import { isTaskNamed } from '../../app/known-tasks.ts';
import { reportRuns } from '../../app/report-runs.ts';
import { parametersInName } from '../../page/charts/accuracy-by-size.ts';
import { statedSizes } from '../../page/charts/scoreboard-data.ts';
import { scoreboardFigures } from '../../page/figures/scoreboard-figures.ts';
import { catalogue } from '../../sources/catalogue.ts';
import { scoreTable } from '../../formats/score-table.ts';
import type { Ladder } from '../../scoring/ladder.ts';
import type { Scoreboard } from '../../scoring/scoreboard.ts';
import { readTable, tableName } from '../read-table.ts';
import { project } from '../local-world.ts';
import { findRuns } from '../stored-runs.ts';

/** A file that `perbench paper` can write; a folder gets all of them. */
interface PaperFile {
  readonly name: string;
  readonly ending: string;
  readonly render: (sources: PaperSources) => string | Promise<string | Uint8Array>;
}

interface PaperSources {
  readonly audit: PaperAudit;
  readonly figure: Figure;
  readonly settings: FigureSettings;
}

const files: readonly PaperFile[] = [
  { name: 'paper.md', ending: '.md', render: ({ audit }) => paperMarkdown(audit) },
  { name: 'paper.json', ending: '.json', render: ({ audit }) => paperJson(audit) },
  { name: 'tables.csv', ending: '.csv', render: ({ audit }) => paperTablesCsv(audit) },
  { name: 'claims.csv', ending: 'claims.csv', render: ({ audit }) => paperClaimsCsv(audit) },
  { name: 'figure-1.svg', ending: '.svg', render: async ({ figure, settings }) => figureFormats.svg(figure, settings) },
  { name: 'figure-1.pdf', ending: '.pdf', render: async ({ figure, settings }) => figureFormats.pdf(figure, settings) },
  { name: 'figure-1.png', ending: '.png', render: async ({ figure, settings }) => figureFormats.png(figure, settings) },
];

export const paper: CommandHandler<typeof paperOptions> = async ({ options }, context) => {
  const targets = outputTargets(context);
  await checkOutputs(targets, context);
  const audit = auditPaper(await readFile(new URL('../../../data/paper.csv', import.meta.url), 'utf8'));
  const { output } = context;
  output.result(paperTerminal(audit, { width: terminalWidth(context), style: terminalStyle(context) }).trimEnd());
  for (const one of audit.recomputed) output.record('table-cell', one);
  for (const one of audit.scaling) output.record('scaling', one);
  for (const one of audit.claims) output.record('claim', one);
  const settings = { widthMm: options.width, dpi: options.dpi, source: "From the paper's Tables 1 and 2" };
  const sources = { audit, figure: paperFigure(audit.table, options.width), settings };
  for (const { path, file } of targets) {
    await writeWhole(path, await file.render(sources));
    output.note(`wrote ${path}`);
  }
  return exitCodes.done;
};

/** Files of `--out`, before anything is computed. */
function outputTargets(context: CliContext): readonly (Target & { readonly file: PaperFile })[] {
  return context.globals.out.flatMap((name) => {
    const path = context.path(name);
    if (extname(name) === '') return files.map((file) => ({ name, path: join(path, file.name), file }));
    // The longest ending wins: claims.csv is also a .csv.
    const file = files.findLast(({ ending }) => name.endsWith(ending));
    if (file !== undefined) return [{ name, path, file }];
    throw new UsageError(`--out ${name}: unknown format "${extname(name)}"`, {
      hint: 'Use .md, .json, .csv, .svg, .pdf or .png, claims.csv for the claims, or a folder for all of them.',
    });
  });
}

interface Drawable {
  readonly boards: readonly Scoreboard[];
  readonly source: string;
  readonly parameters: ReadonlyMap<string, number>;
  readonly ladders?: readonly Ladder[] | undefined;
}

export const figures: CommandHandler<typeof figuresOptions> = async (input, context) => {
  const folder = await figureFolder(context);
  const { width, dpi, task } = input.options;
  const { boards, source, parameters, ladders } = await drawable(input, context);
  if (boards.length === 0) {
    throw new UsageError(`nothing to draw${task.length > 0 ? ` for ${task.join(', ')}` : ''}`, {
      hint: 'List the tasks with perbench report.',
    });
  }
  const parametersOf = (model: string): number | undefined =>
    parameters.get(model) ?? parametersInName(model) ?? catalogueParameters(model);
  const made = scoreboardFigures(boards, { widthMm: width, parametersOf, ladders });
  await writeFigures(folder, made, { widthMm: width, dpi, source }, context);
  return exitCodes.done;
};

async function figureFolder(context: CliContext): Promise<string> {
  const [folder = 'figures', second] = context.globals.out;
  if (second !== undefined)
    throw new UsageError('--out: expected one folder for all figures', { hint: 'Pass --out once.' });
  if (extname(folder) !== '') {
    throw new UsageError(`--out ${folder}: expected a folder`, { hint: 'Name a folder, such as figures.' });
  }
  await checkOutputs([{ name: folder, path: join(context.path(folder), 'figure.svg') }], context);
  return context.path(folder);
}

async function drawable(
  { arguments: names, options }: CommandInput<typeof figuresOptions>,
  context: CliContext,
): Promise<Drawable> {
  if (options.table !== undefined) {
    if (names.length > 0) {
      throw new UsageError('both --table and runs were given', { hint: 'Give one of them.' });
    }
    const file = tableName(options.table);
    const { scoreboards } = scoreTable(await readTable(options.table, context), { file });
    return {
      boards: scoreboards.filter(({ taskId }) => isTaskNamed(taskId, options.task)),
      source: `Table ${file}`,
      parameters: new Map(),
    };
  }
  const { store, runs } = await findRuns(names, context);
  const report = await reportRuns(store, runs, { ...project(context), tasks: options.task });
  const ids = runs.map(({ id }) => id).join(', ');
  return { boards: report.scoreboards, source: `Run ${ids}`, parameters: statedSizes(runs), ladders: report.ladders };
}

/** Sizes of models whose names state none, such as the paper's Phi-3.5. */
function catalogueParameters(model: string): number | undefined {
  return catalogue.find(({ name, paperName }) => name === model || paperName === model)?.parameters;
}

/** Writes each figure in every format into a folder. */
async function writeFigures(
  folder: string,
  drawn: readonly Figure[],
  settings: FigureSettings,
  context: CliContext,
): Promise<void> {
  for (const figure of drawn) {
    context.interruption.signal.throwIfAborted();
    const written: Record<string, string> = {};
    for (const [ending, draw] of Object.entries(figureFormats)) {
      written[ending] = join(folder, `${figure.name}.${ending}`);
      await writeWhole(written[ending], await draw(figure, settings));
    }
    context.output.result(Object.values(written).join('\n'));
    context.output.record('figure', { name: figure.name, title: figure.title, ...written, widthMm: settings.widthMm });
  }
}
