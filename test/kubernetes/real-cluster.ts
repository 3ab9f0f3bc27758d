import { existsSync } from 'node:fs';
import { ControlPlane } from './control-plane.ts';
import { type ClusterParts, KubernetesTestCluster } from './kubernetes-test-cluster.ts';

const { PERBENCH_CONTROL_PLANE: controlPlane = '', PERBENCH_ETCD: etcd = '' } = process.env;

/** Why there is no control plane for tests; undefined where there is one. */
export const missingControlPlane =
  existsSync(controlPlane) && existsSync(etcd) ? undefined : 'no control plane: run scripts/try-kubernetes.ts';

/** A test cluster whose control plane is Kubernetes' own. */
export async function openRealCluster(
  parts: Pick<ClusterParts, 'nodes' | 'secret'> = {},
): Promise<{ readonly plane: ControlPlane; readonly cluster: KubernetesTestCluster }> {
  const plane = await ControlPlane.start({ controlPlane, etcd });
  const cluster = await KubernetesTestCluster.start({
    admin: plane.access,
    guestToken: plane.guestToken,
    tls: plane.tls,
    close: async () => plane[Symbol.asyncDispose](),
    ...parts,
  });
  return { plane, cluster };
}
