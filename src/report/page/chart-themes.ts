import { lightTheme, type ChartTheme } from '../charts/chart-theme.ts';

/** Colours by the page's own variables, so that charts follow light and dark without being drawn again. */
export const pageTheme: ChartTheme = {
  ...lightTheme,
  fontFamily: 'inherit',
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  grid: 'var(--line)',
  background: 'var(--surface)',
  palette: ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'],
};
