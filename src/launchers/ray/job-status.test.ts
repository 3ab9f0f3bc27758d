import { describe, expect, it } from 'vitest';
import { type RayJob, statusOf, whyNoNode } from './job-status.ts';

function job(changes: Partial<RayJob>, resources = '{"CPU":1}'): RayJob {
  const metadata = { perbench_run: 'r', perbench_order: 'pb-r-o-a1', perbench_resources: resources };
  return { submission_id: 'pb-r-o-a1-0', status: 'FAILED', metadata, ...changes };
}

const seen = (changes: Partial<RayJob>) => {
  const { state, reason } = statusOf(job(changes), () => undefined);
  return { state, reason };
};

describe('the state of a job', () => {
  it('is lost where its node or its supervisor died, and failed where the worker ended', () => {
    const died =
      'Job supervisor actor died: The actor died.\n\tactor_id: 00\nThe actor is dead because its node has died.';
    expect(seen({ message: died, error_type: 'JOB_SUPERVISOR_ACTOR_DIED' })).toEqual({
      state: 'lost',
      reason: 'its node has died',
    });
    // Before there were types of errors.
    expect(seen({ message: died })).toEqual({ state: 'lost', reason: 'its node has died' });
    expect(seen({ message: 'Job supervisor actor died: The worker was killed.\nmore' })).toEqual({
      state: 'lost',
      reason: 'Job supervisor actor died: The worker was killed.',
    });
    // What a worker wrote is in the message.
    expect(seen({ message: `failed with exit code 3, last logs:\n${died}`, driver_exit_code: 3 })).toEqual({
      state: 'failed',
      reason: 'exit code 3',
    });
    expect(seen({ message: 'failed', driver_exit_code: -9 })).toEqual({ state: 'failed', reason: 'ended by signal 9' });
  });

  it('has a reason in one line, of a traceback the last', () => {
    const traceback = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: not so\n';
    expect(seen({ message: traceback })).toEqual({ state: 'failed', reason: 'ValueError: not so' });
    expect(seen({ message: '' })).toEqual({ state: 'failed', reason: undefined });
    expect(seen({ status: 'RUNNING', message: 'Job is currently running.' })).toEqual({
      state: 'running',
      reason: undefined,
    });
    expect(seen({ status: 'SUCCEEDED', driver_exit_code: 0 })).toEqual({ state: 'done', reason: undefined });
  });

  it('is that of a job which has not ended where Ray calls it what perbench does not know', () => {
    expect(seen({ status: 'RETRYING' })).toEqual({ state: 'running', reason: undefined });
  });

  it('names the node by its address', () => {
    const node = (address: string | null) =>
      statusOf(job({ driver_agent_http_address: address }), () => undefined).node;
    expect(node('http://10.0.0.7:52365')).toBe('10.0.0.7');
    expect(node('http://[fd00::7]:52365')).toBe('[fd00::7]');
    expect(node(null)).toBeUndefined();
  });
});

it('says that no node has what a job asks for only where nodes say what they have', () => {
  const nodes = (...totals: readonly Readonly<Record<string, unknown>>[]) => ({
    data: { result: { result: totals.map((total) => ({ state: 'ALIVE', resources_total: total })) } },
  });
  const asking = job({ status: 'PENDING' }, '{"CPU":1,"memory":1048576}');
  expect(whyNoNode(asking, nodes({ CPU: 4, memory: 2 ** 20 }))).toBeUndefined();
  expect(whyNoNode(asking, nodes({ CPU: 4, memory: 2 ** 19 }, { memory: 2 ** 30 }))).toBe(
    'no node has 1 CPU, 1 MiB memory',
  );
  expect(whyNoNode(asking, nodes({ CPU: 4, memory: '0.5 GiB' }))).toBeUndefined();
  expect(whyNoNode(asking, nodes())).toBeUndefined();
  expect(whyNoNode(job({}, 'no JSON'), nodes({ CPU: 4 }))).toBeUndefined();
});
