import { loadChartFont } from '../page/figures/chart-font.ts';
import { renderPdf } from '../page/figures/render-pdf.ts';
import { renderPng } from '../page/figures/render-png.ts';
import { type Figure, renderSvg } from '../page/figures/render-svg.ts';
import { perbenchVersion } from './version.ts';

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
export type FigureFormat = keyof typeof figureFormats;
