import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../structure/planted-tree.ts';
import { openStoreIn, startPerbench, temporaryFolder } from './perbench-process.ts';

const names = ['tickets', 'receipts', 'orders', 'endings'];
const files = names.map((name) => join(repositoryRoot, 'examples', 'own-tasks', `${name}.task.yaml`));

it('runs the example task files on a real model', async () => {
  using folder = temporaryFolder();
  const flags = ['--protocol', 'paper', '--limit', '6', '--wait-quiet', '0', '--allow-busy', '--force'];
  const run = startPerbench(folder.path, 'run', '-m', 'smollm2-135m-instruct', '-t', files.join(','), ...flags);
  // So small a model on so few items answers nothing well enough for a recommendation.
  expect([await run.ended, run.stderr()]).toEqual([expect.toBeOneOf([4, 6]), expect.any(String)]);
  await using store = await openStoreIn(folder.path);
  const stored = await store.latestRun();
  const cells = await store.cells(stored?.id ?? '');
  expect(cells.map(({ taskId, state, error }) => [taskId.split('/')[0], state, error?.message])).toEqual(
    names.map((name) => [name, 'done', undefined]),
  );
  for (const { id, measurements } of cells) {
    expect(measurements.accuracy).toMatchObject({ status: 'measured', n: 6 });
    const outputs = (await Array.fromAsync(store.samples(id))).map(({ output, expected }) => [output, expected]);
    expect(outputs.flat().filter((text) => text === '')).toEqual([]);
  }
  const [, , orders] = cells;
  expect(Object.keys(orders?.measurements.extra ?? {})).toEqual(
    expect.arrayContaining(['json_valid', 'schema_valid', 'fields_right']),
  );
});
