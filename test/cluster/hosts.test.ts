import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRun } from '../../src/run/open-run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toyPlan } from '../run/toy-plan.ts';
import { briefSuite, clusterFolder, slowMocks, writeRun } from '../setup/cluster-workers.ts';
import { runInProcess } from '../setup/run-in-process.ts';

const hosts = { cpu: 'of another world' };
const suite = { ...briefSuite, launches: 1, tasks: ['imdb/mini'], models: slowMocks(['a'], 0), hosts };
const now = { now: new Date(0), random: Math.random };

it('begins no run here that other machines are to measure', async () => {
  const folder = clusterFolder();
  writeFileSync(join(folder, 'suite.json'), JSON.stringify(suite));
  const { code, stderr } = await runInProcess(['run', 'suite.json'], { folder });
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(
      /error: nothing can be measured here: hosts of the suite wants a CPU named of another world, and this is .+\nhint: Start it on such/,
    ),
  ]);
  expect((await runInProcess(['list'], { folder })).stderr).toMatch(/^no runs in /);
});

it('goes on with none of them here, though nobody has measured yet', async () => {
  const folder = clusterFolder();
  await mkdir(join(folder, '.perbench'));
  await using store = await openSqliteStore({ file: join(folder, '.perbench/perbench.db') });
  const runId = await writeRun(store, folder, suite);
  const { code, stderr } = await runInProcess(['resume', runId], { folder });
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(
      /error: run \S+ can't be measured here: times count on a CPU named of another world, and this is /,
    ),
  ]);
});

it('takes no run up for other machines than it has', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId } = await openRun(toyPlan({ suite: { hosts } }), store, now);
  const corrected = toyPlan({ suite: { hosts: { cpu: 'EPYC' } } });
  await expect(openRun(corrected, store, now)).rejects.toMatchObject({
    code: 'PB_USAGE',
    message: `run ${runId} asks the same and is unfinished, and its times count on a CPU named of another world`,
    hint: `Start another run with --fresh, or go on with that one: perbench resume ${runId}`,
  });
  expect(await openRun(toyPlan({ suite: { hosts } }), store, now)).toEqual({ runId, isResumed: true });
  expect(await openRun(corrected, store, { ...now, isFresh: true })).toMatchObject({ isResumed: false });
});
