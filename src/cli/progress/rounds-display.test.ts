import { expect, it } from 'vitest';
import type { RunEvent } from '../../core/event.ts';
import { cellStart, exampleCell, passEnd, passStart, runStart } from '../../../test/terminal/progress-events.ts';
import { cellColumns } from './cell-columns.ts';
import { frameLines } from './frame-lines.ts';
import { createRunState, type RunState } from './run-state.ts';
import { cellTimeLeft, type Outlook } from './time-left.ts';

const outlook: Outlook = { lengths: { throughput: 20_000, latency: 10_000 }, speeds: [], timeLimitMs: undefined };
const launchStart = (model: string, launch: number): RunEvent => ({ type: 'launch-start', model, launch, launches: 3 });
const launchEnd = (model: string, launch: number): RunEvent =>
  ({ type: 'launch-end', model, launch, durationMs: 1 }) as RunEvent;

function stateAfter(...events: readonly RunEvent[]): RunState {
  const state = createRunState();
  state.handle(runStart([exampleCell(0), exampleCell(1)]));
  for (const event of events) state.handle(event);
  return state;
}

const doing = (state: RunState): readonly string[] => state.cells.map((view) => cellColumns.doing.text(view, state));

/** The first launch of a cell. */
const firstLaunch = (position: number): readonly RunEvent[] => [
  cellStart(position),
  launchStart(`model-${position}`, 0),
  launchEnd(`model-${position}`, 0),
  ...(['accuracy', 'throughput', 'latency'] as const).flatMap((pass) => [
    passStart(position, pass),
    passEnd(position, pass, 5_000),
  ]),
];

it('says for which launch a cell waits while others have theirs', () => {
  const state = stateAfter(...firstLaunch(0), ...firstLaunch(1), launchStart('model-1', 1));
  expect(doing(state)).toEqual(['waiting 2/3', 'loading']);
  state.handle(launchEnd('model-1', 1));
  state.handle(passStart(1, 'throughput', 1));
  expect(doing(state)).toEqual(['waiting 2/3', 'throughput 2/3']);
  const size = { columns: 80, rows: 24 };
  const lines = frameLines({ state, outlook, elapsedMs: 60_000, size, isFrozen: false, paint: (text) => text });
  expect(lines.at(-1)).toMatch(/^0\/2 cells · launch 2\/3 · 1:00 · /u);
});

it('knows which passes of a resumed cell are behind it, before it has its turn', () => {
  const done = [0, 1].flatMap((launch) => [
    { pass: 'throughput' as const, launch },
    { pass: 'latency' as const, launch },
  ]);
  const state = stateAfter(launchStart('model-1', 2), cellStart(0, [{ pass: 'accuracy', launch: 0 }, ...done]));
  const [view] = state.cells;
  expect(view && cellTimeLeft(view, state, outlook)).toMatchObject({ lowMs: 21_000, highMs: 39_000 });
  expect(doing(state)[0]).toBe('waiting 3/3');
});

it('counts the launches of a race without an end that nobody knows', () => {
  const raced = (launch: number): RunEvent => ({
    type: 'launch-start',
    model: 'model-1',
    launch,
    launches: 3,
    isOpenEnded: true,
  });
  const state = stateAfter(...firstLaunch(0), ...firstLaunch(1), raced(3));
  expect(doing(state)).toEqual(['waiting', 'loading']);
  state.handle(launchEnd('model-1', 3));
  state.handle(passStart(1, 'throughput', 3));
  expect(doing(state)).toEqual(['waiting', 'throughput 4']);
  const size = { columns: 80, rows: 24 };
  const lines = frameLines({ state, outlook, elapsedMs: 60_000, size, isFrozen: false, paint: (text) => text });
  expect(lines.join('\n')).not.toContain('/3');
});
