import type { V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';
import type { JobStatus } from '../../core/cluster.ts';
import { orderLabel } from './job-manifest.ts';

/** Where Kubernetes writes the index of a Pod of an Indexed Job. */
const indexAnnotation = 'batch.kubernetes.io/job-completion-index';

type WorkerState = Pick<JobStatus, 'state' | 'reason' | 'node'>;

/** Indexes as the status of an Indexed Job lists them: `0,2-4`. */
export function readIndexes(text: string | undefined): ReadonlySet<number> {
  const ranges = (text ?? '').split(',').filter((part) => part !== '');
  return new Set(
    ranges.flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
    }),
  );
}

/** Pods of a Job by index. After a disruption an index has several: the newest counts. */
export function podsByIndex(pods: readonly V1Pod[]): ReadonlyMap<number, V1Pod> {
  const byAge = pods.toSorted((a, b) => startOf(a) - startOf(b));
  return new Map(byAge.map((pod) => [Number(pod.metadata?.annotations?.[indexAnnotation] ?? 0), pod]));
}

function startOf({ metadata }: V1Pod): number {
  return metadata?.creationTimestamp?.getTime() ?? 0;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

function conditionOf(
  { status }: { readonly status?: { readonly conditions?: readonly Condition[] } },
  type: string,
  value = 'True',
): Condition | undefined {
  return status?.conditions?.find((each) => each.type === type && each.status === value);
}

/** `Unschedulable: 0/3 nodes are available`, in one line. */
function words(part: { readonly reason?: string; readonly message?: string } | undefined): string | undefined {
  const text = [part?.reason, part?.message].filter((each) => each !== undefined && each !== '').join(': ');
  return text === '' ? undefined : text.replaceAll(/\s+/gu, ' ');
}

/** Why a container ended: `exit code 5`, `OOMKilled (exit code 137)`. */
function endOf(container: V1ContainerStatus | undefined): string | undefined {
  const ended = container?.state?.terminated;
  if (ended === undefined) return undefined;
  const code = `exit code ${ended.exitCode}`;
  return ended.reason === undefined || ended.reason === 'Error' ? code : `${ended.reason} (${code})`;
}

/**
 * Long before Kubernetes gives a Pod up, and if most nodes are lost instead, its controllers call it not ready; unlike a
 * kubelet, without a reason.
 */
function isOnLostNode(pod: V1Pod): boolean {
  const unready = conditionOf(pod, 'Ready', 'False');
  return unready !== undefined && (unready.reason ?? '') === '';
}

function stateOfPod(pod: V1Pod): WorkerState {
  const node = pod.spec?.nodeName;
  const container = pod.status?.containerStatuses?.[0];
  const disruption = conditionOf(pod, 'DisruptionTarget');
  const isEnding = pod.metadata?.deletionTimestamp !== undefined;
  switch (pod.status?.phase) {
    case 'Succeeded':
      return { state: 'done', reason: undefined, node };
    case 'Failed':
      if (disruption === undefined) return { state: 'failed', reason: endOf(container) ?? words(pod.status), node };
      return { state: 'lost', reason: words(disruption), node };
    case 'Running':
      if (disruption !== undefined) return { state: 'lost', reason: words(disruption), node };
      if (!isEnding && isOnLostNode(pod)) return { state: 'lost', reason: 'its node does not answer', node };
      return { state: 'running', reason: isEnding ? 'it was asked to end' : undefined, node };
    case 'Unknown':
      return { state: 'lost', reason: words(pod.status), node };
    default: {
      const reason = words(container?.state?.waiting) ?? words(conditionOf(pod, 'PodScheduled', 'False'));
      return { state: 'pending', reason, node };
    }
  }
}

/** One worker: what the Job knows of an index comes first, as Pods that have ended may be gone. */
function stateOfIndex(job: V1Job, index: number, pod: V1Pod | undefined): WorkerState {
  const ofPod = pod === undefined ? undefined : stateOfPod(pod);
  const node = ofPod?.node;
  const isDeleted = job.metadata?.deletionTimestamp !== undefined;
  // A Job that is deleted stays until its Pods have ended.
  if (isDeleted) {
    const isAlive = ofPod?.state === 'running' || ofPod?.state === 'lost';
    return isAlive ? ofPod : { state: 'cancelled', reason: undefined, node };
  }
  if (readIndexes(job.status?.completedIndexes).has(index)) return { state: 'done', reason: undefined, node };
  const end = conditionOf(job, 'Failed') ?? conditionOf(job, 'FailureTarget');
  if (readIndexes(job.status?.failedIndexes).has(index)) {
    const reason = ofPod?.state === 'failed' ? ofPod.reason : words(end);
    return { state: 'failed', reason, node };
  }
  if (ofPod !== undefined && ofPod.state !== 'pending') return ofPod;
  if (end !== undefined) return { state: 'failed', reason: words(end), node };
  return ofPod ?? { state: 'pending', reason: words(conditionOf(job, 'Suspended')), node };
}

/** The workers of a Job, one entry for each that it was asked for. */
export function workersOf(job: V1Job, pods: readonly V1Pod[]): readonly JobStatus[] {
  const name = job.metadata?.labels?.[orderLabel] ?? '';
  const known = podsByIndex(pods.filter(({ metadata }) => metadata?.labels?.[orderLabel] === name));
  return Array.from({ length: job.spec?.completions ?? 1 }, (_, index) => ({
    name,
    handle: workerHandle(job.metadata?.name ?? name, index),
    ...stateOfIndex(job, index, known.get(index)),
  }));
}

/** How perbench calls a worker of a Job, whatever Pod it has: `pb-…-a1/0`. */
function workerHandle(job: string, index: number): string {
  return `${job}/${index}`;
}

export function indexOfHandle(handle: string): number {
  return Number(handle.slice(handle.lastIndexOf('/') + 1));
}
