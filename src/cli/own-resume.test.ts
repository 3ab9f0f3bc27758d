/** Stored runs of own tasks that go on, or are scored again: with their data, without them, with other ones. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brief, csvOf, saying, ticketFolder } from '../../test/setup/ticket-folder.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { run } from '../index.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

beforeEach(async () => {
  folder = await ticketFolder();
  await writeFile(
    join(folder, 'shots.csv'),
    csvOf([
      ['Where is my refund?', 'billing'],
      ['It freezes.', 'bug'],
    ]),
  );
  await writeFile(join(folder, 'score.ts'), 'export default (output: string): boolean => output !== "";\n');
  await writeFile(
    join(folder, 'own.task.yaml'),
    'data: tickets.csv\nanswer: text\nexamples: { from: shots.csv, count: 2 }\nscore: module ./score.ts\n',
  );
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess([...argv, '--store', 'store.db'], { folder, environment: { COLUMNS: '200' } });
}

const suite = { models: [saying('guess', 'billing'), saying('other', 'bug')], ...brief, concurrency: 1 };

/** A run that was told to stop when its second model began. */
async function interrupted(task: string): Promise<void> {
  const stop = new AbortController();
  const options = { store: join(folder, 'store.db'), workingFolder: folder, signal: stop.signal };
  let begun = 0;
  for await (const event of run({ ...suite, tasks: [task] }, options)) {
    if (event.type === 'cell-start') begun += 1;
    if (begun === 2) stop.abort();
  }
}

describe('an interrupted run', () => {
  it('goes on with unchanged data, and answers every item once', async () => {
    await interrupted('tickets.csv');
    const { stdout, stderr } = await perbench('resume', '--json');
    expect(stdout).toContain('"isResumed":true');
    expect(stdout).toContain('"status":"finished"');
    expect(stderr).not.toContain('error');
    await using store = await openSqliteStore({ file: join(folder, 'store.db') });
    expect(await store.countRuns()).toBe(1);
    const cells = await store.cells((await store.latestRun())?.id ?? '');
    expect(cells.map(({ state, model }) => [model, state])).toEqual([
      ['guess', 'done'],
      ['other', 'done'],
    ]);
    for (const { id } of cells) {
      const items = await Array.fromAsync(store.samples(id), ({ itemId }) => itemId);
      expect([items.length, new Set(items).size]).toEqual([24, 24]);
    }
  });

  it.each(['tickets.csv', 'shots.csv', 'score.ts'])('says which run misses %s, and goes on with it', async (name) => {
    await interrupted('own.task.yaml');
    await rename(join(folder, name), join(folder, 'away'));
    for (const [command, what] of [
      ['resume', 'resumed'],
      ['rescore', 'scored again'],
    ] as const) {
      const { code, stderr } = await perbench(command);
      expect(code).toBe(exitCodes.environment);
      expect(stderr).toMatch(
        new RegExp(
          String.raw`^error: run \S+ can't be ${what}: \S+/${name}, which its task tickets/own@[0-9a-f]{8} is made of, is gone\n` +
            String.raw`hint: Put the file back where it was, or start a new run\.\n$`,
          'u',
        ),
      );
    }
    await rename(join(folder, 'away'), join(folder, name));
    expect((await perbench('resume', '--json')).stdout).toContain('"status":"finished"');
    expect((await perbench('rescore')).stderr).toContain('0 of 24 scores changed');
  });
});
