import { describe, expect, it } from 'vitest';
import { logDomain, logTicks, ratioTexts, spacedTicks, tickText } from './axes.ts';

describe('axes', () => {
  it('have round ticks that fit', () => {
    expect(logTicks(0.9, 120, 9)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(logTicks(280, 820, 12)).toEqual([300, 400, 500, 600, 700, 800]);
    expect(logTicks(0.9, 120, 5)).toEqual([1, 3, 10, 30, 100]);
    expect(logTicks(0.9, 120, 3)).toEqual([1, 10, 100]);
    expect(logTicks(11, 19, 5).length).toBeGreaterThan(0);
    expect(logTicks(1, 1e12, 4).length).toBeLessThanOrEqual(4);
    expect([12_000, 1000, 0.25, 1e6].map(tickText)).toEqual(['12k', '1000', '0.25', '1000k']);
    expect(ratioTexts([0.1, 0.2, 0.3])).toEqual(['0.1', '0.2', '0.3']);
    expect(ratioTexts([0.25, 0.3])).toEqual(['0.25', '0.30']);
  });

  it('leave out texts that would touch', () => {
    const ticks = [700, 750, 800].map((value, index) => ({ at: index * 20, text: String(value) }));
    expect(spacedTicks(ticks, 10).map(({ text }) => text)).toEqual(['700', '800']);
    expect(spacedTicks(ticks, 5)).toEqual(ticks);
  });

  it('have room around one value', () => {
    const [low, high] = logDomain([8]);
    expect(low).toBeLessThan(4);
    expect(high).toBeGreaterThan(16);
  });
});
