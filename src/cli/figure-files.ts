import { extname } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { loadChartFont } from '../page/figures/chart-font.ts';
import { renderPdf } from '../page/figures/render-pdf.ts';
import { renderPng } from '../page/figures/render-png.ts';
import { type Figure, renderSvg } from '../page/figures/render-svg.ts';
import { checkOutputs, type Target } from './check-outputs.ts';
import type { CliContext } from './context.ts';
import { perbenchVersion } from './version.ts';
import { outputFiles, type OutputFile, writeWhole } from './write-outputs.ts';

export interface FigureSettings {
  readonly widthMm: number;
  readonly dpi: number;
  /** Where the numbers come from, such as the ids of runs. */
  readonly source: string;
}

/** The footer that figures carry in their metadata. */
function provenance({ title }: Figure, { source }: FigureSettings): string {
  return `${title}. ${source}. perbench ${perbenchVersion()}`;
}

/** A figure as an SVG file with its font embedded. */
async function figureSvg(figure: Figure, settings: FigureSettings): Promise<string> {
  const font = await loadChartFont();
  return renderSvg(figure.chart, { widthMm: settings.widthMm, font, provenance: provenance(figure, settings) });
}

async function figurePng(figure: Figure, settings: FigureSettings): Promise<Uint8Array> {
  const svg = renderSvg(figure.chart, { widthMm: settings.widthMm });
  return renderPng(svg, { dpi: settings.dpi, provenance: provenance(figure, settings) });
}

async function figurePdf(figure: Figure, settings: FigureSettings): Promise<Uint8Array> {
  const { title, chart } = figure;
  return renderPdf(chart, { widthMm: settings.widthMm, title, provenance: provenance(figure, settings) });
}

/** Every format that a figure is written in, by the ending of its file. */
export const figureFormats = { svg: figureSvg, pdf: figurePdf, png: figurePng } as const;
type FigureFormat = keyof typeof figureFormats;
/** A chart that `--out` asks for. */
export interface FigureFile extends Target {
  readonly format: FigureFormat;
}

const formats = Object.keys(figureFormats) as readonly FigureFormat[];
const figureEndings = formats.map((format) => `.${format}`);

/** Those files of `--out` that are charts. */
function figureFiles(context: CliContext): readonly FigureFile[] {
  return context.globals.out.flatMap((name) => {
    const format = formats.find((each) => extname(name).toLowerCase() === `.${each}`);
    return format === undefined ? [] : [{ name, path: context.path(name), format }];
  });
}

/** The files of `--out` of a result that is drawn as well: charts, and documents as {@link outputFiles} has them. */
export interface DrawnOutputs {
  readonly charts: readonly FigureFile[];
  readonly files: readonly OutputFile[];
}

/** @throws as {@link outputFiles} */
export async function drawnOutputs(
  context: CliContext,
  kind: Parameters<typeof outputFiles>[1],
): Promise<DrawnOutputs> {
  const charts = figureFiles(context);
  await checkOutputs(charts, context);
  return { charts, files: await outputFiles(context, kind, undefined, figureEndings) };
}

/**
 * The task that a chart is drawn of: the only one.
 *
 * @param otherwise what to do beside naming a task, as the end of a sentence
 * @throws {UsageError} if a chart is asked for and there are several
 */
export function drawnTask<One extends { readonly taskId: string }>(
  tasks: readonly One[],
  [file]: readonly FigureFile[],
  otherwise = '',
): One | undefined {
  const [first, second] = tasks;
  if (file === undefined || second === undefined) return first;
  const names = tasks.map(({ taskId }) => taskId).join(', ');
  throw new UsageError(`--out ${file.name}: a chart is of one task, and this run has ${tasks.length}: ${names}`, {
    hint: `Name one with --task${otherwise}.`,
  });
}

/** Draws a chart into each of those files. */
export async function writeFigureFiles(
  files: readonly FigureFile[],
  figure: Figure,
  settings: FigureSettings,
  context: CliContext,
): Promise<void> {
  for (const { path, format } of files) {
    await writeWhole(path, await figureFormats[format](figure, settings));
    context.output.note(`wrote ${path}`);
  }
}
