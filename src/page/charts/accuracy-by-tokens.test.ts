import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { accuracyByTokens, type TokenSeries } from './accuracy-by-tokens.ts';
import { textExtent } from './text-extent.ts';

const series: TokenSeries = {
  name: 'qwen3',
  points: [
    { model: 'qwen3 (thinking off)', x: 8, y: 0.5, xBounds: { low: 7, high: 9 }, yBounds: { low: 0.4, high: 0.6 } },
    { model: 'qwen3 (thinking)', x: 400, y: 0.8, xBounds: { low: 300, high: 500 }, yBounds: { low: 0.7, high: 0.9 } },
  ],
};

function draw(own: readonly TokenSeries[], width = 700): string {
  return renderToString(accuracyByTokens({ title: 'Tickets', series: own }, { width }));
}

/** Corners of the lines without a mark: those that join points. */
function lines(svg: string): readonly string[] {
  return [...svg.matchAll(/<path d="(M[^"]+)" fill="none" stroke="[^"]+" stroke-width="[^"]+" stroke-opacity/gu)].map(
    ([, path = '']) => path,
  );
}

describe('accuracy against tokens', () => {
  it('joins the settings of the same weights, with bars in both directions', () => {
    const svg = draw([
      series,
      { name: 'gemma', points: series.points.map((point) => ({ ...point, y: point.y - 0.2 })) },
    ]);
    expect(lines(svg)).toHaveLength(2);
    expect(lines(svg)[0]?.match(/[ML]/gu)).toEqual(['M', 'L']);
    // Two strokes per point: across and upright.
    const bars = [...svg.matchAll(/<path d="(M[^"]+M[^"]+)" stroke="[^"]+" stroke-width="[^"]+" fill="none"/gu)];
    expect(bars).toHaveLength(4);
    expect(svg).toContain('<title>qwen3 (thinking): 0.800 at 400 tokens per answer</title>');
    expect(svg).toContain('qwen3 (qwen3 (thinking off): 0.500 at 8 tokens, qwen3 (thinking): 0.800 at 400 tokens)');
  });

  it('has a logarithmic axis: equal factors are equally far apart', () => {
    const points = [10, 100, 1000].map((x) => ({ model: `m${x}`, x, y: 0.5, xBounds: undefined, yBounds: undefined }));
    const [path = ''] = lines(draw([{ name: 'm', points }]));
    const [a = 0, b = 0, c = 0] = [...path.matchAll(/[ML]([\d.]+),/gu)].map(([, x]) => Number(x));
    expect(b - a).toBeCloseTo(c - b, 1);
  });

  it('keeps its axis title inside, however narrow', () => {
    const svg = draw([series], 300);
    const [, x = '0', title = ''] = /<text x="([\d.]+)"[^>]*>(Tokens per answer[^<]*)<\/text>/u.exec(svg) ?? [];
    expect(title).not.toBe('');
    expect(Number(x) + textExtent(title, 12) / 2).toBeLessThanOrEqual(300);
  });

  it('says what is missing where there is nothing to draw', () => {
    expect(draw([])).toContain('no weights were run under several settings');
  });
});
