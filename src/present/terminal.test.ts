import { describe, expect, it } from 'vitest';
import { cellText, column, numberCell, row, simpleTable, table, tableBlock, textBlock } from './document.ts';
import { terminalText } from './terminal.ts';
import { shortNames, textWidth } from './text-width.ts';

describe('a table of words', () => {
  const words = (text: string): readonly string[] => text.split(/[\s…]+/u).filter((word) => word !== '');
  const reasons = ['recommended', 'accuracy 0.188 is below 0.400, but its interval includes the limit; '.repeat(3)];
  const rows = ['gemma-3-270m', 'qwen2.5-coder-0.5b-instruct'].map((name, index) =>
    row([numberCell(index + 1, 0), name, numberCell(0.5, 3), reasons[index] ?? '']),
  );
  const headings = ['#', 'model', 'score', ''];
  const shown = table(
    headings.map((heading) => column(heading, heading === '' || heading === 'model' ? 'left' : 'right')),
    rows,
  );

  it('breaks them into lines and loses none, whatever the width', () => {
    for (const width of [30, 40, 60, 80, 100, 200]) {
      const lines = terminalText([tableBlock(shown)], { width }).split('\n');
      expect(lines.filter((line) => textWidth(line) > width)).toEqual([]);
      const printed = words(lines.join(' '));
      for (const word of rows.flatMap(({ cells }) => cells.flatMap((cell) => words(cellText(cell)))))
        expect(printed).toContain(word);
    }
  });

  it('breaks words that are longer than a line, and loses nothing', () => {
    const path = `hf:owner/${'repository-'.repeat(12)}file.gguf`;
    const listed = simpleTable(['model', 'source'], [['gemma-3-270m', path]]);
    for (const width of [30, 40, 80]) {
      const text = terminalText([tableBlock(listed)], { width });
      expect(text.replaceAll(/\s/gu, '')).toContain(path);
      expect(text.split('\n').filter((line) => textWidth(line) > width)).toEqual([]);
    }
  });

  it('is one line per row where nobody said how wide it may be', () => {
    expect(terminalText([tableBlock(shown)]).split('\n')).toHaveLength(1 + rows.length);
  });
});

it('a number and its percent sign stay on one line', () => {
  for (let width = 20; width < 60; width += 1) {
    const text = terminalText([textBlock('right 63 points more often (95 %: 23 to 83), of 12 % of all')], { width });
    expect(text).not.toMatch(/^ *%/mu);
  }
});

describe('the sentences of an answer', () => {
  const texts = [
    'Probably a: it is first.',
    `Compared with b: ${'faster, '.repeat(8)}smaller.`,
    'x '.repeat(130).trim(),
  ];
  const linesAt = (width: number, isWhole = false): readonly string[] =>
    terminalText([{ kind: 'sentences', texts, tones: [] }], { width, isWhole }).split('\n\nMore notes: -v.');

  it('take three lines of 80 columns, or as much room elsewhere, whole ones alone', () => {
    for (const width of [40, 80, 120]) {
      const [told = '', ...more] = linesAt(width);
      expect(told.replaceAll(/\s+/gu, ' ')).toBe(texts.slice(0, 2).join(' '));
      expect(told.split('\n').length).toBeLessThanOrEqual(Math.max(3, 240 / width));
      expect(more).toHaveLength(1);
    }
  });

  it('are all there where it is whole', () => {
    expect(linesAt(80, true).join('').replaceAll(/\s+/gu, ' ')).toBe(texts.join(' '));
  });
});

describe('names that are cut', () => {
  it.each([
    [['qwen2.5-coder-0.5b-instruct', 'qwen2.5-coder-1.5b-instruct'], 16],
    [['aaaaaaaaaaaaaaaaaaaa1bbbbbbbbbbbbbbbbbbbb', 'aaaaaaaaaaaaaaaaaaaa2bbbbbbbbbbbbbbbbbbbb'], 10],
    [Array.from({ length: 30 }, (_, index) => `${'x'.repeat(40)}${index}${'y'.repeat(40)}`), 12],
    [['short', 'a-name-that-is-cut-somewhere'], 8],
  ])('%j to %d columns stay different', (names, width) => {
    const cut = shortNames(names, width);
    expect(new Set(cut).size).toBe(names.length);
    for (const name of cut) expect(textWidth(name)).toBeLessThanOrEqual(width);
  });
});
