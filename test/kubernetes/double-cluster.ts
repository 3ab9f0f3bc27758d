import { request } from 'undici';
import { ApiDouble, doubleTokens } from './api-double.ts';
import { reconcile } from './controllers-double.ts';
import { type ClusterParts, KubernetesTestCluster } from './kubernetes-test-cluster.ts';

/** A test cluster whose control plane is a double: what tests of every day use. */
export async function openDoubleCluster(parts: Pick<ClusterParts, 'nodes' | 'secret'> = {}): Promise<{
  readonly cluster: KubernetesTestCluster;
  readonly double: ApiDouble;
}> {
  const double: ApiDouble = new ApiDouble(reconcile, async ({ metadata, spec }, query) => {
    const { nodeName = '' } = spec as { readonly nodeName?: string };
    const node = double.get({ resource: 'nodes', namespace: '', name: nodeName })?.['status'];
    const { daemonEndpoints } = (node ?? {}) as {
      readonly daemonEndpoints?: { readonly kubeletEndpoint: { readonly Port: number } };
    };
    const address = `http://127.0.0.1:${daemonEndpoints?.kubeletEndpoint.Port ?? 1}/containerLogs/${metadata.namespace}`;
    try {
      const answer = await request(`${address}/${metadata.name}/worker${query}`);
      return answer.statusCode === 200 ? await answer.body.text() : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return undefined;
      throw error;
    }
  });
  await double.start();
  const cluster = await KubernetesTestCluster.start({
    admin: double.access(),
    guestToken: doubleTokens.guest,
    tls: undefined,
    ...parts,
    close: async () => double.stop(),
  });
  return { cluster, double };
}
