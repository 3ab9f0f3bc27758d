import type { ComponentChildren, VNode } from 'preact';
import type { Chart, ChartOptions } from './chart-options.ts';
import { lightTheme, type ChartTheme } from './chart-theme.ts';
import { svgElement, type SvgAttributes } from './svg-element.ts';
import { fitText } from './text-extent.ts';

/** What names a chart for those who can't see it. */
export interface ChartNames {
  readonly title: string;
  /** What the picture shows, in sentences with its main numbers. */
  readonly description: string;
}

/** The `<svg>` around a chart. */
export function chartFrame(
  names: ChartNames,
  size: { readonly width: number; readonly height: number },
  options: ChartOptions,
  ...children: ComponentChildren[]
): Chart {
  const { theme = lightTheme, id = 'chart' } = options;
  const { width, height } = size;
  const frame = svgElement(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`,
      width: Math.round(width),
      height: Math.round(height),
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-description`,
      'font-family': theme.fontFamily,
      'font-size': theme.fontSize,
      fill: theme.ink,
    },
    svgElement('title', { id: `${id}-title` }, names.title),
    svgElement('desc', { id: `${id}-description` }, names.description),
    svgElement('rect', { width: Math.round(width), height: Math.round(height), fill: theme.background }),
    ...children,
  );
  return frame as unknown as Chart;
}

/** A chart that has nothing to show says so. */
export function emptyChart(names: ChartNames, reason: string, options: ChartOptions): Chart {
  const { theme = lightTheme, width } = options;
  const height = theme.fontSize * 5;
  return chartFrame(
    names,
    { width, height },
    options,
    plainLabel(fitText(names.title, width - theme.fontSize, theme.fontSize), {
      x: width / 2,
      y: height / 2 - theme.fontSize * 0.4,
      'text-anchor': 'middle',
    }),
    plainLabel(fitText(reason, width - theme.fontSize, theme.fontSize), {
      x: width / 2,
      y: height / 2 + theme.fontSize,
      'text-anchor': 'middle',
      fill: theme.muted,
    }),
  );
}

export function plainLabel(text: string, attributes: SvgAttributes): VNode {
  return svgElement('text', attributes, text);
}

/**
 * A text with a halo, readable over lines. Two elements, since `paint-order` is ignored by programs that make PDF from
 * SVG, and the text vanishes behind its own halo there.
 */
export function haloLabel(text: string, attributes: SvgAttributes, theme: ChartTheme): VNode {
  const halo = {
    ...attributes,
    fill: 'none',
    stroke: theme.background,
    'stroke-width': theme.fontSize / 4,
    'stroke-linejoin': 'round',
    'aria-hidden': 'true',
  };
  return svgElement('g', {}, svgElement('text', halo, text), svgElement('text', attributes, text));
}
