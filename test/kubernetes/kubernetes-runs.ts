import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { allAnswers, answersIn, doneCodes, localAnswers, writeRaySuite } from '../ray/ray-runs.ts';
import { busyTests } from '../setup/busy-tests.ts';
import { perbenchBin } from '../setup/perbench-process.ts';
import { postgresPassword, type PostgresServer } from '../setup/postgres.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import { testFolder } from '../setup/test-settings.ts';
import type { PodJson } from './api-client.ts';
import { type ClusterParts, type KubernetesTestCluster, nodeNames, tolerations } from './kubernetes-test-cluster.ts';

/** Nodes whose image `perbench` is this perbench, and the secret with the password of its store. */
export function perbenchNodes(home: string): Pick<ClusterParts, 'nodes' | 'secret'> {
  const environment = { ...busyTests, PATH: process.env['PATH'] ?? '', HOME: home };
  const images = { perbench: [process.execPath, perbenchBin] };
  return { nodes: { images, environment }, secret: { PGPASSWORD: postgresPassword } };
}

async function writeSuite(folder: string, tokenMs: number): Promise<void> {
  await writeRaySuite(folder, tokenMs, {});
  const file = join(folder, 'suite.json');
  const suite = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...suite, cluster: { kubernetes: { tolerations } } }));
}

interface Place {
  readonly cluster: KubernetesTestCluster;
  readonly server: PostgresServer;
}

/**
 * Runs a suite on a cluster, and expects the answers of a run on this machine, and the password nowhere.
 *
 * @param tokenMs how long a model takes for a token
 * @returns what went to stderr
 */
export async function expectWholeRun(
  { cluster, server }: Place,
  { tokenMs, onStderr }: { readonly tokenMs: number; readonly onStderr?: (text: string) => void },
): Promise<string> {
  await using folder = await testFolder();
  await writeSuite(folder.path, tokenMs);
  const address = await server.newDatabase();
  const { code, stdout, stderr } = await runInProcess(['run', 'suite.json', '--on', 'kubernetes', '--store', address], {
    folder: folder.path,
    environment: { KUBECONFIG: cluster.kubeconfig },
    ...(onStderr !== undefined && { onStderr }),
  });
  expect(stderr).toMatch(/^submitted pb-\S+-g0-a1 as job pb-\S+-g0-a1: 3 workers for 3 models$/m);
  expect(stderr).toMatch(/run \S+: finished$/m);
  expect(doneCodes).toContain(code);
  await using store = await openStore({ address });
  const answers = await answersIn(store);
  expect(answers.size).toBe(allAnswers);
  expect(answers).toEqual(await localAnswers(folder.path));
  const { id: runId = '' } = (await store.latestRun()) ?? {};
  // Nodes, not Pods.
  const machines = (await store.workers(runId)).map(({ hostname }) => hostname);
  expect(machines.filter((name) => !(nodeNames as readonly string[]).includes(name))).toEqual([]);
  const objects = await cluster.api.ask('GET', '/apis/batch/v1/namespaces/default/jobs');
  const kept = JSON.stringify([stdout, stderr, objects, await store.jobs(runId)]);
  for (const secret of [postgresPassword, encodeURIComponent(postgresPassword)]) expect(kept).not.toContain(secret);
  return stderr;
}

/**
 * Cancels a run while its first worker starts.
 *
 * @returns its Pods that still run or would start
 */
export async function expectCancelled({ cluster, server }: Place): Promise<readonly PodJson[]> {
  await using folder = await testFolder();
  await writeSuite(folder.path, 50);
  const address = await server.newDatabase();
  const options = { folder: folder.path, environment: { KUBECONFIG: cluster.kubeconfig } };
  let cancelling: ReturnType<typeof runInProcess> | undefined;
  const { code } = await runInProcess(['run', 'suite.json', '--on', 'kubernetes', '--store', address], {
    ...options,
    onStderr: (text) => {
      if (text.includes('a worker started on')) cancelling ??= runInProcess(['cancel', '--store', address], options);
    },
  });
  expect(code).toBe(3);
  expect(await cancelling).toMatchObject({ code: 0 });
  await using store = await openStore({ address });
  const run = await store.latestRun();
  expect(run).toMatchObject({ status: 'interrupted', isStopRequested: true });
  expect((await store.cells(run?.id ?? '')).every(({ state }) => state === 'pending' || state === 'done')).toBe(true);
  const pods = await cluster.api.pods(`labelSelector=perbench/run%3D${run?.id}`);
  return pods.filter(({ status }) => status.phase === 'Running' || status.phase === 'Pending');
}
