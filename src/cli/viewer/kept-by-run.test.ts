import { expect, it } from 'vitest';
import type { Cell } from '../../core/cell.ts';
import type { RunRecord } from '../../core/store.ts';
import { newRun } from '../../../test/conformance/store-records.ts';
import { keepByRun } from './kept-by-run.ts';

const run: RunRecord = { ...newRun('run-1'), status: 'finished', cost: undefined };
const other: RunRecord = { ...run, id: 'run-2' };

function cellsAt(attempt: number): readonly Cell[] {
  return [{ state: 'done', attempt, measurements: {} } as Cell];
}

it('makes once what does not change, anew what does, and knows what is there', async () => {
  let attempt = 1;
  const made: string[] = [];
  const kept = keepByRun({ cells: async () => cellsAt(attempt) }, async ({ id }) => {
    made.push(id);
    return `${id} at ${attempt}`;
  });
  expect(kept.known(run, cellsAt(1))).toBeUndefined();
  expect(await Promise.all([kept.get(run), kept.get(run), kept.get(other)])).toEqual([
    'run-1 at 1',
    'run-1 at 1',
    'run-2 at 1',
  ]);
  expect(kept.known(run, cellsAt(1))).toBe('run-1 at 1');
  expect(kept.known({ ...run, status: 'running' }, cellsAt(1))).toBeUndefined();
  expect(kept.known(run, cellsAt(2))).toBeUndefined();
  attempt = 2;
  expect(await kept.get(run)).toBe('run-1 at 2');
  expect(made).toEqual(['run-1', 'run-2', 'run-1']);
});

it('tries again what failed', async () => {
  let isBroken = true;
  const kept = keepByRun({ cells: async () => cellsAt(1) }, async () => {
    if (isBroken) throw new Error('locked');
    return 'made';
  });
  await expect(kept.get(run)).rejects.toThrow('locked');
  isBroken = false;
  expect(await kept.get(run)).toBe('made');
});
