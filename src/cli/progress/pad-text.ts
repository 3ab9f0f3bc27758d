import { textWidth, truncateText } from '../../present/text-width.ts';

/** A text in exactly so many columns of a terminal. */
export function padText(text: string, columns: number, align: 'left' | 'right'): string {
  const fitted = truncateText(text, columns);
  const space = ' '.repeat(Math.max(0, columns - textWidth(fitted)));
  return align === 'left' ? fitted + space : space + fitted;
}
