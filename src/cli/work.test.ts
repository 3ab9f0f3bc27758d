import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { briefSuite, clusterFolder, slowMocks, writeRun } from '../../test/setup/cluster-workers.ts';
import { startPerbench } from '../../test/setup/perbench-process.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import type { SuiteInput } from '../core/suite.ts';
import type { Store } from '../core/store.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';

interface Written {
  readonly folder: string;
  readonly runId: string;
  readonly open: () => Promise<Store>;
}

/** A folder with a run that nobody works on yet. */
async function written(input: Partial<SuiteInput> = {}): Promise<Written> {
  const folder = clusterFolder();
  mkdirSync(join(folder, '.perbench'));
  const open = async (): Promise<Store> => openSqliteStore({ file: join(folder, '.perbench/perbench.db') });
  await using store = await open();
  const suite = { ...briefSuite, launches: 1, tasks: ['imdb/mini'], models: slowMocks(['a', 'b'], 0), ...input };
  return { folder, runId: await writeRun(store, folder, suite), open };
}

describe('perbench work', { timeout: 60_000 }, () => {
  it('does what is left of the newest run', async () => {
    const { folder, runId, open } = await written();
    const first = await runInProcess(['work', '--model', 'a'], { folder });
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toMatch(/worker on \S+, .*: measures\n/);
    const { code, stdout } = await runInProcess(['work', runId, '--json'], { folder });
    expect(code).toBe(0);
    const records = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as object]));
    expect(records).toContainEqual(
      expect.objectContaining({ event: 'worked', runId, failedCells: 0, missing: [], isOtherHardware: false }),
    );
    await using store = await open();
    expect((await store.cells(runId)).map(({ state }) => state)).toEqual(['done', 'done']);
    const again = await runInProcess(['work'], { folder });
    const elapsed = /^\[\d+:\d+\] /gm;
    expect([again.code, again.stderr.replaceAll(elapsed, '')]).toEqual([
      0,
      `nothing is left of run ${runId}\nrun ${runId}: finished\n`,
    ]);
    expect((await runInProcess(['work', '--model', 'nope'], { folder })).code).toBe(2);
    expect((await runInProcess(['work', '--accuracy-only'], { folder })).code).toBe(2);
    const before = await store.getRun(runId);
    expect(before).toMatchObject({ status: 'finished', cost: undefined });
    expect((await runInProcess(['resume', runId], { folder })).stdout).toContain('imdb/mini@2');
    expect(await store.getRun(runId)).toEqual(before);
  });

  it('ends with 3 where cells failed here', async () => {
    const dying = { name: 'x', source: 'x', engine: 'mock', engineOptions: { crashAtRequest: 3 } };
    const { folder } = await written({ models: [dying, ...slowMocks(['a'], 0)] });
    const { code, stderr } = await runInProcess(['work'], { folder });
    expect(code).toBe(3);
    expect(stderr).toContain('failed: x / imdb/mini@2: x: the mock engine died at request 3');
  });

  it('ends with 5 where something is missing here', async () => {
    const server = { preset: 'vllm', tensorParallel: 64 } as const;
    const { folder, runId, open } = await written({ models: [{ name: 'big', source: 'owner/big', server }] });
    const { code, stderr } = await runInProcess(['work'], { folder });
    expect(code).toBe(5);
    expect(stderr).toMatch(/warning: big needs 64 GPUs, and \d+ are here\n/);
    await using store = await open();
    expect((await store.getRun(runId))?.status).toBe('interrupted');
  });

  it('ends with 75 where other hardware must do it', async () => {
    const { folder, runId, open } = await written();
    {
      await using store = await open();
      await store.changeManifest(runId, (manifest) => ({ ...manifest, hardwareClass: 'a faster one' }));
    }
    const { code, stderr } = await runInProcess(['work'], { folder });
    expect(code).toBe(75);
    expect(stderr).toMatch(/does nothing \(times are measured on a faster one, and this is /);
    expect(stderr).toMatch(/warning: run \S+ is left to other machines: times are measured on a faster one, and /);
    expect(stderr).toMatch(/ run \S+: interrupted\n$/);
    const resumed = await runInProcess(['resume'], { folder });
    expect(resumed.code).toBe(2);
    expect(resumed.stderr).toMatch(
      /error: run \S+ can't be measured here: times are measured on a faster one, and this/,
    );
  });

  it.each([
    [['work', '--model', 'c'], /^error: run \S+ has no model "c"; it has a, b\n/],
    [['work', '--accuracy-only'], /^error: the items of run \S+ are not split: none can be answered apart\n/],
    [['work', 'nothing'], /^error: no run "nothing" in /],
  ])('refuses %j', async (argv, message) => {
    const { folder } = await written();
    const { code, stderr } = await runInProcess(argv, { folder });
    expect([code, stderr.replaceAll(/^(?!error).*\n/gm, '')]).toEqual([2, expect.stringMatching(message)]);
  });

  it('is refused a question in blocks, and whole passes too', async () => {
    await expect(written({ shards: 4, decide: 'winner' })).rejects.toThrow(
      "shards: 4 can't be had here: a question is answered item by item",
    );
    await expect(written({ shards: 4, protocol: 'paper' })).rejects.toThrow(
      "shards: 4 can't be had here: the paper protocol takes its times from whole passes",
    );
  });

  it('gives its cells back at SIGTERM', async () => {
    const { folder, runId, open } = await written({ models: slowMocks(['a'], 20) });
    const worker = startPerbench(['work', '--no-progress'], { workingFolder: folder, homeFolder: folder });
    await worker.said(/a \/ imdb\/mini@2: start/);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(143);
    await using store = await open();
    expect((await store.cells(runId)).map(({ state }) => state)).toEqual(['pending']);
    expect(await store.workers(runId)).toMatchObject([{ state: 'ended' }]);
    expect((await store.getRun(runId))?.status).toBe('interrupted');
  });
});
