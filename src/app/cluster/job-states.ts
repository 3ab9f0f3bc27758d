import type { JobRecord, JobState, JobStatus } from '../../core/cluster.ts';

/** Of a job that perbench cancelled, whatever its engine says while it still ends it. */
export const cancelledHere = { state: 'cancelled', reason: 'cancelled by perbench' } as const;

export function isCancelledHere({ state, reason }: JobRecord): boolean {
  return state === cancelledHere.state && reason === cancelledHere.reason;
}

/** From the state that tells most of an order to the one that tells least. */
const telling: readonly JobState[] = ['running', 'pending', 'failed', 'lost', 'cancelled', 'done'];

/** The state of an order by those of its workers; undefined where the engine knows none of them. */
export function orderState(statuses: readonly Pick<JobStatus, 'state'>[]): JobState | undefined {
  return telling.find((state) => statuses.some((status) => status.state === state));
}
