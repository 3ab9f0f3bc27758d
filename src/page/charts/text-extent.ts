import { plainText } from '../../present/sanitise.ts';

/** Advance widths of DejaVu Sans, in units of the font; a test compares them with the font itself. */
export const unitsPerEm = 2048;

/** Of the characters from U+0020 to U+007E. */
export const asciiWidths: readonly number[] = [
  651, 821, 942, 1716, 1303, 1946, 1597, 563, 799, 799, 1024, 1716, 651, 739, 651, 690, 1303, 1303, 1303, 1303, 1303,
  1303, 1303, 1303, 1303, 1303, 690, 690, 1716, 1716, 1716, 1087, 2048, 1401, 1405, 1430, 1577, 1294, 1178, 1587, 1540,
  604, 604, 1343, 1141, 1767, 1532, 1612, 1235, 1612, 1423, 1300, 1251, 1499, 1401, 2025, 1403, 1251, 1403, 799, 690,
  799, 1716, 1024, 1024, 1255, 1300, 1126, 1300, 1260, 721, 1300, 1298, 569, 569, 1186, 569, 1995, 1298, 1253, 1300,
  1300, 842, 1067, 803, 1298, 1212, 1675, 1212, 1212, 1075, 1303, 690, 1303, 1716,
];

/** Characters beyond, by their width. */
const charactersByWidth: readonly (readonly [width: number, characters: string])[] = [
  [569, 'ìíîïĩīĭįıĵĺļ'],
  [582, 'ł'],
  [604, 'ÌÍÎÏĨĪĬĮİĴΙΪ'],
  [651, '·’‘'],
  [690, '¦'],
  [693, 'ίι'],
  [700, 'ŀ'],
  [721, 'ſ'],
  [768, 'ľ'],
  [803, 'ţťŧ'],
  [821, '¡²³¹'],
  [842, 'ŕŗř'],
  [965, 'ªº'],
  [1024, '§¨¯°´¸–'],
  [1061, '“”'],
  [1067, 'śŝşš'],
  [1075, 'źżž'],
  [1076, 'г'],
  [1087, '¿'],
  [1089, 'з'],
  [1107, 'έε'],
  [1114, 'ζ'],
  [1124, 'э'],
  [1126, 'çćĉċčс'],
  [1138, 'ĳ'],
  [1141, 'ĹĻĽĿΓ'],
  [1142, 'ξ'],
  [1144, 'ν'],
  [1151, 'Ł'],
  [1183, 'χ'],
  [1185, 'ΰυ'],
  [1186, 'ķĸ'],
  [1193, 'т'],
  [1202, 'ς'],
  [1207, 'κвь'],
  [1208, 'Ĳ•'],
  [1210, 'ч'],
  [1212, 'ýÿŷγλух'],
  [1232, 'я'],
  [1233, 'πτ'],
  [1235, 'ΡР'],
  [1237, 'к'],
  [1239, 'Þ'],
  [1248, 'У'],
  [1249, 'Г'],
  [1251, 'ÝŢŤŦŶŸΤΥΫТ'],
  [1253, '«»ðòóôõöøōŏőδθοо'],
  [1255, 'àáâãäåāăąа'],
  [1260, 'èéêëēĕėęěе'],
  [1263, 'б'],
  [1290, 'ß'],
  [1294, 'ÈÉÊËĒĔĖĘĚΕΞΣЕ'],
  [1298, 'ñùúûüĥńņňŋũūŭůűųήησ'],
  [1300, 'þďđĝğġģŚŜŞŠρр'],
  [1303, '¢£¤¥µ¶μ'],
  [1307, 'β'],
  [1309, 'л'],
  [1313, 'З'],
  [1331, 'ий'],
  [1339, 'нп'],
  [1343, 'ĶΚ'],
  [1350, 'άα'],
  [1351, 'φψ'],
  [1394, 'ц'],
  [1401, 'ÀÁÂÃÄÅĀĂĄΑΔΛА'],
  [1403, 'ŹŻŽΖΧХ'],
  [1404, 'Ч'],
  [1405, 'ΒБВЬ'],
  [1416, 'д'],
  [1423, 'ħŔŖŘЯ'],
  [1430, 'ÇĆĈĊČСЭ'],
  [1447, 'ъ'],
  [1454, 'К'],
  [1499, 'ÙÚÛÜŨŪŬŮŰŲ'],
  [1532, 'ÑŃŅŇŊΝИЙ'],
  [1540, 'ĤΗΠЛНП'],
  [1545, 'м'],
  [1565, 'Ω'],
  [1577, 'Ď'],
  [1587, 'ÐĐĜĞĠĢ'],
  [1590, 'Ц'],
  [1600, 'Д'],
  [1612, 'ÒÓÔÕÖØŌŎŐΘΟΦΨО'],
  [1617, 'ы'],
  [1666, 'ŉ'],
  [1675, 'ŵ'],
  [1705, 'Ъ'],
  [1706, '∞'],
  [1715, 'ω'],
  [1716, '¬±×÷≥≤−←→↑↓≈'],
  [1724, 'ю'],
  [1751, 'ф'],
  [1763, 'Ф'],
  [1767, 'ΜМ'],
  [1807, 'Ы'],
  [1845, 'ж'],
  [1874, 'ш'],
  [1876, 'Ħ'],
  [1929, 'щ'],
  [1985, '¼½¾'],
  [1995, 'Æ'],
  [2011, 'æ'],
  [2025, 'Ŵ'],
  [2048, '©®—…'],
  [2095, 'œ'],
  [2190, 'Ш'],
  [2191, 'Œ'],
  [2206, 'Ж'],
  [2211, 'Ю'],
  [2240, 'Щ'],
];

export const otherWidths: Readonly<Record<string, number>> = Object.fromEntries(
  charactersByWidth.flatMap(([width, characters]) => Array.from(characters, (character) => [character, width])),
);

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
  // First: a cut sequence would take what follows it along.
  const plain = plainText(text);
  if (textExtent(plain, fontSize) <= maxWidth) return plain;
  const all = Array.from(graphemes.segment(plain), ({ segment }) => segment);
  for (let kept = all.length - 1; kept >= 2; kept -= 1) {
    const tail = Math.floor(kept / 2);
    const cut = `${all.slice(0, kept - tail).join('')}…${all.slice(all.length - tail).join('')}`;
    if (textExtent(cut, fontSize) <= maxWidth) return cut;
  }
  return '…';
}

/**
 * The text in lines no wider than allowed. They break behind separators where there are any, else anywhere: names of
 * models are never cut.
 */
export function wrapText(text: string, maxWidth: number, fontSize: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of piecesOf(plainText(text), maxWidth, fontSize)) {
    if (line !== '' && textExtent((line + piece).trimEnd(), fontSize) > maxWidth) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  }
  return [...lines, line.trimEnd()];
}

/** Parts between which a line may break, those that are too wide by themselves in characters. */
function piecesOf(text: string, maxWidth: number, fontSize: number): readonly string[] {
  const pieces = text.match(/[^\s/_:-]*[\s/_:-]|[^\s/_:-]+/gu) ?? [];
  return pieces.flatMap((piece) =>
    textExtent(piece.trimEnd(), fontSize) <= maxWidth
      ? [piece]
      : Array.from(graphemes.segment(piece), ({ segment }) => segment),
  );
}
