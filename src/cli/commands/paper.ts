import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { paperClaimsCsv, paperJson, paperTablesCsv, paperMarkdown } from '../../paper/paper-documents.ts';
import { paperTerminal } from '../../paper/paper-terminal.ts';
import type { Figure } from '../../report/figures/render-svg.ts';
import { paperFigure } from '../../paper/paper-figure.ts';
import { auditPaper, type PaperAudit } from '../../paper/audit-paper.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { terminalStyle, terminalWidth } from '../print-document.ts';
import type { paperOptions } from '../tables/result-options.ts';
import { figurePng, figureSvg, type FigureSettings } from '../write-figures.ts';
import { writeWhole } from '../write-outputs.ts';

/** What the command can write; a folder gets all of it. */
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
  { name: 'figure-1.svg', ending: '.svg', render: async ({ figure, settings }) => figureSvg(figure, settings) },
  { name: 'figure-1.png', ending: '.png', render: async ({ figure, settings }) => figurePng(figure, settings) },
];

export const paper: CommandHandler<typeof paperOptions> = async ({ options }, context) => {
  const targets = outputTargets(context);
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
function outputTargets(context: CliContext): readonly { readonly path: string; readonly file: PaperFile }[] {
  return context.globals.out.flatMap((name) => {
    const path = context.path(name);
    if (extname(name) === '') return files.map((file) => ({ path: join(path, file.name), file }));
    // The longest ending wins: claims.csv is also a .csv.
    const file = files.findLast(({ ending }) => name.endsWith(ending));
    if (file !== undefined) return [{ path, file }];
    throw new UsageError(`--out ${name}: "${extname(name)}" is no format`, {
      hint: 'Use .md .json .csv .svg .png, claims.csv for the claims, or a folder for all of them.',
    });
  });
}
