import type { JobState, JobStatus } from '../../core/cluster.ts';

/**
 * States of jobs as `squeue` writes them (squeue(1), JOB STATE CODES). What no state is known for counts as running: a
 * newer Slurm's word for something alive does less harm than one that makes perbench submit again.
 */
const states: Readonly<Record<string, JobState>> = {
  PENDING: 'pending',
  CONFIGURING: 'pending',
  REQUEUED: 'pending',
  REQUEUE_FED: 'pending',
  REQUEUE_HOLD: 'pending',
  RESV_DEL_HOLD: 'pending',
  SPECIAL_EXIT: 'pending',
  COMPLETED: 'done',
  CANCELLED: 'cancelled',
  REVOKED: 'cancelled',
  FAILED: 'failed',
  DEADLINE: 'failed',
  OUT_OF_MEMORY: 'failed',
  TIMEOUT: 'failed',
  BOOT_FAIL: 'lost',
  NODE_FAIL: 'lost',
  PREEMPTED: 'lost',
};

/** Columns of `squeue -o`: text, as its JSON has another shape in each release. */
export const columns = '%i|%T|%r|%N|%j';

/**
 * Jobs of `squeue`. One that was refused when it was submitted stays there as failed for a while, under the name that the
 * next try has: it never was a job.
 */
export function readJobs(text: string): readonly JobStatus[] {
  return text.split('\n').flatMap((line) => {
    const [handle, word, reason, node, ...name] = line.split('|');
    if (handle === undefined || word === undefined || name.length === 0) return [];
    if (word === 'FAILED' && reason === 'BadConstraints') return [];
    const state = states[word] ?? 'running';
    return [{ name: name.join('|'), handle, state, reason: reasonText(state, word, reason), node: known(node) }];
  });
}

function known(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text === 'None' || text === '(null)' ? undefined : text;
}

/** Why a job waits is its reason alone; how it ended, or what else it does, is its state too. */
function reasonText(state: JobState, word: string, reason: string | undefined): string | undefined {
  const why = known(reason);
  if (word === 'PENDING') return why;
  if (word === 'RUNNING' || state === 'done') return undefined;
  return why === undefined || why === word ? word : `${word} (${why})`;
}
