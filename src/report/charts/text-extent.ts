import { asciiWidths, otherWidths, unitsPerEm } from './font-widths.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Wider than most letters: a label that turns out shorter is better than one that is cut. */
const unknownWidth = 0.7;
const fullWidth =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u;

function advance(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  const known = asciiWidths[code - 32] ?? otherWidths[String.fromCodePoint(code)];
  if (known !== undefined) return known / unitsPerEm;
  return fullWidth.test(grapheme) ? 1 : unknownWidth;
}

/** Width of a text in the chart font, in the unit of the font size. No kerning, so never much too small. */
export function textExtent(text: string, fontSize: number): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += advance(segment);
  return width * fontSize;
}

/** The text, cut in the middle where it is wider than allowed: names often differ at their end alone. */
export function fitText(text: string, maxWidth: number, fontSize: number): string {
  if (textExtent(text, fontSize) <= maxWidth) return text;
  const all = Array.from(graphemes.segment(text), ({ segment }) => segment);
  for (let kept = all.length - 1; kept >= 2; kept -= 1) {
    const tail = Math.floor(kept / 2);
    const cut = `${all.slice(0, kept - tail).join('')}…${all.slice(all.length - tail).join('')}`;
    if (textExtent(cut, fontSize) <= maxWidth) return cut;
  }
  return '…';
}
