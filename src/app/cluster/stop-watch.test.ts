import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../store/sqlite-store.ts';
import { newCell, newRun } from '../../../test/conformance/store-records.ts';
import { StopWatch } from './stop-watch.ts';

it('hears that a run is cancelled by another process', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  await store.createRun(newRun('run-1'), [newCell('cell-0')]);
  await using watch = new StopWatch(store, 'run-1', 30);
  expect(watch.stopped.aborted).toBe(false);
  const stopped = once(watch.stopped, 'abort');
  await store.requestStop('run-1', true);
  await stopped;
});
