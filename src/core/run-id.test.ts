import { expect, it } from 'vitest';
import { createRunId } from './run-id.ts';

const startMs = Date.UTC(2026, 10, 24, 16, 30, 12, 345);

it('is the time in UTC and four random characters', () => {
  expect(createRunId(startMs, () => 0)).toBe('20261124-163012-0000');
  expect(createRunId(startMs, () => 1 - Number.EPSILON)).toBe('20261124-163012-zzzz');
});

it('sorts by time as text', () => {
  const ids = [0, 1_000, 60_000, 86_400_000, 31 * 86_400_000].map((ms) => createRunId(startMs + ms, () => 0.5));
  expect(ids.toSorted()).toEqual(ids);
});
