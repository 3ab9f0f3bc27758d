import type { V1Job, V1ObjectMeta, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../core/cluster.ts';
import { orderLabel } from './job-manifest.ts';
import { indexOfHandle, readIndexes, workersOf } from './worker-states.ts';

/** What the client has classes for, as plain objects. */
type Plain<Type> = { readonly [Key in keyof Type]: Type[Key] };

const name = 'pb-r-o1-a1';

function job(status: V1Job['status'], metadata: Plain<V1ObjectMeta> = {}): Plain<V1Job> {
  return {
    metadata: { name, labels: { [orderLabel]: name }, ...metadata },
    spec: { completions: 1, template: {} },
    ...(status !== undefined && { status }),
  };
}

function pod(
  status: V1PodStatus,
  { metadata = {}, index = 0 }: { metadata?: Plain<V1ObjectMeta>; index?: number } = {},
): V1Pod {
  return {
    metadata: {
      name: `${name}-${index}-abcde`,
      labels: { [orderLabel]: name },
      annotations: { 'batch.kubernetes.io/job-completion-index': String(index) },
      creationTimestamp: new Date('2026-11-30T12:00:00Z'),
      ...metadata,
    },
    spec: { nodeName: 'n1', containers: [] },
    status,
  };
}

function ended(exitCode: number, reason = 'Error'): Plain<V1PodStatus> {
  const container = { name: 'worker', image: '', imageID: '', ready: false, restartCount: 0 };
  return { phase: 'Failed', containerStatuses: [{ ...container, state: { terminated: { exitCode, reason } } }] };
}

const gone = new Date('2026-11-30T12:10:00Z');
const drained = [
  { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction\nAPI' },
];
const noRoom = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }];
const failedJob = [{ type: 'Failed', status: 'True', reason: 'PodFailurePolicy', message: 'exit code 2' }];

type Case = readonly [what: string, job: V1Job, pods: readonly V1Pod[], expected: Partial<JobStatus>];

const cases: readonly Case[] = [
  ['no Pod yet', job({}), [], { state: 'pending', reason: undefined, node: undefined }],
  [
    'held by a queue',
    job({ conditions: [{ type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }] }),
    [],
    { state: 'pending', reason: 'JobSuspended: Job suspended' },
  ],
  [
    'no room',
    job({}),
    [pod({ phase: 'Pending', conditions: noRoom })],
    { state: 'pending', reason: 'Unschedulable: 0/3 nodes' },
  ],
  ['running', job({}), [pod({ phase: 'Running' })], { state: 'running', node: 'n1', reason: undefined }],
  [
    'asked to end',
    job({}),
    [pod({ phase: 'Running' }, { metadata: { deletionTimestamp: gone } })],
    { state: 'running', reason: 'it was asked to end' },
  ],
  ['ended, not counted yet', job({}), [pod({ phase: 'Succeeded' })], { state: 'done' }],
  ['counted, its Pod gone', job({ completedIndexes: '0' }), [], { state: 'done' }],
  ['failed', job({ failedIndexes: '0' }), [pod(ended(5))], { state: 'failed', reason: 'exit code 5' }],
  ['out of memory', job({}), [pod(ended(137, 'OOMKilled'))], { state: 'failed', reason: 'OOMKilled (exit code 137)' }],
  [
    'failed with the Job',
    job({ conditions: failedJob }),
    [pod({ phase: 'Pending' })],
    { state: 'failed', reason: 'PodFailurePolicy: exit code 2' },
  ],
  [
    'drained',
    job({}),
    [pod({ ...ended(143), conditions: drained })],
    { state: 'lost', reason: 'EvictionByEvictionAPI: Eviction API' },
  ],
  ['on a node that is gone', job({}), [pod({ phase: 'Running', conditions: drained })], { state: 'lost' }],
  [
    'on a node that does not answer',
    job({}),
    [pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] })],
    { state: 'lost', reason: 'its node does not answer', node: 'n1' },
  ],
  [
    'not ready, as its kubelet says',
    job({}),
    [pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }] })],
    { state: 'running' },
  ],
  ['unknown to its node', job({}), [pod({ phase: 'Unknown' })], { state: 'lost' }],
  [
    'cancelled while it ends',
    job({}, { deletionTimestamp: gone }),
    [pod({ phase: 'Running' }, { metadata: { deletionTimestamp: gone } })],
    { state: 'running' },
  ],
  ['cancelled and ended', job({}, { deletionTimestamp: gone }), [pod({ phase: 'Succeeded' })], { state: 'cancelled' }],
  ['cancelled while it waited', job({}, { deletionTimestamp: gone }), [], { state: 'cancelled' }],
];

describe('workersOf', () => {
  it.each(cases)('%s', (_, own, pods, expected) => {
    expect(workersOf(own, pods)).toEqual([expect.objectContaining({ name, handle: `${name}/0`, ...expected })]);
  });

  it('takes the newest Pod of an index, and those of its Job alone', () => {
    const before = pod({ ...ended(143), conditions: drained });
    const after = pod(
      { phase: 'Running' },
      {
        metadata: {
          creationTimestamp: gone,
          annotations: before.metadata?.annotations ?? {},
          labels: { [orderLabel]: name },
        },
      },
    );
    const other = pod(ended(1), { metadata: { labels: { [orderLabel]: 'other' } } });
    expect(workersOf(job({}), [after, other, before])).toMatchObject([{ state: 'running' }]);
  });

  it('has an entry for every worker that was asked for', () => {
    const wide = job({ completedIndexes: '0,2-3', failedIndexes: '4' });
    const all = workersOf({ ...wide, spec: { completions: 6, template: {} } }, [
      pod({ phase: 'Running' }, { index: 1 }),
    ]);
    expect(all.map(({ state }) => state)).toEqual(['done', 'running', 'done', 'done', 'failed', 'pending']);
    expect(all.map(({ handle }) => indexOfHandle(handle))).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('readIndexes', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['7', [7]],
    ['0,2-4,9', [0, 2, 3, 4, 9]],
  ] as const)('reads %j', (text, expected) => {
    expect(Array.from(readIndexes(text))).toEqual(expected);
  });
});
