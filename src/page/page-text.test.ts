import { describe, expect, it } from 'vitest';
import { makePage } from './make-page.ts';
import { tableText, type TextTable } from './table-text.ts';
import { visibleText } from '../present/sanitise.ts';
import { reportPage } from './write-page.ts';

const table: TextTable = {
  caption: 'GSM8K & more',
  headings: ['Model', 'PER (%)'],
  align: ['left', 'right'],
  rows: [
    ['a_b|c', '0.5 ± 0.1'],
    ['=1+1', '-0.2'],
    ['x,"y"\u202E\n', '-1+1'],
  ],
};

describe('a table as text', () => {
  it('is Markdown without foreign markup', () => {
    expect(tableText(table, 'markdown')).toBe(
      [
        '**GSM8K & more**',
        '',
        '| Model | PER (%) |',
        '| :-- | --: |',
        String.raw`| a\_b\|c | 0.5 ± 0.1 |`,
        '| =1+1 | -0.2 |',
        '| x,"y"  | -1+1 |',
        '',
      ].join('\n'),
    );
  });

  it('is LaTeX with everything escaped', () => {
    const latex = tableText(table, 'latex');
    expect(latex).toContain(String.raw`\caption{GSM8K \& more}`);
    expect(latex).toContain(String.raw`a\_b\textbar{}c & 0.5 \ensuremath{\pm} 0.1 \\`);
    expect(latex).toContain(String.raw`Model & PER (\%) \\`);
    expect(latex).toContain(String.raw`\begin{tabular}{lr}`);
  });

  it('is CSV in which nothing is a formula', () => {
    expect(tableText(table, 'csv')).toBe('Model,PER (%)\r\na_b|c,0.5 ± 0.1\r\n\'=1+1,-0.2\r\n"x,""y""\n",\'-1+1\r\n');
  });
});

describe('foreign text', () => {
  it('shows what would act or hide', () => {
    expect(visibleText('a\u001B[31m\u0000\u007F\u0085\u202Eb\u200B\tc\n')).toBe('a␛[31m␀␡⟨85⟩⟨U+202E⟩b⟨U+200B⟩\tc\n');
  });
});

describe('a page', () => {
  const page = makePage(
    { scoreboards: [], run: { name: '</title><script>' } },
    { createdAtMs: 0, perbenchVersion: '1' },
  );
  const shell = '<title><!--perbench:title--></title><!--perbench:body--><!--perbench:data-->';

  it('takes what it holds into a shell, escaped', () => {
    const html = reportPage(shell, () => '$& body', page);
    expect(html).toContain('<title>&lt;/title&gt;&lt;script&gt; – perbench report</title>$& body<script');
    expect(html.match(/<\/script>/gu)).toHaveLength(2);
  });

  it('refuses a shell without its marks', () => {
    expect(() => reportPage('<title></title>', () => '', page)).toThrow(
      "the page's shell must hold <!--perbench:title--> once",
    );
  });
});
