import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTrueTypeFont } from '../figures/chart-font.ts';
import { placeLabels, type Box } from './labels.ts';
import { asciiWidths, fitText, otherWidths, textExtent, unitsPerEm, wrapText } from './text-extent.ts';

const bounds: Box = { left: 0, right: 300, top: 0, bottom: 200 };

function covers(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

describe('placeLabels', () => {
  it('never covers a marker or another label, and stays inside', () => {
    const point = fc.record({
      x: fc.integer({ min: 5, max: 295 }),
      y: fc.integer({ min: 5, max: 195 }),
      lines: fc.array(fc.string({ minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 3 }),
      priority: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 26 }), (requests) => {
        const markers = requests.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
        const room = { bounds, fontSize: 10, radius: 4, obstacles: markers, lines: [] };
        const boxes = placeLabels(requests, room).flatMap((label) => (label === undefined ? [] : [label.box]));
        for (const [index, box] of boxes.entries()) {
          expect(box.left >= 0 && box.right <= 300 && box.top >= 0 && box.bottom <= 200).toBe(true);
          expect([...markers, ...boxes.slice(index + 1)].some((other) => covers(box, other))).toBe(false);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('moves away with a leader where the places beside a point are taken, and gives up where all are', () => {
    const wall = { left: 90, right: 210, top: 88, bottom: 112 };
    const request = { x: 150, y: 100, lines: ['name'], priority: 0 };
    const room = { bounds, fontSize: 10, radius: 3, obstacles: [wall], lines: [] };
    expect(placeLabels([request], room)[0]?.leader).toBeDefined();
    expect(placeLabels([request], { ...room, obstacles: [bounds] })).toEqual([undefined]);
  });
});

describe('textExtent', () => {
  it('is what the font says', () => {
    const file = new URL('../../../node_modules/dejavu-fonts-ttf/ttf/DejaVuSans.ttf', import.meta.url);
    const font = readTrueTypeFont(readFileSync(file));
    const advance = (code: number): number => font.advanceOf(font.glyphOf(code));
    expect(font.unitsPerEm).toBe(unitsPerEm);
    expect(asciiWidths).toEqual(Array.from({ length: 95 }, (_, index) => advance(32 + index)));
    for (const [character, width] of Object.entries(otherWidths)) {
      expect(advance(character.codePointAt(0) ?? 0), `width of ${character}`).toBe(width);
    }
  });

  it('knows combined and wide characters', () => {
    expect(textExtent('e\u0301', 10)).toBe(textExtent('e', 10));
    expect(textExtent('模型', 10)).toBe(20);
  });

  it('fits names by cutting their middle', () => {
    const name = 'a-model-with-a-long-name-0.5B';
    const cut = fitText(name, 100, 10);
    expect(cut).toMatch(/^a-mod.*….*-0\.5B$/u);
    expect(textExtent(cut, 10)).toBeLessThanOrEqual(100);
    expect(fitText(name, 1000, 10)).toBe(name);
    expect(fitText(name, 1, 10)).toBe('…');
  });

  it('breaks names behind separators, else anywhere, and keeps all of them', () => {
    const name = 'organisation/a-model_with-a-long-name-2.5-0.5B-instruct';
    const lines = wrapText(name, 120, 10);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join('')).toBe(name);
    for (const line of lines) expect(textExtent(line, 10)).toBeLessThanOrEqual(120);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/[/_-]$/u);
    expect(wrapText('abcdefghijklmnop', 20, 10).join('')).toBe('abcdefghijklmnop');
    expect(wrapText('short', 1000, 10)).toEqual(['short']);
    expect(wrapText('', 10, 10)).toEqual(['']);
  });
});
