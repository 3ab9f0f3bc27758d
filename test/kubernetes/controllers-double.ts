import type { V1Container, V1Job, V1NodeStatus, V1PodSpec, V1PodStatus } from '@kubernetes/client-node';
import { type ApiDouble, merged, type Stored } from './api-double.ts';

/** Without a renewed lease for so long, a node counts as lost. */
const nodeGraceMs = 2000;
const indexKey = 'batch.kubernetes.io/job-completion-index';
const wrongUsage = 2;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

type PodSpec = Pick<V1PodSpec, 'nodeName' | 'nodeSelector' | 'affinity'> & {
  readonly containers: readonly Pick<V1Container, keyof V1Container>[];
};
type PodStatus = Omit<V1PodStatus, 'conditions'> & { readonly conditions?: readonly Condition[] };

function podSpec(pod: Stored): PodSpec {
  return pod['spec'] as PodSpec;
}

function podStatus(pod: Stored): PodStatus {
  return pod['status'] as PodStatus;
}

function isOver(pod: Stored): boolean {
  return podStatus(pod).phase === 'Succeeded' || podStatus(pod).phase === 'Failed';
}

function isDisrupted(pod: Stored): boolean {
  return podStatus(pod).conditions?.some(({ type }) => type === 'DisruptionTarget') === true;
}

function isReady(double: ApiDouble, node: string): boolean {
  const lease = double.get({ resource: 'leases', namespace: 'kube-node-lease', name: node });
  const { renewTime = '' } = (lease?.['spec'] ?? {}) as { readonly renewTime?: string };
  return Date.now() - Date.parse(renewTime) < nodeGraceMs;
}

function change(double: ApiDouble, resource: 'jobs' | 'pods', stored: Stored, changes: object): void {
  const { namespace, name } = stored.metadata;
  double.put({ resource, namespace, name }, merged(stored, changes) as Stored);
}

/** What the control plane does, as far as workers see it: Indexed Jobs, a scheduler for GPUs, lost nodes. */
export function reconcile(double: ApiDouble): void {
  for (const pod of double.all('pods')) evict(double, pod);
  for (const job of double.all('jobs')) runJob(double, job);
  for (const pod of double.all('pods')) schedule(double, pod);
}

function evict(double: ApiDouble, pod: Stored): void {
  const { nodeName } = podSpec(pod);
  if (nodeName === undefined || isOver(pod) || isDisrupted(pod) || isReady(double, nodeName)) return;
  const message = 'Taint manager: deleting due to NoExecute taint';
  change(double, 'pods', pod, {
    metadata: { deletionTimestamp: new Date().toISOString() },
    status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message }] },
  });
}

function podsOf(double: ApiDouble, { metadata }: Stored): readonly Stored[] {
  return double.all('pods').filter((pod) => pod.metadata.labels?.['job-name'] === metadata.name);
}

function runJob(double: ApiDouble, job: Stored): void {
  const pods = podsOf(double, job);
  const { namespace, name } = job.metadata;
  if (job.metadata.deletionTimestamp !== undefined) {
    for (const { metadata } of pods.filter((pod) => pod.metadata.deletionTimestamp === undefined))
      double.remove({ resource: 'pods', namespace, name: metadata.name }, 30);
    for (const pod of pods.filter(isOver)) double.forget({ resource: 'pods', namespace, name: pod.metadata.name });
    if (podsOf(double, job).length === 0) double.forget({ resource: 'jobs', namespace, name });
    return;
  }
  account(double, job, pods);
}

function account(double: ApiDouble, job: Stored, pods: readonly Stored[]): void {
  const { completions = 1, template } = job['spec'] as NonNullable<V1Job['spec']>;
  const done: number[] = [];
  const failed: number[] = [];
  let wrong: string | undefined;
  for (let index = 0; index < completions; index += 1) {
    const own = pods.filter(({ metadata }) => metadata.annotations?.[indexKey] === String(index));
    const ended = own.find((pod) => isOver(pod) && !(isDisrupted(pod) && podStatus(pod).phase === 'Failed'));
    const code = ended === undefined ? undefined : exitCodeOf(ended);
    if (code === 0) done.push(index);
    else if (code !== undefined) failed.push(index);
    if (code === wrongUsage) wrong = `Container worker failed with exit code ${code} matching FailJob rule at index 1`;
    // A Pod that still ends on a lost node isn't replaced yet.
    if (own.every(isOver) && ended === undefined) createPod(double, job, template.spec ?? { containers: [] }, index);
  }
  const isFailed = wrong !== undefined || (failed.length > 0 && done.length + failed.length === completions);
  const why =
    wrong === undefined
      ? { reason: 'FailedIndexes', message: 'Job has failed indexes' }
      : { reason: 'PodFailurePolicy', message: wrong };
  change(double, 'jobs', job, {
    status: {
      completedIndexes: done.join(','),
      failedIndexes: failed.join(','),
      conditions: isFailed ? [{ type: 'Failed', status: 'True', ...why }] : [],
    },
  });
}

function exitCodeOf(pod: Stored): number {
  return podStatus(pod).containerStatuses?.[0]?.state?.terminated?.exitCode ?? 1;
}

let pods = 0;

function createPod(double: ApiDouble, job: Stored, spec: PodSpec, index: number): void {
  const { namespace, labels } = job.metadata;
  pods += 1;
  const name = `${job.metadata.name}-${index}-${pods}`;
  const env = [{ name: 'JOB_COMPLETION_INDEX', value: String(index) }];
  double.put(
    { resource: 'pods', namespace, name },
    {
      metadata: {
        name,
        namespace,
        uid: `pod-${pods}`,
        creationTimestamp: new Date().toISOString(),
        labels: { ...labels, 'job-name': job.metadata.name },
        annotations: { [indexKey]: String(index) },
      },
      spec: { ...spec, containers: spec.containers.map((container) => ({ ...container, env })) },
      status: { phase: 'Pending' },
    },
  );
}

function gpusOf(pod: Stored): number {
  return Number(podSpec(pod).containers[0]?.resources?.limits?.['nvidia.com/gpu'] ?? 0);
}

function schedule(double: ApiDouble, pod: Stored): void {
  if (podSpec(pod).nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined) return;
  const nodes = double.all('nodes');
  const node = nodes.find((each) => fits(double, pod, each));
  if (node !== undefined) return change(double, 'pods', pod, { spec: { nodeName: node.metadata.name } });
  const message = `0/${nodes.length} nodes are available: ${nodes.length} Insufficient nvidia.com/gpu.`;
  change(double, 'pods', pod, {
    status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
  });
}

function fits(double: ApiDouble, pod: Stored, { metadata, ...node }: Stored): boolean {
  const { nodeSelector = {}, affinity } = podSpec(pod);
  const there = double.all('pods').filter((each) => podSpec(each).nodeName === metadata.name && !isOver(each));
  const room = Number((node['status'] as V1NodeStatus).allocatable?.['nvidia.com/gpu'] ?? 0);
  const taken = there.reduce((sum, each) => sum + gpusOf(each), 0);
  const isApart = affinity === undefined && there.every((each) => podSpec(each).affinity === undefined);
  return (
    isReady(double, metadata.name) &&
    Object.entries(nodeSelector).every(([key, value]) => metadata.labels?.[key] === value) &&
    (isApart || there.length === 0) &&
    gpusOf(pod) <= room - taken
  );
}
