import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDoubleCluster } from '../kubernetes/double-cluster.ts';
import { expectCancelled, expectWholeRun, perbenchNodes } from '../kubernetes/kubernetes-runs.ts';
import type { KubernetesTestCluster } from '../kubernetes/kubernetes-test-cluster.ts';
import { type PostgresServer, startPostgres } from '../setup/postgres.ts';
import { testFolder } from '../setup/test-settings.ts';

let server: PostgresServer;
let cluster: KubernetesTestCluster;
let home: Awaited<ReturnType<typeof testFolder>>;
beforeAll(async () => {
  home = await testFolder();
  server = await startPostgres();
  ({ cluster } = await openDoubleCluster(perbenchNodes(home.path)));
}, 60_000);
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

it('runs a suite through Kubernetes and PostgreSQL, with the answers of a run here', { timeout: 180_000 }, async () => {
  expect(await expectWholeRun({ cluster, server }, { tokenMs: 0 })).toContain('finished');
});

it('ends Pods that wait and Pods that run', { timeout: 120_000 }, async () => {
  expect(await expectCancelled({ cluster, server })).toEqual([]);
});
