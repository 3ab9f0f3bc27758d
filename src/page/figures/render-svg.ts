import { cloneElement, h, type VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { safeText } from '../../present/sanitise.ts';
import { chartFont, lightTheme, type Chart, type ChartOptions } from '../charts/chart-frame.ts';
import { subsetFont } from './chart-font.ts';

/** A chart with the name of its file, without ending. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly chart: Chart;
}

const pixelsPerMm = 96 / 25.4;
/** Eight points: the smallest text of a chart, at 0.85 of it, is just below the seven that most journals ask for. */
const fontSizePx = (8 * 96) / 72;

/** Options of a chart that is printed at a width: what it measures in pixels is its true size on paper. */
export function printedOptions(widthMm: number, id: string): ChartOptions {
  return { width: widthMm * pixelsPerMm, id, theme: { ...lightTheme, fontSize: fontSizePx } };
}

export interface SvgOptions {
  /** Width on paper; without it the figure has its size in pixels. */
  readonly widthMm?: number;
  /** Bytes of the chart font: the letters that the figure uses are embedded, so that it looks the same everywhere. */
  readonly font?: Uint8Array;
  /** Where the numbers come from: kept as text in `<metadata>`. */
  readonly provenance?: string;
}

/** Two decimals of a millimetre are finer than any printer. */
function millimetres(value: number): string {
  return `${Math.round(value * 100) / 100}mm`;
}

function fontStyle(font: Uint8Array, text: string): VNode {
  const data = Buffer.from(subsetFont(font, text)).toString('base64');
  return h(
    'style',
    {},
    `@font-face{font-family:'${chartFont}';src:url(data:font/ttf;base64,${data}) format('truetype')}`,
  );
}

/** Text between tags; enough to know which letters a figure uses. */
function textOf(svg: string): string {
  return svg
    .replaceAll(/<[^>]*>/gu, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<');
}

/** What Preact writes is HTML, which allows `]]>` in text; XML doesn't. */
function xmlOf(node: Chart): string {
  return renderToString(node).replaceAll(']]>', ']]&gt;');
}

/** A chart as the text of an SVG file. */
export function renderSvg(chart: Chart, options: SvgOptions = {}): string {
  const { widthMm, font, provenance } = options;
  const [, , width = 1, height = 1] = chart.props.viewBox.split(' ').map(Number);
  const extra = [
    ...(provenance === undefined ? [] : [h('metadata', {}, safeText(provenance))]),
    ...(font === undefined ? [] : [fontStyle(font, textOf(renderToString(chart)))]),
  ];
  const size =
    widthMm === undefined ? {} : { width: millimetres(widthMm), height: millimetres((widthMm * height) / width) };
  const { children } = chart.props as { readonly children?: VNode | readonly VNode[] };
  const own = Array.isArray(children) ? (children as readonly VNode[]) : [children as VNode];
  return `${xmlOf(cloneElement(chart, size, ...extra, ...own))}\n`;
}
