import { expect, it } from 'vitest';
import { readJobs } from './slurm-jobs.ts';

it.each([
  ['PENDING', 'Resources', 'pending', 'Resources'],
  ['PENDING', 'None', 'pending', undefined],
  ['CONFIGURING', 'None', 'pending', 'CONFIGURING'],
  ['REQUEUE_HOLD', 'launch failed requeued held', 'pending', 'REQUEUE_HOLD (launch failed requeued held)'],
  ['RUNNING', 'None', 'running', undefined],
  ['COMPLETING', 'None', 'running', 'COMPLETING'],
  ['SUSPENDED', 'None', 'running', 'SUSPENDED'],
  ['A_NEWER_WORD', 'None', 'running', 'A_NEWER_WORD'],
  ['COMPLETED', 'None', 'done', undefined],
  ['FAILED', 'NonZeroExitCode', 'failed', 'FAILED (NonZeroExitCode)'],
  ['TIMEOUT', 'TimeLimit', 'failed', 'TIMEOUT (TimeLimit)'],
  ['OUT_OF_MEMORY', 'OutOfMemory', 'failed', 'OUT_OF_MEMORY (OutOfMemory)'],
  ['CANCELLED', 'None', 'cancelled', 'CANCELLED'],
  ['NODE_FAIL', 'NodeDown', 'lost', 'NODE_FAIL (NodeDown)'],
  ['PREEMPTED', 'None', 'lost', 'PREEMPTED'],
])('reads a job that is %s (%s)', (word, why, state, reason) => {
  const [job] = readJobs(`12_0|${word}|${why}|n1|pb-20261124-163012-k3f9-o1-a1\n`);
  expect(job).toEqual({ name: 'pb-20261124-163012-k3f9-o1-a1', handle: '12_0', state, reason, node: 'n1' });
});

it('reads every line that is a job, and no other', () => {
  const text = [
    'a warning of the site',
    '11|FAILED|BadConstraints||pb-x',
    '12_0|PENDING|Priority||pb-x',
    '13|RUNNING|None|n2|own|name',
    '',
  ];
  expect(readJobs(text.join('\n')).map(({ name, node }) => [name, node])).toEqual([
    ['pb-x', undefined],
    ['own|name', 'n2'],
  ]);
});
