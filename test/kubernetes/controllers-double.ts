import type {
  V1Container,
  V1Job,
  V1NodeStatus,
  V1PodFailurePolicyRule,
  V1PodSpec,
  V1PodStatus,
} from '@kubernetes/client-node';
import { type ApiDouble, merged, type Stored } from './api-double.ts';

/** Without a renewed lease for so long, a node counts as lost. */
const nodeGraceMs = 2000;
const indexKey = 'batch.kubernetes.io/job-completion-index';

type JobSpec = NonNullable<V1Job['spec']>;

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
    endPods(double, job, pods);
    for (const pod of pods.filter(isOver)) double.forget({ resource: 'pods', namespace, name: pod.metadata.name });
    if (podsOf(double, job).length === 0) double.forget({ resource: 'jobs', namespace, name });
    return;
  }
  account(double, job, pods);
}

/** The first rule of a Job's `podFailurePolicy` that fits a Pod that failed. */
function ruleFor(pod: Stored, job: JobSpec): V1PodFailurePolicyRule['action'] | undefined {
  const rule = job.podFailurePolicy?.rules.find(({ onExitCodes, onPodConditions = [] }) =>
    onExitCodes === undefined
      ? onPodConditions.some(({ type }) => podStatus(pod).conditions?.some((each) => each.type === type) === true)
      : onExitCodes.values.includes(exitCodeOf(pod)),
  );
  return rule?.action;
}

function account(double: ApiDouble, job: Stored, pods: readonly Stored[]): void {
  const spec = job['spec'] as JobSpec;
  const { completions = 1, template } = spec;
  const indexes = Array.from({ length: completions }, (_, index) => {
    const own = pods.filter(({ metadata }) => metadata.annotations?.[indexKey] === String(index));
    const failed = own.filter((pod) => podStatus(pod).phase === 'Failed' && ruleFor(pod, spec) !== 'Ignore');
    const isDone = own.some((pod) => podStatus(pod).phase === 'Succeeded');
    return { index, isDone, failed, isFree: own.every(isOver) && !isDone && failed.length === 0 };
  });
  const failed = indexes.filter((each) => each.failed.length > 0);
  const wrong = failed.flatMap((each) => each.failed).find((pod) => ruleFor(pod, spec) === 'FailJob');
  const isOverAll = indexes.every(({ isDone, failed: own }) => isDone || own.length > 0);
  const why =
    wrong === undefined
      ? { reason: 'FailedIndexes', message: 'Job has failed indexes' }
      : { reason: 'PodFailurePolicy', message: `exit code ${exitCodeOf(wrong)} matching FailJob rule at index 1` };
  const isFailed = wrong !== undefined || (failed.length > 0 && isOverAll);
  change(double, 'jobs', job, {
    status: {
      completedIndexes: indexes.flatMap(({ index, isDone }) => (isDone ? [index] : [])).join(','),
      failedIndexes: failed.map(({ index }) => index).join(','),
      conditions: isFailed ? [{ type: 'Failed', status: 'True', ...why }] : [],
    },
  });
  if (isFailed) return endPods(double, job, pods);
  // A Pod that still ends on a lost node isn't replaced yet.
  for (const { index } of indexes.filter(({ isFree }) => isFree))
    createPod(double, job, template.spec ?? { containers: [] }, index);
}

function endPods(double: ApiDouble, { metadata: { namespace } }: Stored, pods: readonly Stored[]): void {
  for (const { metadata } of pods.filter((pod) => !isOver(pod) && pod.metadata.deletionTimestamp === undefined))
    double.remove({ resource: 'pods', namespace, name: metadata.name }, 30);
}

function exitCodeOf(pod: Stored): number {
  return podStatus(pod).containerStatuses?.[0]?.state?.terminated?.exitCode ?? 1;
}

let pods = 0;

function createPod(double: ApiDouble, job: Stored, spec: PodSpec, index: number): void {
  const { namespace, labels } = job.metadata;
  pods += 1;
  const name = `${job.metadata.name}-${index}-${pods}`;
  const own = { name: 'JOB_COMPLETION_INDEX', value: String(index) };
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
      spec: {
        ...spec,
        containers: spec.containers.map((container) => ({ ...container, env: [...(container.env ?? []), own] })),
      },
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
