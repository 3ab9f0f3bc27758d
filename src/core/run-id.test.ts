import { expect, it } from 'vitest';
import { createRunId, runNamed } from './run-id.ts';
import type { RunRecord } from './store.ts';

const startMs = Date.UTC(2026, 10, 24, 16, 30, 12, 345);

it('is the time in UTC and four random characters', () => {
  expect(createRunId(startMs, () => 0)).toBe('20261124-163012-0000');
  expect(createRunId(startMs, () => 1 - Number.EPSILON)).toBe('20261124-163012-zzzz');
});

it('sorts by time as text', () => {
  const ids = [0, 1_000, 60_000, 86_400_000, 31 * 86_400_000].map((ms) => createRunId(startMs + ms, () => 0.5));
  expect(ids.toSorted()).toEqual(ids);
});

it.each([
  ['latest', 'newest 0'],
  ['latest~1', 'newest 1'],
  ['latest~12', 'newest 12'],
  ['latest~', 'id latest~'],
  ['latest~x', 'id latest~x'],
  ['2026', 'id 2026'],
])('%s names %s', async (name, found) => {
  const named = (id: string) => ({ id }) as RunRecord;
  const run = await runNamed(
    {
      getRun: async (id) => named(`id ${id}`),
      latestRun: async (filter) => named(`newest ${filter?.skip}`),
    },
    name,
  );
  expect(run?.id).toBe(found);
});
