import { describe, expect, it } from 'vitest';
import { attainedStaircase, frontPoints } from './pareto-scatter.ts';

const edges = { floor: 0, worst: 1 };

describe('attainedStaircase', () => {
  // Drawn by hand: from the fast point to the left at its own accuracy, then up at the next point.
  it('goes left first, then up, where more is better', () => {
    const points = [
      { x: 100, y: 0.3 },
      { x: 40, y: 0.6 },
      { x: 10, y: 0.9 },
      { x: 30, y: 0.5 },
    ];
    expect(attainedStaircase(points, 'more', edges)).toEqual([
      [100, 0],
      [100, 0.3],
      [40, 0.3],
      [40, 0.6],
      [10, 0.6],
      [10, 0.9],
      [1, 0.9],
    ]);
  });

  it('goes right first, then up, where less is better', () => {
    const points = [
      { x: 2, y: 0.3 },
      { x: 5, y: 0.6 },
      { x: 4, y: 0.2 },
    ];
    expect(attainedStaircase(points, 'less', { floor: 0, worst: 9 })).toEqual([
      [2, 0],
      [2, 0.3],
      [5, 0.3],
      [5, 0.6],
      [9, 0.6],
    ]);
  });

  it('promises nothing that no point has', () => {
    const points = [
      { x: 100, y: 0.3 },
      { x: 40, y: 0.6 },
      { x: 10, y: 0.9 },
    ];
    const corners = attainedStaircase(points, 'more', edges);
    for (const [x, y] of corners) expect(points.some((point) => point.x >= x && point.y >= y)).toBe(true);
  });

  it('stands on ties and doubles', () => {
    const same = { x: 10, y: 0.5 };
    expect(frontPoints([same, { ...same }, { x: 10, y: 0.4 }, { x: 9, y: 0.5 }], 'more')).toHaveLength(2);
    expect(attainedStaircase([same, { ...same }], 'more', edges)).toEqual([
      [10, 0],
      [10, 0.5],
      [1, 0.5],
    ]);
    expect(attainedStaircase([], 'more', edges)).toEqual([]);
  });
});
