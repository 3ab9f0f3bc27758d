import { expect, it } from 'vitest';
import { toyLetters, toyPlan } from '../../test/run/toy-plan.ts';
import { latencyPanel, panelAndRest, spreadOrder } from './latency-panel.ts';
import type { PlannedTask } from './plan.ts';

/** Items whose prompts grow with their position. */
function growing(count: number, seed = 1): PlannedTask {
  const [planned] = toyPlan({ tasks: [toyLetters], count, suite: { seed } }).tasks;
  if (planned === undefined) throw new Error('the plan has no task');
  const items = planned.items.map((_, index) => ({ id: `toy-${index}`, question: 'x'.repeat(index + 1), answer: 'A' }));
  return { ...planned, items };
}

it('has one item of each stretch of prompt lengths, and weights that add up to all items', () => {
  const panel = latencyPanel(growing(100), 24, 1);
  const positions = panel.map(({ position }) => position).toSorted((a, b) => a - b);
  for (const [part, position] of positions.entries()) {
    expect(position).toBeGreaterThanOrEqual(Math.floor((part * 100) / 24));
    expect(position).toBeLessThan(Math.floor(((part + 1) * 100) / 24));
  }
  expect(panel.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
});

it('is drawn by the seed alone, not by the order in which items are planned', () => {
  const planned = growing(100);
  const panel = latencyPanel(planned, 24, 7);
  expect(latencyPanel({ ...planned, order: planned.order.toReversed() }, 24, 7)).toEqual(panel);
  expect(latencyPanel(planned, 24, 8)).not.toEqual(panel);
});

it('is all items where there are fewer', () => {
  const panel = latencyPanel(growing(10), 24, 1);
  expect(panel.map(({ position }) => position).toSorted((a, b) => a - b)).toEqual([...Array(10).keys()]);
});

it.each([8, 12, 24, 130])('spreads any beginning of %i over the whole', (count) => {
  const order = spreadOrder(count);
  expect(order.toSorted((a, b) => a - b)).toEqual([...Array(count).keys()]);
  for (let asked = 3; asked <= count; asked += 1) {
    const sorted = [-1, ...order.slice(0, asked).toSorted((a, b) => a - b), count];
    const widest = Math.max(...sorted.slice(1).map((place, index) => place - (sorted[index] ?? 0)));
    expect(widest).toBeLessThanOrEqual((2 * count) / asked + 2);
  }
});

it('goes on with every other item once', () => {
  const planned = growing(50);
  const all = panelAndRest(planned, 24, 1);
  expect(all.slice(0, 24)).toEqual(latencyPanel(planned, 24, 1));
  expect(all.map(({ position }) => position).toSorted((a, b) => a - b)).toEqual([...Array(50).keys()]);
});
