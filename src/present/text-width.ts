import { withoutEscapes } from './sanitise.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

const plain = /^[ -~]*$/u;

/** Columns that a text takes in a terminal; escape sequences take none. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(withoutEscapes(text))) width += graphemeWidth(segment);
  return width;
}

/** The text cut to a width, the cut shown by an ellipsis. */
export function truncateText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = graphemeWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…`;
}

/**
 * The text cut in the middle: names that differ only at their end stay different.
 *
 * @param tailShare of the width, that the end gets
 */
export function truncateMiddle(text: string, width: number, tailShare = 0.5): string {
  if (textWidth(text) <= width) return text;
  const tailWidth = Math.floor((width - 1) * tailShare);
  const segments = Array.from(graphemes.segment(text), ({ segment }) => segment);
  let tail = '';
  while (segments.length > 0 && textWidth(tail) + graphemeWidth(segments.at(-1) ?? '') <= tailWidth) {
    tail = (segments.pop() ?? '') + tail;
  }
  return truncateText(segments.join(''), width - textWidth(tail)) + tail;
}

/** Where names are cut so that they stay different: in the middle, else nearer to an end. */
const tailShares = [0.5, 0.75, 0.25, 1, 0];

/** Names cut to a width, no two different ones alike: numbered where no cut tells them apart. */
export function shortNames(names: readonly string[], width: number): readonly string[] {
  const different = new Set(names).size;
  for (const share of tailShares) {
    const cut = names.map((name) => truncateMiddle(name, width, share));
    if (new Set(cut).size === different) return cut;
  }
  return names.map((name, index) => {
    const number = `#${index + 1}`;
    return textWidth(name) <= width ? name : truncateText(name, width - number.length) + number;
  });
}

/** Breaks a sentence into lines that fit; its own indent stays, later lines get `indent`. Without a width it is one. */
export function wrapText(text: string, width: number | undefined, indent: string): readonly string[] {
  if (width === undefined) return [text];
  const lines: string[] = [];
  let line = /^ */u.exec(text)?.[0] ?? '';
  // A number stays with its percent sign.
  for (const word of text.trim().split(/ (?!%)/u)) {
    const next = line.trim() === '' ? line + word : `${line} ${word}`;
    if (line.trim() !== '' && textWidth(next) > width) {
      lines.push(line);
      line = indent + word;
    } else line = next;
  }
  return [...lines, line].map((wrapped) => truncateText(wrapped, width));
}

/** A text in lines that fit and lose nothing: words that are longer than a line are broken as well. */
export function breakText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(...wordParts(word, width));
  }
  return lines;
}

function wordParts(word: string, width: number): readonly string[] {
  const parts = [''];
  for (const { segment } of graphemes.segment(word)) {
    const wider = (parts.at(-1) ?? '') + segment;
    if (textWidth(wider) <= width) parts[parts.length - 1] = wider;
    else parts.push(segment);
  }
  return parts;
}

/** A text in exactly so many columns of a terminal. */
export function padText(text: string, columns: number, align: 'left' | 'right'): string {
  const fitted = truncateText(text, columns);
  const space = ' '.repeat(Math.max(0, columns - textWidth(fitted)));
  return align === 'left' ? fitted + space : space + fitted;
}
