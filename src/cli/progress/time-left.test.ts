import { expect, it } from 'vitest';
import { cellStart, exampleCell, passProgress, passStart, runStart } from '../../../test/terminal/progress-events.ts';
import { createRunState } from './run-state.ts';
import { runTimeLeft } from './time-left.ts';

const outlook = { lengths: {}, speeds: [], timeLimitMs: undefined };

/** Minutes that four cells still take, of which so many are halfway after a minute. */
function minutesLeft(atWork: number): number {
  const state = createRunState();
  state.handle(runStart([0, 1, 2, 3].map((position) => exampleCell(position, { protocol: 'paper' }))));
  for (let position = 0; position < atWork; position += 1) {
    state.handle(cellStart(position));
    state.handle(passStart(position, 'accuracy'));
    state.handle(passProgress(position, 'accuracy', { done: 100, total: 200, elapsedMs: 60_000 }));
  }
  const left = runTimeLeft(state, outlook, 60_000);
  return left === undefined ? Number.NaN : (left.lowMs + left.highMs) / 2 / 60_000;
}

it('tells the time that a run still takes, by as many cells at once as are worked on', () => {
  // The rest of one, and three whole ones.
  expect(minutesLeft(1)).toBeCloseTo(1 + 3 * 2, 5);
  // Two halves and two whole ones, two at a time.
  expect(minutesLeft(2)).toBeCloseTo((1 + 1 + 2 * 2) / 2, 5);
});
