import { countText } from '../../core/amount-text.ts';
import type { JobRecord, JobState, JobStatus, Launcher, StoredJob } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/event.ts';
import type { OpenWork, Store } from '../../core/store.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { isAlive, orderState } from './job-states.ts';
import { mayAppear } from './launch-run.ts';
import { isHelper, newestAttempts, nextAttempt, orderBase } from './orders.ts';
import { progressOf, submitOrder } from './submit-order.ts';

export interface FollowedJobsOptions {
  readonly store: Store;
  readonly runId: string;
  readonly launcher: Launcher;
  readonly leaseMs: number;
  /** How long an engine may take to list what was submitted, in milliseconds. */
  readonly graceMs: number;
}

/** So often an order is submitted while nothing comes of it. */
const mostTries = 3;

const mostReasons = 3;

/** A worker's exit codes for a command line that is wrong, and for a machine that the run isn't measured on. */
const lastingCode = /\bexit code (?:2|75)\b/;

interface EndReason {
  /** In brackets, or empty. */
  readonly why: string;
  /** Another submission would end the same way. */
  readonly isLasting: boolean;
}

const noReason: EndReason = { why: '', isLasting: false };

const note = (message: string): RunEvent => ({ type: 'note', message });
const warning = (message: string): RunEvent => ({ type: 'warning', message });

/**
 * Follows the jobs of a run through its engine, which says what lives, while the store says what is done: an order none of
 * whose workers lives, whose leases have run out and which has work left, is submitted again.
 */
export class FollowedJobs {
  readonly #options: FollowedJobsOptions;
  /** What was told of a worker last, by its handle. */
  readonly #told = new Map<string, string>();
  /** Names of jobs after which no other was submitted. */
  readonly #givenUp = new Set<string>();
  #isReached = true;
  #isAnyAlive = true;

  constructor(options: FollowedJobsOptions) {
    this.#options = options;
  }

  /** Whether anything may still come of a job: one lives, is to be submitted again, or the engine didn't say. */
  get mayWork(): boolean {
    return !this.#isReached || this.#isAnyAlive;
  }

  /** What the engine says now; that it can't be reached is said once. */
  async look(): Promise<readonly RunEvent[]> {
    const { store, runId, launcher } = this.#options;
    const jobs = newestAttempts(await store.jobs(runId));
    const events: RunEvent[] = [];
    try {
      const statuses = jobs.length === 0 ? [] : await launcher.list(runId);
      if (!this.#isReached) events.push(note(`${launcher.name} answers again`));
      this.#isReached = true;
      this.#isAnyAlive = false;
      for (const job of jobs) {
        const own = statuses.filter(({ name }) => name === job.name);
        events.push(...(await this.#follow(job, own)));
      }
    } catch (error) {
      if (!(error instanceof LauncherError)) throw error;
      const said = withRemedy(error.message, error.hint);
      if (this.#isReached)
        events.push(warning(withRemedy(`${launcher.name}: ${said}`, 'Following the store meanwhile.')));
      this.#isReached = false;
    }
    return events;
  }

  async #follow(job: StoredJob, statuses: readonly JobStatus[]): Promise<readonly RunEvent[]> {
    const { store, runId, leaseMs, graceMs } = this.#options;
    if (job.handle === undefined) return this.#submitRecorded(job);
    const events: RunEvent[] = [...(await this.#tell(job, statuses))];
    const open = await store.openWork(runId, leaseMs, job.models);
    const state = orderState(statuses) ?? (mayAppear(job, graceMs) ? job.state : forgottenState(job, open));
    const reason = statuses.find((status) => status.state === state)?.reason;
    const now = { ...job, state, reason };
    if (state !== job.state || reason !== job.reason) await store.putJob(now);
    if (isAlive(state)) this.#isAnyAlive = true;
    else events.push(...(await this.#submitAgain(now, open)));
    return events;
  }

  /** Whoever wrote the record is submitting it just now; or crashed before, and then it is submitted under the same name. */
  async #submitRecorded(job: StoredJob): Promise<readonly RunEvent[]> {
    const { store, runId, launcher, leaseMs } = this.#options;
    const { claimable, held, isStopRequested } = await store.openWork(runId, leaseMs, job.models);
    if (isStopRequested || claimable + held === 0) return [];
    this.#isAnyAlive = true;
    const { workingFolder, tries } = job;
    const submitted = await submitOrder(nextAttempt(job, job.attempt), { store, launcher, workingFolder, tries });
    return submitted === undefined ? [] : [note(`submitted: ${job.name} as ${launcher.name} job ${submitted.handle}`)];
  }

  /** News of an order's workers: why they wait, that a node is lost, what one said before it failed. */
  async #tell(job: JobRecord, statuses: readonly JobStatus[]): Promise<readonly RunEvent[]> {
    const newsOf = ({ state, reason = '' }: JobStatus): string => `${state} ${reason}`;
    const fresh = statuses.filter((status) => this.#told.get(status.handle) !== newsOf(status));
    for (const status of fresh) this.#told.set(status.handle, newsOf(status));
    const events: RunEvent[] = [];
    for (const [, alike] of Map.groupBy(fresh, newsOf)) {
      const [first] = alike;
      if (first === undefined) continue;
      const said = first.state === 'failed' ? await this.#lastWords(job, first) : undefined;
      events.push(...statusNews(this.#options.launcher.name, job, alike, said ?? first.reason));
    }
    return events;
  }

  /** What it wrote last, where no worker of it has said in the store why it ended. */
  async #lastWords({ name }: JobRecord, status: JobStatus): Promise<string | undefined> {
    const { store, runId, launcher } = this.#options;
    const workers = await store.workers(runId);
    if (workers.some(({ job, state }) => job === name && state === 'failed')) return undefined;
    const lines = (await launcher.tail(status))?.split('\n').filter((line) => line.trim() !== '');
    return lines?.at(-1)?.trim();
  }

  /** Decides by the records alone, so that all who follow a run decide alike; one of them submits. */
  async #submitAgain(job: JobRecord, open: OpenWork): Promise<readonly RunEvent[]> {
    const { store, launcher } = this.#options;
    if (isHelper(job) || this.#givenUp.has(job.name) || open.isStopRequested) return [];
    // A worker that is dead holds its cells until its lease has run out.
    if (open.held > 0) this.#isAnyAlive = true;
    if (open.claimable === 0) return [];
    const left = `${countText(open.claimable)} ${open.claimable === 1 ? 'cell is' : 'cells are'} left`;
    if (job.state === 'cancelled') return this.#giveUp(job, `${job.name} was cancelled by others: ${left}`);
    const isStuck = (await progressOf(store, job)) <= job.progress;
    const { why, isLasting } = isStuck ? await this.#whyEnded(job) : noReason;
    if (isLasting) {
      return this.#giveUp(job, `${job.name} isn't submitted again, as it would fail again${why}: ${left}`);
    }
    if (isStuck && job.tries >= mostTries) {
      const base = orderBase(job);
      return this.#giveUp(job, `${base} was submitted ${job.tries} times and nothing came of it${why}: ${left}`);
    }
    this.#isAnyAlive = true;
    const { workingFolder } = job;
    const tries = isStuck ? job.tries + 1 : 1;
    const submitted = await submitOrder(nextAttempt(job), { store, launcher, workingFolder, tries });
    if (submitted === undefined) return [];
    const { name, handle } = submitted;
    return [note(`submitted again: ${name} as ${launcher.name} job ${handle}, as ${left}`)];
  }

  /** Why nothing came of it: what its workers said in the store, or else its engine. */
  async #whyEnded(job: JobRecord): Promise<EndReason> {
    const { store, runId } = this.#options;
    const base = `${orderBase(job)}-a`;
    const own = (await store.workers(runId)).filter((worker) => worker.job?.startsWith(base) === true);
    const said = own.filter((worker) => worker.job === job.name && worker.state === 'failed');
    const notes = new Set(said.flatMap((worker) => worker.note ?? []));
    const reasons = notes.size > 0 ? [...notes].slice(0, mostReasons) : (job.reason ?? []);
    const why = [reasons].flat().join('; ');
    // One worker may have had bad luck; two of two that say the same had none.
    const areAlike = own.length > 1 && own.every(({ state, note: its }) => state === 'failed' && its === own[0]?.note);
    return { why: why === '' ? '' : ` (${why})`, isLasting: areAlike || lastingCode.test(job.reason ?? '') };
  }

  #giveUp({ name }: JobRecord, message: string): readonly RunEvent[] {
    this.#givenUp.add(name);
    return [warning(message)];
  }
}

/** Of an order that the engine doesn't know any more: engines forget what has ended. */
function forgottenState({ state }: JobRecord, { claimable, held }: OpenWork): JobState {
  if (!isAlive(state)) return state;
  return claimable + held > 0 ? 'lost' : 'done';
}

/** One line about workers of an order that fare alike; nothing of those that run or are done. */
function statusNews(
  engine: string,
  { handle }: JobRecord,
  alike: readonly JobStatus[],
  why: string | undefined,
): readonly RunEvent[] {
  const [first] = alike;
  if (first === undefined) return [];
  const isOne = alike.length === 1;
  const place = first.node === undefined ? '' : ` on ${first.node}`;
  const who = isOne ? `${engine} job ${first.handle}${place}` : `${alike.length} workers of ${engine} job ${handle}`;
  const because = why === undefined ? '' : `: ${why}`;
  switch (first.state) {
    case 'pending':
      return why === undefined ? [] : [note(`${who} ${isOne ? 'waits' : 'wait'}${because}`)];
    case 'failed':
      return [warning(`${who} failed${because}`)];
    case 'lost':
      return [warning(`${who} ${isOne ? 'is' : 'are'} lost${because}`)];
    case 'cancelled':
      return [warning(`${who} ${isOne ? 'was' : 'were'} cancelled${because}`)];
    case 'running':
    case 'done':
      return [];
  }
}
