import { humanNumber, intervalDecimals } from '../core/amount-text.ts';
import { type Cell, cellText, type Column, endsText, hasEnds, type Mark, type NumberCell } from './document.ts';
import { plainText } from './sanitise.ts';

const escapes: Readonly<Record<string, string>> = {
  '\\': String.raw`\textbackslash{}`,
  '{': String.raw`\{`,
  '}': String.raw`\}`,
  '&': String.raw`\&`,
  '%': String.raw`\%`,
  $: String.raw`\$`,
  '#': String.raw`\#`,
  _: String.raw`\_`,
  '~': String.raw`\textasciitilde{}`,
  '^': String.raw`\textasciicircum{}`,
  '<': String.raw`\textless{}`,
  '>': String.raw`\textgreater{}`,
  '|': String.raw`\textbar{}`,
  // Where an encoding has no straight quotes there is a curly one in its place.
  '"': String.raw`\symbol{34}`,
  '`': String.raw`\textasciigrave{}`,
  '±': String.raw`\ensuremath{\pm}`,
  '·': String.raw`\ensuremath{\cdot}`,
  '–': '--',
  '×': String.raw`\ensuremath{\times}`,
  // Two of them would become a dash.
  '-': '-{}',
};

/** Foreign text that must not become commands, nor ligatures. */
export function escapeLatex(text: string): string {
  return plainText(text)
    .replaceAll(/[\\{}&%$#_~^<>|"`±·–×]|-(?=-)/gu, (character) => escapes[character] ?? character)
    .replaceAll(/[\u{1F000}-\u{1FFFF}]/gu, '?');
}

export const marks: Readonly<Record<Mark, string>> = { '': '', '!': '$^{!}$', '~': String.raw`$^{\sim}$`, '✓': '' };

/** As it is printed, without its interval. */
function valueText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return cellText({ ...cell, decimals: intervalDecimals(cell.half, cell.decimals), half: undefined });
}

/**
 * The best of a column: the best value as it is printed with all that print the same, or the cells that say so
 * themselves. None where all are alike.
 *
 * @param end which is the good one; a column without a good end has no best value
 */
export function bestCells(
  end: Column['inPaper'],
  cells: readonly { readonly cell: Cell; readonly isComplete: boolean }[],
): ReadonlySet<Cell> {
  if (end === undefined || end === 'plain') return new Set();
  const numbers = cells.flatMap(({ cell, isComplete }) =>
    isComplete && typeof cell !== 'string' && cell.value !== undefined ? [{ cell, value: cell.value }] : [],
  );
  const sign = end === 'highest' ? -1 : 1;
  const [first] = numbers.toSorted((left, right) => sign * (left.value - right.value));
  const best = numbers.filter(({ cell }) =>
    end === 'best' ? cell.isBest : first !== undefined && valueText(cell) === valueText(first.cell),
  );
  return new Set(best.length === numbers.length ? [] : best.map(({ cell }) => cell));
}

/** A number with its interval and mark. */
export function latexCell(cell: Cell, isBold: boolean): string {
  if (typeof cell === 'string' || cell.value === undefined) return escapeLatex(cellText(cell));
  const value = valueText(cell);
  const number = isBold ? String.raw`\mathbf{${value}}` : value;
  return `$${number}${intervalText(cell)}$${marks[cell.mark]}`;
}

function intervalText(cell: NumberCell): string {
  if (cell.half === undefined) return '';
  if (hasEnds(cell)) return String.raw`\ ${endsText(cell)}`;
  return String.raw` \pm ${humanNumber(cell.half, intervalDecimals(cell.half, cell.decimals))}`;
}
