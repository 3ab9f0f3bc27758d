import { readFileSync } from 'node:fs';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { scoreTable } from '../../formats/score-table.ts';
import { accuracyBySize, bestUpToSize, parametersInName } from './accuracy-by-size.ts';
import { lightTheme, type Chart } from './chart-frame.ts';
import { sizeData } from './scoreboard-data.ts';
import { textExtent } from './text-extent.ts';

const { scoreboards } = scoreTable(readFileSync(new URL('../../../data/paper.csv', import.meta.url), 'utf8'));

function draw(chart: Chart): string {
  return renderToString(chart);
}

describe('panels of accuracy against size', () => {
  it('stand one per task, no two models on one place', () => {
    const series = ['one task', 'another', 'a third'].map((task) => ({
      task,
      points: ['a-1B', 'b-1B', 'c-1B'].map((model) => ({
        model,
        parameters: 1e9,
        accuracy: 0.5,
        bounds: { low: 0.4, high: 0.6 },
      })),
    }));
    const svg = draw(accuracyBySize({ title: 'Sizes', series }, { width: 860 }));
    const places = [
      ...svg.matchAll(
        /<g fill="[^"]+"[^>]*?(?:transform="translate\(([-\d.]+),0\)")?><path[^>]*><\/path><path d="[^"]*" transform="translate\(([\d.]+),([\d.]+)\)">/gu,
      ),
    ].map(([, shift = '0', x, y]) => `${(Number(shift) + Number(x)).toFixed(1)} ${y}`);
    expect(places).toHaveLength(9);
    expect(new Set(places).size).toBe(9);
    for (const { task } of series) expect(svg.match(new RegExp(`<text[^>]*>${task}</text>`, 'gu'))).toHaveLength(1);
    // The axis of accuracy ends at 1 and has even steps.
    expect(svg).toContain('>0.4</text>');
  });

  it('keep panels apart, and their ticks inside, however narrow', () => {
    for (const width of [260, 317, 672, 900]) {
      const own = { width, theme: { ...lightTheme, fontSize: 32 / 3 } };
      const svg = draw(accuracyBySize(sizeData(scoreboards, parametersInName), own));
      const texts = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)<\/text>/gu)].map(
        ([, x, y, text = '']) => ({ x: Number(x), y: Number(y), text }),
      );
      const headings = texts.filter(({ text }) => /^(?:gsm8k|squad2|hellaswag|imdb|arc_easy)$/u.test(text));
      const titles = texts.filter(({ text }) => text === 'Parameters');
      expect([headings.length, titles.length]).toEqual([5, 5]);
      for (const [index, title] of titles.entries()) {
        // Those after it stand beside it or below its axis.
        for (const later of headings.slice(index + 1)) {
          expect(later.y > title.y + 5 || Math.abs(later.y - (headings[index]?.y ?? 0)) < 1).toBe(true);
        }
      }
      for (const { x, text } of texts.filter(({ text: tick }) => /^\d+[BM]$/u.test(tick))) {
        expect(x + textExtent(text, own.theme.fontSize * 0.9) / 2).toBeLessThanOrEqual(width);
      }
    }
  });

  it('the best up to a size rises with every step', () => {
    const points = [
      { parameters: 2, accuracy: 0.4 },
      { parameters: 1, accuracy: 0.5 },
      { parameters: 3, accuracy: 0.5 },
      { parameters: 4, accuracy: 0.7 },
      { parameters: 4, accuracy: 0.6 },
    ];
    expect(bestUpToSize(points)).toEqual([points[1], points[3]]);
  });
});
