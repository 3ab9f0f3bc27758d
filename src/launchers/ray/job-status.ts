import * as z from 'zod';
import type { JobState, JobStatus } from '../../core/cluster.ts';
import { shortText } from '../../core/short-text.ts';
import { jsonOf, lastLine } from './ray-head.ts';
import type { RayResources } from './submission.ts';

/** A job of perbench in `GET /api/jobs/`; the list has everybody's. */
export const jobSchema = z.object({
  submission_id: z.string(),
  status: z.string(),
  message: z.string().nullish(),
  error_type: z.string().nullish(),
  driver_agent_http_address: z.string().nullish(),
  driver_exit_code: z.int().nullish(),
  metadata: z.object({ perbench_run: z.string(), perbench_order: z.string(), perbench_resources: z.string() }),
});
export type RayJob = z.output<typeof jobSchema>;

/** A job that another version of Ray gives another status is there, and hasn't ended as far as anybody knows. */
const states: Readonly<Partial<Record<string, JobState>>> = {
  PENDING: 'pending',
  RUNNING: 'running',
  SUCCEEDED: 'done',
  FAILED: 'failed',
  STOPPED: 'cancelled',
};

/** What starts the worker, and watches it, died with its node, or alone: then it took the worker along. */
const lost = /^JOB_SUPERVISOR_ACTOR_(?:DIED|UNKNOWN_FAILURE)$/;
const diedSupervisor = /supervisor actor died/i;
const diedNode = /node (?:has died|was terminated)/i;

function stateOf({ status, error_type: type, message, driver_exit_code: exitCode }: RayJob): JobState {
  const state = states[status] ?? 'running';
  // A worker that ended by itself has an exit code, and the end of its log is in the message.
  if (state !== 'failed' || exitCode != null) return state;
  const said = message ?? '';
  return lost.test(type ?? '') || diedSupervisor.test(said) || diedNode.test(said) ? 'lost' : state;
}

export function isAlive(job: RayJob): boolean {
  const state = stateOf(job);
  return state === 'pending' || state === 'running';
}

const longestReason = 200;

function reasonOf({ message, driver_exit_code: exitCode }: RayJob, state: JobState): string | undefined {
  const said = message ?? '';
  if (state === 'running' || state === 'done') return undefined;
  if (state === 'lost' && diedNode.test(said)) return 'its node has died';
  // The message has the end of its log.
  if (exitCode != null) return exitCode < 0 ? `ended by signal ${-exitCode}` : `exit code ${exitCode}`;
  const line = said.startsWith('Traceback') ? lastLine(said) : said.split('\n').find((each) => each.trim() !== '');
  return line === undefined ? undefined : shortText(line.trim(), longestReason);
}

/** @param waiting says more than Ray does about a job that waits */
export function statusOf(job: RayJob, waiting: (job: RayJob) => string | undefined): JobStatus {
  const state = stateOf(job);
  return {
    name: job.metadata.perbench_order,
    handle: job.submission_id,
    state,
    reason: (state === 'pending' ? waiting(job) : undefined) ?? reasonOf(job, state),
    node: URL.parse(job.driver_agent_http_address ?? '')?.hostname,
  };
}

/** `GET /api/v0/nodes?detail=1`, of which perbench reads what nodes have. */
export const nodesSchema = z.object({
  data: z.object({
    result: z.object({
      result: z.array(z.object({ state: z.string(), resources_total: z.record(z.string(), z.unknown()) })),
    }),
  }),
});
export type RayNodes = z.output<typeof nodesSchema>;

const resourcesSchema = z.record(z.string(), z.number());

/** Why a job can't start: no node has what it asks for. Undefined where one has, or nobody knows. */
export function whyNoNode({ metadata }: RayJob, { data }: RayNodes): string | undefined {
  const asked = resourcesSchema.safeParse(jsonOf(metadata.perbench_resources));
  const alive = data.result.result.filter(({ state }) => state === 'ALIVE');
  if (!asked.success || alive.length === 0) return undefined;
  const has = ({ resources_total: total }: (typeof alive)[number]): boolean =>
    Object.entries(asked.data).every(([name, amount]) => {
      const own = total[name] ?? 0;
      // An amount as a text is for people.
      return typeof own !== 'number' || own >= amount;
    });
  return alive.some((node) => has(node)) ? undefined : `no node has ${resourcesText(asked.data)}`;
}

function resourcesText(resources: RayResources): string {
  const parts = Object.entries(resources).map(([name, amount]) =>
    name === 'memory' ? `${Math.ceil(amount / 2 ** 20)} MiB memory` : `${amount} ${name}`,
  );
  return parts.join(', ');
}
