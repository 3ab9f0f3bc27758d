/** A table as text: what a block copies. */
export interface TextTable {
  readonly caption: string;
  readonly headings: readonly string[];
  /** As many as headings; right for numbers. */
  readonly align: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly string[])[];
}

export const tableFormats = ['markdown', 'latex', 'csv'] as const;
export type TableFormat = (typeof tableFormats)[number];

/** Foreign text on one line, without characters that turn the writing direction. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '');
}

function markdownCell(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_[\]<>|#]/gu, (character) => `\\${character}`);
}

const latexEscapes: Readonly<Record<string, string>> = {
  '\\': String.raw`\textbackslash{}`,
  '{': String.raw`\{`,
  '}': String.raw`\}`,
  $: String.raw`\$`,
  '&': String.raw`\&`,
  '#': String.raw`\#`,
  '%': String.raw`\%`,
  _: String.raw`\_`,
  '~': String.raw`\textasciitilde{}`,
  '^': String.raw`\textasciicircum{}`,
  '±': String.raw`$\pm$`,
  '–': '--',
  '<': String.raw`\textless{}`,
  '>': String.raw`\textgreater{}`,
  '×': String.raw`$\times$`,
  '·': String.raw`$\cdot$`,
};

function latexCell(text: string): string {
  return oneLine(text).replaceAll(/[\\{}$&#%_~^±–<>×·]/gu, (character) => latexEscapes[character] ?? character);
}

/** Quoted where needed; a leading character that spreadsheets take for a formula is disarmed. */
function csvCell(text: string): string {
  const guarded = /^[=+@\t\r]|^-(?![\d.])/u.test(text) ? `'${text}` : text;
  return /[",\n\r]/u.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function markdown({ caption, headings, align, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const rule = align.map((side) => (side === 'right' ? '--:' : ':--'));
  return (
    `**${markdownCell(caption)}**\n\n` +
    line(headings.map(markdownCell)) +
    line(rule) +
    rows.map((row) => line(row.map(markdownCell))).join('')
  );
}

function latex({ caption, headings, align, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `    ${cells.map(latexCell).join(' & ')} \\\\\n`;
  return [
    '% needs \\usepackage{booktabs}\n',
    '\\begin{table}\n  \\centering\n',
    `  \\caption{${latexCell(caption)}}\n`,
    `  \\begin{tabular}{${align.map((side) => (side === 'right' ? 'r' : 'l')).join('')}}\n    \\toprule\n`,
    line(headings),
    '    \\midrule\n',
    ...rows.map(line),
    '    \\bottomrule\n  \\end{tabular}\n\\end{table}\n',
  ].join('');
}

function csv({ headings, rows }: TextTable): string {
  return [headings, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

const writers = { markdown, latex, csv } as const satisfies Record<TableFormat, (table: TextTable) => string>;

/** A table in a format that people paste elsewhere. */
export function tableText(table: TextTable, format: TableFormat): string {
  return writers[format](table);
}
