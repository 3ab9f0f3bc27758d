import { scaleLinear, scaleLog } from 'd3-scale';
import type { VNode } from 'preact';
import { axisLines, bottomAxis, bottomAxisHeight, leftAxis, leftAxisWidth, type PlotArea } from './axes.ts';
import { linearTicks, logTicks, ratioTexts } from './axis-ticks.ts';
import type { ChartTheme } from './chart-theme.ts';

/** A plot of shares, 0 to 1, against something on a logarithmic axis. */
export interface LogPlot {
  readonly area: PlotArea;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly axes: readonly VNode[];
}

export interface LogPlotOptions {
  readonly width: number;
  readonly height: number;
  /** Height of what stands above the plot. */
  readonly top: number;
  /** Width of what stands right of it. */
  readonly right: number;
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xText: (value: number) => string;
  /** Room of one tick on the lower axis, in font sizes. */
  readonly xTickRoom: number;
  /** Room between the highest value and the upper edge, in font sizes. */
  readonly upperRoom: number;
}

export function layOutLogPlot(options: LogPlotOptions, theme: ChartTheme): LogPlot {
  const { width, height, top, right, xDomain, yDomain, xText } = options;
  const { fontSize } = theme;
  const yTicks = linearTicks(...yDomain, Math.max(3, Math.floor(height / fontSize / 5)));
  const yTexts = ratioTexts(yTicks);
  const area: PlotArea = {
    left: leftAxisWidth(yTexts, theme),
    right: width - right,
    top: top + fontSize * 0.6,
    bottom: Math.max(height - bottomAxisHeight(theme), top + fontSize * 10),
  };
  const x = scaleLog(xDomain, [area.left, area.right]);
  // Room at the upper and lower edges lets points at 0 or 1 be whole.
  const y = scaleLinear(yDomain, [area.bottom - fontSize * 0.5, area.top + fontSize * options.upperRoom]);
  const xTicks = logTicks(...xDomain, Math.max(2, Math.floor((area.right - area.left) / fontSize / options.xTickRoom)));
  const axes = [
    bottomAxis(
      { ticks: xTicks.map((tick) => ({ at: x(tick), text: xText(tick) })), title: options.xTitle },
      area,
      theme,
    ),
    leftAxis(
      { ticks: yTicks.map((tick, index) => ({ at: y(tick), text: yTexts[index] ?? '' })), title: options.yTitle },
      area,
      theme,
    ),
    axisLines(area, theme),
  ];
  return { area, x, y, axes };
}
