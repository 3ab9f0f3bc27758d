import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followRun } from '../../src/app/cluster/follow-run.ts';
import { launchRun } from '../../src/app/cluster/launch-run.ts';
import { parseSuite } from '../../src/app/parse-suite.ts';
import { prepareRun } from '../../src/app/prepare-run.ts';
import { libraryContext } from '../../src/app/run.ts';
import { withoutPassword } from '../../src/core/store-address.ts';
import { openStore } from '../../src/store/open-store.ts';
import { briefSuite, clusterFolder } from '../setup/cluster-workers.ts';
import { asProcesses, LocalLauncher } from '../setup/local-launcher.ts';
import { makeGguf } from '../setup/make-gguf.ts';
import { perbenchBin } from '../setup/perbench-process.ts';
import { postgresPassword, type PostgresServer, startPostgres } from '../setup/postgres.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** What a node is like, beside having everything. */
interface Node {
  readonly password?: string;
  readonly path?: string | undefined;
  /** Where the store is, as seen from there. */
  readonly store?: string;
  readonly hasModel?: boolean;
}

/** What who follows a run is told of its workers, all of which are on such nodes. */
async function toldOf({
  password = postgresPassword,
  path = process.env['PATH'],
  store: seen,
  hasModel = true,
}: Node): Promise<readonly string[]> {
  const folder = clusterFolder();
  const model = join(folder, 'm.gguf');
  const entries = [['general.architecture', 'llama']] as const;
  writeFileSync(model, makeGguf(entries, [{ name: 'w', shape: [2, 10], offset: 0 }], 80));
  const address = await server.newDatabase();
  await using store = await openStore({ address });
  const context = libraryContext({ workingFolder: folder, environment: { XDG_CACHE_HOME: folder } });
  const never = new AbortController().signal;
  const suite = { ...briefSuite, launches: 1, tasks: ['imdb/mini'], models: ['./m.gguf'] };
  const plan = await prepareRun(parseSuite(suite), context, never);
  await context.meter[Symbol.asyncDispose]?.();
  const storeUrl = withoutPassword(address);
  const env = { PATH: path, HOME: folder, XDG_CACHE_HOME: folder, PGPASSWORD: password };
  await using engine = new LocalLauncher(
    asProcesses(
      // By the kernel, which asks for `node` on the path.
      ({ words }) => {
        // Launched it was with the file: here it isn't.
        if (!hasModel) rmSync(model, { force: true });
        return [perbenchBin, ...words.map((word) => (word === storeUrl ? (seen ?? word) : word))];
      },
      { cwd: folder, env },
    ),
  );
  const { runId } = await launchRun(plan, {
    store,
    launcher: engine,
    workingFolder: folder,
    storeUrl,
    workers: undefined,
  });
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error('the run was written');
  const told: string[] = [];
  const options = { signal: never, isResumed: false, storeEveryMs: 50, jobsEveryMs: 100 };
  for await (const event of followRun(store, run, async () => engine, options)) {
    if (event.type === 'warning') told.push(event.message);
  }
  return told.filter((line) => line.includes('_0 failed') || line.startsWith('the worker on'));
}

describe('who follows a run is told in one line of each worker', { timeout: 120_000 }, () => {
  it('that its node cannot reach the store', async () => {
    const told = await toldOf({ store: 'postgres://me@127.0.0.1:1/results' });
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/^slurm job 100_0 failed: .*127\.0\.0\.1:1\b.*(?:refused|reached)/);
  });

  it('that the password is wrong there', async () => {
    const told = await toldOf({ password: 'another' });
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/^slurm job 100_0 failed: .*password/);
  });

  it('that there is no Node', async () => {
    const told = await toldOf({ path: '/nowhere' });
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/^slurm job 100_0 failed: .*node.*: No such file or directory$/);
  });

  it('that the model is missing there', async () => {
    const told = await toldOf({ hasModel: false });
    expect(told.filter((line) => line.startsWith('the worker on'))).toHaveLength(2);
    expect(told[0]).toMatch(/m\.gguf is not here\. Put the file there/);
  });
});
