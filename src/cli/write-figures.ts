import { join } from 'node:path';
import { loadChartFont } from '../report/figures/chart-font.ts';
import { type Figure, renderSvg } from '../report/figures/render-svg.ts';
import { renderPng } from '../report/figures/render-png.ts';
import type { CliContext } from './context.ts';
import { perbenchVersion } from './version.ts';
import { writeWhole } from './write-outputs.ts';

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

/** A figure as an SVG file, its letters inside. */
export async function figureSvg(figure: Figure, settings: FigureSettings): Promise<string> {
  const font = await loadChartFont();
  return renderSvg(figure.chart, { widthMm: settings.widthMm, font, provenance: provenance(figure, settings) });
}

/** A figure as a PNG file. */
export async function figurePng(figure: Figure, settings: FigureSettings): Promise<Uint8Array> {
  const svg = renderSvg(figure.chart, { widthMm: settings.widthMm });
  return renderPng(svg, { dpi: settings.dpi, provenance: provenance(figure, settings) });
}

/** Writes each figure as SVG and PNG into a folder. */
export async function writeFigures(
  folder: string,
  figures: readonly Figure[],
  settings: FigureSettings,
  context: CliContext,
): Promise<void> {
  for (const figure of figures) {
    context.interruption.signal.throwIfAborted();
    const [svg, png] = ['svg', 'png'].map((ending) => join(folder, `${figure.name}.${ending}`)) as [string, string];
    await writeWhole(svg, await figureSvg(figure, settings));
    await writeWhole(png, await figurePng(figure, settings));
    context.output.result(`${svg}\n${png}`);
    context.output.record('figure', { name: figure.name, title: figure.title, svg, png, widthMm: settings.widthMm });
  }
}
