import { textWidth } from '../present/text-width.ts';
import { plainText } from '../present/sanitise.ts';

/** Rows in columns two spaces apart; numbers to the right. Foreign text is made harmless. */
export function textTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows.map((row) => row.map(plainText))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => textWidth(row[column] ?? ''))));
  const isNumeric = headings.map((_, column) => {
    const filled = rows.map((row) => row[column] ?? '').filter((text) => text !== '' && text !== '–');
    return filled.length > 0 && filled.every((text) => /^[\d.,]+( \S+)?$/.test(text));
  });
  return cells
    .map((row) =>
      widths
        .map((width, column) => {
          const text = row[column] ?? '';
          const space = ' '.repeat(width - textWidth(text));
          return isNumeric[column] === true ? space + text : text + space;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
