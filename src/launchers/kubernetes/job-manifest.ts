import { createHash } from 'node:crypto';
import type {
  V1Affinity,
  V1Job,
  V1PodFailurePolicyRule,
  V1PodSpec,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import type { ClusterSettings } from '../../core/cluster-settings.ts';
import type { WorkerOrder } from '../../core/cluster.ts';

/** What a suite says of Kubernetes, with every default filled in. */
export type KubernetesSettings = NonNullable<ClusterSettings['kubernetes']>;

/** By these, Jobs and Pods are found again. */
export const runLabel = 'perbench/run';
export const orderLabel = 'perbench/order';
const programLabel = { 'app.kubernetes.io/name': 'perbench' } as const;

export const containerName = 'worker';

/** A Pod of an Indexed Job is called after the Job and its index, and may have 63 characters: RFC 1123. */
const longestName = 57;

/** The Job of an order: called like it, unless its Pods' names would be too long. */
export function jobName(order: string): string {
  if (order.length <= longestName) return order;
  const tail = createHash('sha256').update(order).digest('hex').slice(0, 8);
  return `${order.slice(0, longestName - tail.length - 1).replace(/-+$/u, '')}-${tail}`;
}

/** Words as arguments of a container: Kubernetes fills in `$(NAME)`, and reads `$$` as a dollar sign. */
function argument(word: string): string {
  return word.replaceAll('$', '$$$$');
}

const mebibyte = 2 ** 20;

function resources({ gpus, memoryBytes }: WorkerOrder['needs']): object {
  return {
    ...(gpus > 0 && { limits: { 'nvidia.com/gpu': String(gpus) } }),
    ...(memoryBytes !== undefined && { requests: { memory: `${Math.ceil(memoryBytes / mebibyte)}Mi` } }),
  };
}

/**
 * Not beside any other worker of perbench, in whatever namespace. Pods of others can't be kept away like this, as some run
 * on every node; a measurement beside a busy one is marked.
 */
const alone: V1Affinity = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: programLabel }, namespaceSelector: {} },
    ],
  },
};

/** Processes of one engine on several GPUs share memory, of which a container has 64 MiB. */
const sharedMemory = { name: 'shared-memory', mountPath: '/dev/shm', volume: { emptyDir: { medium: 'Memory' } } };

function volumes(
  order: WorkerOrder,
  settings: KubernetesSettings,
): Pick<V1PodSpec, 'volumes'> & {
  readonly mounts: V1VolumeMount[];
} {
  const claims = Object.entries(settings.volumes).map(([mountPath, claimName], index) => ({
    name: `volume-${index}`,
    mountPath,
    volume: { persistentVolumeClaim: { claimName } },
  }));
  const all = order.needs.gpus > 0 ? [...claims, sharedMemory] : claims;
  return {
    volumes: all.map(({ name, volume }): V1Volume => ({ name, ...volume })),
    mounts: all.map(({ name, mountPath }) => ({ name, mountPath })),
  };
}

/** A worker that is asked to end finishes the requests that are in flight. */
const graceSeconds = 120;

function podSpec(order: WorkerOrder, settings: KubernetesSettings): V1PodSpec {
  const { mounts, volumes: podVolumes = [] } = volumes(order, settings);
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: graceSeconds,
    // A worker talks to the store alone.
    automountServiceAccountToken: false,
    ...(settings.serviceAccount !== undefined && { serviceAccountName: settings.serviceAccount }),
    ...(Object.keys(settings.nodeSelector).length > 0 && { nodeSelector: settings.nodeSelector }),
    ...(settings.tolerations.length > 0 && { tolerations: settings.tolerations }),
    ...(order.isExclusive && { affinity: alone }),
    containers: [
      {
        name: containerName,
        image: settings.image,
        ...(settings.pullPolicy !== undefined && { imagePullPolicy: settings.pullPolicy }),
        args: order.words.map(argument),
        // Else every Pod would be a machine of its own, under its host name.
        env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
        envFrom: [{ secretRef: { name: settings.storeSecret } }],
        resources: resources(order.needs),
        ...(mounts.length > 0 && { volumeMounts: mounts }),
      },
    ],
    ...(podVolumes.length > 0 && { volumes: podVolumes }),
  };
}

/** The command line is wrong, or the suite: so it is for every worker of the order. */
const wrongUsage = 2;

const failureRules: V1PodFailurePolicyRule[] = [
  // The node was lost or drained, or the Pod made room for another: nothing failed, and a new Pod takes its place.
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  { action: 'FailJob', onExitCodes: { containerName, operator: 'In', values: [wrongUsage] } },
];

/** How long Kubernetes keeps a Job that has ended, with its Pods' logs. */
const keptSeconds = 7 * 86_400;

/** An order as an Indexed Job: a Pod per worker. Needs Kubernetes 1.29 or newer. */
export function jobManifest(order: WorkerOrder, settings: KubernetesSettings): V1Job {
  const labels = { ...programLabel, [runLabel]: order.runId, [orderLabel]: order.name };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(order.name),
      ...(settings.namespace !== undefined && { namespace: settings.namespace }),
      labels: { ...labels, ...(settings.queue !== undefined && { 'kueue.x-k8s.io/queue-name': settings.queue }) },
    },
    spec: {
      completionMode: 'Indexed',
      completions: order.workers,
      parallelism: order.workers,
      // A worker that fails leaves the others alone. Whether another is asked for, perbench decides, for every launcher.
      backoffLimitPerIndex: 0,
      podFailurePolicy: { rules: failureRules },
      ttlSecondsAfterFinished: keptSeconds,
      template: { metadata: { labels }, spec: podSpec(order, settings) },
    },
  };
}
