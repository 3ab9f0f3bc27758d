import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { childrenOf, openStoreIn } from '../../test/e2e/perbench-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { startPerbench, type Running } from '../../test/setup/perbench-process.ts';

const systemNodes = ['/usr/bin/node', '/usr/local/bin/node'];
const oldNode = systemNodes.find(
  (path) => Number(/^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 99) < 24,
);

function start(
  argv: readonly string[],
  folder: string,
  environment: Record<string, string> = {},
  node: string = oldNode ?? '',
): Running {
  return startPerbench(argv, { workingFolder: folder, homeFolder: folder, environment, node });
}

async function writeSuite(folder: string): Promise<string> {
  const models = [{ source: 'alpha', engine: 'mock', engineOptions: { tokenMs: 15 } }];
  const suite = { models, tasks: ['imdb/mini', 'arc_easy/mini'], protocol: 'paper', concurrency: 2 };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  return 'suite.json';
}

describe.skipIf(oldNode === undefined)('under an older Node', () => {
  it('runs itself with the Node of the package, signals and exit codes passed on', async () => {
    await using folder = await testFolder();
    expect(await start(['list'], folder.path).ended).toMatchObject({ code: 0, stdout: '' });
    expect(await start(['rum'], folder.path).ended).toMatchObject({ code: 2 });
    const run = start(['run', await writeSuite(folder.path)], folder.path);
    await run.said(/start \(1 of 2/);
    run.child.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 143, signal: null });
  });

  it('says in two lines what to do where there is no other Node', async () => {
    await using folder = await testFolder();
    const { code, stderr } = await start(['list'], folder.path, { PERBENCH_REEXECUTED: '1' }).ended;
    expect(stderr).toMatch(
      /^error: perbench needs Node 24\.12 or newer, this is .*\nhint: Install Node 24, or run: .*\n$/,
    );
    expect(code).toBe(5);
  });
});

it('saves and ends when the process that started it is killed', { timeout: 60_000 }, async () => {
  await using folder = await testFolder();
  const suite = await writeSuite(folder.path);
  const fake = join(import.meta.dirname, '../../test/fixtures/pretend-older-node.cjs');
  const outer = start(['run', suite, '--json'], folder.path, { NODE_OPTIONS: `-r ${fake}` }, process.execPath);
  await outer.said(/"pass-progress".*"done":[1-9]/);
  expect(childrenOf(outer.child.pid ?? 0)).not.toEqual([]);
  outer.child.kill('SIGKILL');
  // The pipes close once both have ended.
  expect(await outer.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  await using store = await openStoreIn(folder.path);
  const run = await store.latestRun();
  expect(run?.status).toBe('interrupted');
  expect((await store.cells(run?.id ?? '')).map(({ state }) => state)).toEqual(['pending', 'pending']);
});
