import { humanNumber, intervalDecimals } from '../core/amount-text.ts';
import { type Cell, cellText, type Column, type Mark } from './document.ts';
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

export const marks: Readonly<Record<Mark, string>> = { '': '', '!': '$^{!}$', '~': String.raw`$^{\sim}$` };

/** As it is printed, without its interval. */
function valueText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return cellText({ ...cell, decimals: intervalDecimals(cell.half, cell.decimals), half: undefined });
}

/**
 * The best value of a column as it is printed, and every row that prints the same: a tie has no single winner. None
 * where all print the same.
 *
 * @param end which is the good one; a column without a good end has no best value
 */
export function bestText(
  end: Column['inPaper'],
  cells: readonly { readonly cell: Cell; readonly isComplete: boolean }[],
): string | undefined {
  if (end !== 'highest' && end !== 'lowest') return undefined;
  const numbers = cells.flatMap(({ cell, isComplete }) =>
    isComplete && typeof cell !== 'string' && cell.value !== undefined ? [{ ...cell, value: cell.value }] : [],
  );
  if (numbers.length < 2) return undefined;
  const sign = end === 'highest' ? -1 : 1;
  const [best] = numbers.toSorted((left, right) => sign * (left.value - right.value)).map(valueText);
  return numbers.every((number) => valueText(number) === best) ? undefined : best;
}

/** A number with its interval and mark, bold where it prints as the best does. */
export function latexCell(cell: Cell, best: string | undefined, isComplete: boolean): string {
  if (typeof cell === 'string' || cell.value === undefined) return escapeLatex(cellText(cell));
  const value = valueText(cell);
  const number = value === best && isComplete ? String.raw`\mathbf{${value}}` : value;
  const half =
    cell.half === undefined
      ? ''
      : String.raw` \pm ${humanNumber(cell.half, intervalDecimals(cell.half, cell.decimals))}`;
  return `$${number}${half}$${marks[cell.mark]}`;
}
