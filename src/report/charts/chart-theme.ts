/** Colours and type of a chart. */
export interface ChartTheme {
  readonly fontFamily: string;
  /** In the units of the chart's width. */
  readonly fontSize: number;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  /** Behind everything; also the halo of labels. */
  readonly background: string;
  /** Told apart by people with any colour vision, in the order of use. */
  readonly palette: readonly string[];
}

/** The font that figures are measured and rendered with; pages may fall back on others. */
export const chartFont = 'DejaVu Sans';

/**
 * Okabe and Ito's colours, without their yellow, which vanishes on white, and without black, which is the ink. The order
 * puts colours far apart first.
 */
const okabeIto = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9'] as const;

/** For paper and light pages. */
export const lightTheme: ChartTheme = {
  fontFamily: `'${chartFont}', Verdana, sans-serif`,
  fontSize: 12,
  ink: '#1a1a1a',
  muted: '#595959',
  grid: '#e0e0e0',
  background: '#ffffff',
  palette: okabeIto,
};
