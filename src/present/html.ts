import { type Block, filledColumns, markedText, type Document, type Table } from './document.ts';
import { escapeHtml, plainText, safeText } from './sanitise.ts';

/** The page's own look: light and dark, narrow and wide, and A4 paper. */
const style = `
:root { --paper: #fff; --ink: #16191d; --muted: #565e68; --line: #e1e4e8; --code: #f3f5f7; --good: #00664b; --doubt: #8a4b00;
  color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16191d; --ink: #eceff2; --muted: #a3adb8; --line: #343b44; --code: #20252b; --good: #5cd2a8; --doubt: #ffb95c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 2rem; max-width: 56rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
h1 { margin: 0 0 .2rem; font-size: 1.45rem; line-height: 1.25; }
h2, h3 { margin: 1.1rem 0 .3rem; font-size: 1rem; }
h3 { font-size: .9rem; color: var(--muted); }
p { margin: .3rem 0; }
ul { margin: .3rem 0; padding-left: 1.1rem; }
li { margin: .12rem 0; }
.muted { color: var(--muted); }
.best { color: var(--good); }
.doubtful { color: var(--doubt); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92em; }
th, td { padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: normal; }
th { color: var(--muted); font-weight: 500; }
.right { text-align: right; white-space: nowrap; }
tr.best td { font-weight: 600; }
pre { margin: .4rem 0; padding: .6rem .75rem; background: var(--code); border-radius: 6px; white-space: pre-wrap;
  font: 12.5px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
@page { size: A4; margin: 11mm; }
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #444; --line: #ccc; --code: #f3f3f3; --good: #00523c; --doubt: #6b3a00; }
  body { max-width: none; padding: 0; font-size: 8.6pt; line-height: 1.3; }
  h1 { font-size: 14pt; }
  h2 { margin-top: 1.8mm; font-size: 9.5pt; break-after: avoid; }
  h3 { margin-top: 1mm; font-size: 8.6pt; }
  p, ul { margin: .5mm 0; }
  li { margin: 0; }
  th, td { padding: .3mm 3mm .3mm 0; }
  pre { padding: 1.5mm 2mm; font-size: 7pt; line-height: 1.25; }
}
`;

const text = (value: string): string => escapeHtml(plainText(value));

function classes(...names: readonly string[]): string {
  const own = names.filter((name) => name !== '' && name !== 'plain');
  return own.length === 0 ? '' : ` class="${own.join(' ')}"`;
}

/** A table may be wider than the page, and is then scrolled by itself. */
function tableHtml(table: Table): string {
  const { caption, rows, verdict, notes } = table;
  const columns = filledColumns(table);
  const align = (index: number): string => classes(columns[index]?.align === 'right' ? 'right' : '');
  const head = columns.map(
    ({ heading, unit }, index) => `<th${align(index)}>${text(unit === '' ? heading : `${heading}, ${unit}`)}</th>`,
  );
  const body = rows.map(({ cells, tone }) => {
    const shown = columns.map(
      (column, index) => `<td${align(index)}>${text(markedText(cells[table.columns.indexOf(column)] ?? ''))}</td>`,
    );
    return `<tr${classes(tone)}>${shown.join('')}</tr>\n`;
  });
  const below = notes.map(({ mark, text: note }) => `<li>${text(mark === '' ? note : `${mark} ${note}`)}</li>\n`);
  return [
    ...(caption === '' ? [] : [`<h3>${text(caption)}</h3>\n`]),
    `<div class="wide" tabindex="0"><table>\n<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${body.join('')}</tbody>\n</table></div>\n`,
    ...(verdict === undefined ? [] : [`<p>${text(verdict)}</p>\n`]),
    ...(below.length === 0 ? [] : [`<ul class="muted">\n${below.join('')}</ul>\n`]),
  ].join('');
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'gap':
      return '';
    case 'heading':
      return `<h${block.level}${classes(block.tone)}>${text(block.text)}</h${block.level}>\n`;
    case 'text':
      return `<p${classes(...block.tones)}>${text(block.text)}</p>\n`;
    case 'sentences':
      return block.texts.map((sentence) => `<p>${text(sentence)}</p>\n`).join('');
    case 'table':
    case 'details':
      return tableHtml(block.table);
    case 'list':
      return `<ul>\n${block.lines.map(({ label, text: own, tone }) => `<li${classes(tone)}>${label === '' ? '' : `<b>${text(label)}</b>: `}${text(own)}</li>\n`).join('')}</ul>\n`;
    case 'code':
      return `<pre><code>${escapeHtml(safeText(block.text))}</code></pre>\n`;
    case 'alternative':
      return block.whole.map(blockHtml).join('');
  }
}

/** A document as one page that needs nothing else: no script, no other file. */
export function htmlText({ title, verdict, page }: Document): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="perbench">
<title>${text(title === '' ? verdict : title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${page.map(blockHtml).join('')}</main>
</body>
</html>
`;
}
