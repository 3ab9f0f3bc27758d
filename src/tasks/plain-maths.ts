/** Where a `\boxed{}` begins and ends, and where bold text does, in what {@link plainMaths} returns. */
export const boxOpen = '\uE000';
export const boxClose = '\uE001';
export const boldMark = '\uE002';

/**
 * Text with LaTeX and Markdown written out, so that every number is written in one way: `18{,}000` becomes `18,000`,
 * `\frac{3}{4}` becomes `3⁄4`, `\times` and `*` between numbers become `×`, digits of other scripts ASCII digits. Boxes
 * and bold text keep a mark each; headings keep their `#`. Takes time in proportion to the text.
 */
export function plainMaths(text: string): string {
  const characters = asciiDigits(text.replaceAll(/[\uE000-\uE002]/gu, '').replaceAll(/\r\n?/gu, '\n'));
  const written = withoutCommands(withFractions(withBoxes(withoutTags(characters))));
  return withoutBreaks(withOperators(withoutMarkdown(written)))
    .replaceAll(/(?<!\d)\u2009|\u2009(?!\d)/gu, ' ')
    .replaceAll(/ {2,}/gu, ' ')
    .replaceAll(/ ?\n[ \n]*/gu, '\n');
}

/** The zeros of scripts whose digits models write: Arabic, Persian, Devanagari, Bengali, Thai. */
const zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50] as const;

function asciiDigits(text: string): string {
  return text
    .replaceAll(/[\uFF01-\uFF5E]|[\u{1D7CE}-\u{1D7FF}]/gu, (wide) => wide.normalize('NFKC'))
    .replaceAll(/[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F\u09E6-\u09EF\u0E50-\u0E59]/gu, (digit) => {
      const code = digit.codePointAt(0) ?? 0;
      return String(code - (zeros.findLast((zero) => zero <= code) ?? 0));
    })
    .replaceAll(/(?<=\d)٫(?=\d)/gu, '.')
    .replaceAll(/(?<=\d)٬(?=\d)/gu, ',')
    .replaceAll(/[\u2010\u2011\uFE63−]/gu, '-')
    .replaceAll(/(?<![\p{L}\p{N})])–(?=[$€£\d])/gu, '-')
    .replaceAll(/(\d?)([¼-¾⅐-⅞])/gu, (_, before: string, vulgar: string) => {
      return `${before}${before === '' ? '' : ' '}${vulgar.normalize('NFKD')}`;
    });
}

/** Tags of HTML that models answer with; a calculator's notes, `<<6*3=18>>`, are no part of the text. */
function withoutTags(text: string): string {
  return text
    .replaceAll(/<<[^<>\n]*>>/gu, '')
    .replaceAll(/<\/?(?:br|p|div|li|tr|h[1-6])\b ?\/?>/giu, '\n')
    .replaceAll(/<(?:final_?)?answer>/giu, ' answer: ')
    .replaceAll(/<sup>/giu, '^')
    .replaceAll(/<\/?(?:b|strong|i|em|u|code|span|mark|sup|sub|td|th|ul|ol|table|(?:final_?)?answer)>/giu, ' ')
    .replaceAll(/&(?:nbsp|thinsp);/gu, '\u2009');
}

function withBoxes(text: string): string {
  const braces: ('box' | 'group')[] = [];
  return text
    .replaceAll(/\\boxed ?\$?(-?\d[\d.,]*)/gu, (_, digits: string) => boxOpen + digits + boxClose)
    .replaceAll(/\\{0,2}\b(?:boxed|f?box) ?\{|\\[^a-z]|[{}]/giu, (found) => {
      if (found === '}') return braces.pop() === 'box' ? boxClose : found;
      if (!found.endsWith('{') || found === String.raw`\{`) return found;
      braces.push(found === '{' ? 'group' : 'box');
      return found === '{' ? found : boxOpen;
    });
}

/** Each box on one line. */
function withoutBreaks(text: string): string {
  let boxes = 0;
  return text.replaceAll(/[\uE000\uE001\n]/gu, (found) => {
    if (found === boxOpen) boxes += 1;
    if (found === boxClose) boxes -= 1;
    return found === '\n' && boxes > 0 ? ' ' : found;
  });
}

const plainNumber = /^-?\d[\d.]*$/u;

function withFractions(text: string): string {
  return text
    .replaceAll(/(\d?)\\[cdt]?frac ?(\d) ?(\d)/gu, (_, before: string, above: string, below: string) =>
      fraction(before, above, below),
    )
    .replaceAll(
      /(\d?)\\{1,2}[cdt]?frac ?\{ ?([^{}\n]{0,80})\} ?\{ ?([^{}\n]{0,80})\}/gu,
      (_, before: string, above: string, below: string) => fraction(before, above.trim(), below.trim()),
    );
}

function fraction(before: string, above: string, below: string): string {
  const isPlain = plainNumber.test(above) && plainNumber.test(below);
  const written = isPlain ? `${above}⁄${below}` : `(${above})/(${below})`;
  return before === '' ? written : `${before} ${written}`;
}

/** What commands and escaped characters of LaTeX stand for; those that aren't here are layout. */
const commands: Readonly<Record<string, string>> = {
  times: '×',
  cdot: '×',
  ast: '×',
  div: '÷',
  approx: '≈',
  simeq: '≈',
  implies: '⇒',
  Rightarrow: '⇒',
  rightarrow: '⇒',
  Longrightarrow: '⇒',
  to: '⇒',
  therefore: '\nTherefore ',
  neq: '≠',
  ne: '≠',
  textdollar: '$',
  pounds: '£',
  euro: '€',
  thinspace: '\u2009',
  newline: '\n',
  left: '',
  right: '',
  '!': '',
  ',': '\u2009',
  ';': '\u2009',
  ':': '\u2009',
  ' ': '\u2009',
  '\\': '\n',
};

/** Commands whose first argument is for the layout. */
const layout = /\\(?:begin|end|[hv]space|(?:text)?color|colorbox|tag|label|phantom)\*? ?\{[^{}\n]{0,40}\}/gu;

function withoutCommands(text: string): string {
  return text
    .replaceAll(/\\\\(?=(?:text|times|cdot|div|left|right|[$%([\])]))/gu, '\\')
    .replaceAll(/\\\\\[-?[\d.]{1,6}(?:pt|em|ex|mm|cm)\]/gu, '\n')
    .replaceAll(layout, '')
    .replaceAll(
      /(?:\\(?:text|mathrm|mathord|mathpunct))?\{ ?(?:\\[,;:! ])?([,.]?)(?:\\[,;:! ])? ?\}/gu,
      (found, sign: string) => (sign === '' && found.includes('\\') ? '\u2009' : sign),
    )
    .replaceAll(/\\(?:([a-zA-Z]+)\*?|([^a-zA-Z\s]| ))/gu, (_, name: string | undefined, sign = '') => {
      if (name !== undefined) return Object.hasOwn(commands, name) ? (commands[name] ?? ' ') : ' ';
      return commands[String(sign)] ?? (/[()[\]{}]/u.test(String(sign)) ? ' ' : String(sign));
    })
    .replaceAll(/\{(-?\d[\d.,]{0,30})\}/gu, '$1')
    .replaceAll(/\} ?\{/gu, ' / ')
    .replaceAll(/[{}&]/gu, ' ')
    .replaceAll(/~~[^~\n]+~~/gu, '')
    .replaceAll(/(?<=\d)~(?=\d{3}(?!\d))/gu, '\u2009')
    .replaceAll('~', ' ')
    .replaceAll(/(?<=\d),\u2009(?=\d{3}(?!\d))/gu, ',');
}

function withoutMarkdown(text: string): string {
  return text
    .replaceAll(/\t/gu, ' ')
    .replaceAll(/^ *```[^\n]*$/gmu, '')
    .replaceAll('`', '')
    .replaceAll(/^ *(?:> ?){0,9}(?:[-*+•·–—] +)?/gmu, '')
    .replaceAll(/(?<=\d)\*\*(?=\d)/gu, '^')
    .replaceAll(/\*{2,3}/gu, boldMark)
    .replaceAll(/(?<![\p{L}\p{N}_])__(?!_)|(?<!_)__(?![\p{L}\p{N}_])/gu, boldMark)
    .replaceAll(/(?<=[\p{L}\p{N})%$])\*(?=[\p{L}\p{N}($-])|(?<= )\*(?= )/gu, '×')
    .replaceAll('*', '')
    .replaceAll(/(?<![\p{L}\p{N})])_|_(?![\p{L}\p{N}])/gu, '');
}

/** Operators and equals signs that are written as words or letters between numbers. */
function withOperators(text: string): string {
  return text
    .replaceAll(/(?<=\d ?| )[xX·](?= ?\$?\d)/gu, '×')
    .replaceAll(/ (?:times|multiplied by)(?= \$?\d)/giu, ' ×')
    .replaceAll(/ divided by(?= \$?\d)/giu, ' ÷')
    .replaceAll(/ plus(?= \$?\d)/giu, ' +')
    .replaceAll(/ minus(?= \$?\d)/giu, ' -')
    .replaceAll(/ (?:is )?equal(?:s| to)(?= )/giu, ' =');
}
