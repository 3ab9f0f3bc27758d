import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { startPerbench, type Running } from '../../test/setup/perbench-process.ts';

const systemNodes = ['/usr/bin/node', '/usr/local/bin/node'];
const oldNode = systemNodes.find(
  (path) => Number(/^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 99) < 24,
);

function start(argv: readonly string[], folder: string, environment: Record<string, string> = {}): Running {
  return startPerbench(argv, { workingFolder: folder, homeFolder: folder, environment, node: oldNode ?? '' });
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
