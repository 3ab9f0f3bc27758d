/** Numbers that a cell may mean which isn't written as programs write them. */
interface Reading {
  /** As a program writes it. */
  readonly text: string;
  readonly meaning: 'if the comma separates thousands' | 'if it is a decimal comma' | undefined;
}

const group = String.raw`(?:\d{1,3})`;
/** Spaces of any width, apostrophes and underscores only ever separate thousands. */
const spaced = /^([+-]?\d{1,3})((?:[\s\u202f'’_]\d{3})+)([.,]\d+)?$/u;
const pointsThenComma = new RegExp(String.raw`^[+-]?${group}(?:\.\d{3})+,\d+$`, 'u');
const commasThenPoint = new RegExp(String.raw`^[+-]?${group}(?:,\d{2,3})*,\d{3}\.\d+$`, 'u');
const manyCommas = new RegExp(String.raw`^[+-]?${group}(?:,\d{2,3})+,\d{3}$`, 'u');
const manyPoints = new RegExp(String.raw`^[+-]?${group}(?:\.\d{3}){2,}$`, 'u');
const oneComma = /^[+-]?\d*,\d+$/u;

/** What a cell may mean; empty where it is no number in any spelling. */
function readings(cell: string): readonly Reading[] {
  const sure = (text: string): readonly Reading[] => [{ text, meaning: undefined }];
  const [, first, groups, decimals = ''] = spaced.exec(cell) ?? [];
  if (first !== undefined && groups !== undefined) {
    return sure(first + groups.replaceAll(/\D/gu, '') + decimals.replace(',', '.'));
  }
  if (pointsThenComma.test(cell)) return sure(cell.replaceAll('.', '').replace(',', '.'));
  if (commasThenPoint.test(cell) || manyCommas.test(cell)) return sure(cell.replaceAll(',', ''));
  if (manyPoints.test(cell)) return sure(cell.replaceAll('.', ''));
  if (!oneComma.test(cell)) return [];
  const decimal = cell.replace(/^([+-]?),/u, '$10,').replace(',', '.');
  if (!/^[+-]?[1-9]\d{0,2},\d{3}$/u.test(cell)) return sure(decimal);
  return [
    { text: cell.replace(',', ''), meaning: 'if the comma separates thousands' },
    { text: decimal, meaning: 'if it is a decimal comma' },
  ];
}

/**
 * What to write instead of a cell that isn't a plain number; where it may mean two, both.
 *
 * @param mayBe whether a number can stand in this column
 * @param isShare the column is a share of 1, which a percentage can be turned into
 * @returns words in brackets with a space before them, or an empty text
 */
export function numberAdvice(cell: string, mayBe: (value: number) => boolean, isShare: boolean): string {
  const percent = /^(.*\d)\s*%$/u.exec(cell)?.[1];
  const number = percent ?? cell;
  const plain = /^[+-]?\d+(?:\.\d+)?$/u.test(number) ? [{ text: number, meaning: undefined }] : readings(number);
  const [only, ...others] = plain.flatMap(({ text, meaning }) => {
    const value = Number(text);
    const isPercent = isShare && value <= 100 && (percent !== undefined || value > 1);
    const written = isPercent ? String(Number((value / 100).toPrecision(12))) : text;
    if (!mayBe(Number(written)) || written === cell) return [];
    return [{ text: isPercent && percent === undefined ? `${written} for ${text} %` : written, meaning }];
  });
  if (only !== undefined && others.length === 0) return ` (write ${only.text})`;
  if (only !== undefined)
    return ` (write ${[only, ...others].map((each) => `${each.text} ${each.meaning}`).join(', or ')})`;
  return /^[~≈<>±]?\s*[\d.,]+\s*(?!e[+-]?\d|x)(?:\p{L}|[±/])/u.test(cell)
    ? ' (write the number alone; its unit belongs in the heading)'
    : '';
}
