import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../setup/postgres.ts';
import { testFolder } from '../setup/test-settings.ts';
import { expectCancelled, expectWholeRun, perbenchNodes } from './kubernetes-runs.ts';
import type { KubernetesTestCluster } from './kubernetes-test-cluster.ts';
import { missingControlPlane, openRealCluster } from './real-cluster.ts';

describe.skipIf(missingControlPlane !== undefined)('perbench on a real control plane', { timeout: 400_000 }, () => {
  let server: PostgresServer;
  let cluster: KubernetesTestCluster;
  let home: Awaited<ReturnType<typeof testFolder>>;
  beforeAll(async () => {
    home = await testFolder();
    server = await startPostgres();
    ({ cluster } = await openRealCluster(perbenchNodes(home.path)));
  }, 180_000);
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  }, 60_000);

  it('runs a suite with the answers of a run here', async () => {
    expect(await expectWholeRun({ cluster, server }, { tokenMs: 0 })).toContain('finished');
  });

  it('ends Pods that wait and Pods that run', async () => {
    expect(await expectCancelled({ cluster, server })).toEqual([]);
  });

  it('goes on when the power of all nodes goes in between', async () => {
    let text = '';
    let cut: Promise<void> | undefined;
    const powerCut = async (): Promise<void> => {
      for (const name of ['n1', 'n2', 'n3']) await cluster.killNode(name);
      await cluster.startNode('n4');
    };
    const stderr = await expectWholeRun(
      { cluster, server },
      {
        tokenMs: 30,
        onStderr: (more) => {
          text += more;
          if (text.split('a worker started on').length > 2) cut ??= powerCut();
        },
      },
    );
    await cut;
    expect(stderr).toMatch(/kubernetes job pb-\S+ (?:are|is) lost: (?:its node|DeletionByTaint)/u);
    expect(stderr).toMatch(/submitted again: pb-\S+-g0-a2 as kubernetes job/u);
  });
});
