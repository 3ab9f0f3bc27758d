import { countText } from '../../core/amount-text.ts';
import {
  isAlive,
  type JobState,
  type JobStatus,
  type Launcher,
  type StoredJob,
  type WorkerOrder,
} from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/event.ts';
import type { OpenWork, Store } from '../../core/store.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { byLauncher, type JobsOfLauncher, type OpenLauncher } from './job-launchers.ts';
import { cancelledHere, isCancelledHere, orderState } from './job-states.ts';
import { mayAppear } from './launch-run.ts';
import { isHelper, newestAttempts, nextAttempt, orderBase } from './orders.ts';
import { progressOf, submitOrder } from './submit-order.ts';

export interface FollowedJobsOptions {
  readonly store: Store;
  readonly runId: string;
  readonly open: OpenLauncher;
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
 * Follows the jobs of a run through their engines, which say what lives, while the store says what is done: an order none of
 * whose workers lives, whose leases have run out and which has work left, is submitted again.
 */
export class FollowedJobs {
  readonly #options: FollowedJobsOptions;
  /** What was told of a worker last, by its handle. */
  readonly #told = new Map<string, string>();
  /** Names of jobs after which no other was submitted. */
  readonly #givenUp = new Set<string>();
  readonly #launchers = new Map<string, Launcher>();
  /** Engines that don't answer. */
  readonly #unreached = new Set<string>();
  #mayWork = true;

  constructor(options: FollowedJobsOptions) {
    this.#options = options;
  }

  /** Whether anything may still come of a job: one lives, is to be submitted again, or the engine didn't say. */
  get mayWork(): boolean {
    return this.#mayWork;
  }

  /** What the engines say now; that one can't be reached is said once. */
  async look(): Promise<readonly RunEvent[]> {
    const { store, runId, open } = this.#options;
    const jobs = newestAttempts(await store.jobs(runId));
    const events: RunEvent[] = [];
    this.#mayWork = false;
    for (const own of byLauncher(jobs, open)) events.push(...(await this.#lookAt(own)));
    return events;
  }

  async #lookAt({ key, name: engine, jobs, open }: JobsOfLauncher): Promise<readonly RunEvent[]> {
    const events: RunEvent[] = [];
    try {
      const launcher = this.#launchers.get(key) ?? (await open());
      this.#launchers.set(key, launcher);
      const statuses = await launcher.list(this.#options.runId);
      for (const job of jobs) {
        const own = statuses.filter(({ name }) => name === job.name);
        events.push(...(await this.#follow(job, own, launcher)));
      }
      if (this.#unreached.delete(key)) events.unshift(note(`${engine} answers again`));
    } catch (error) {
      if (!(error instanceof LauncherError)) throw error;
      this.#mayWork = true;
      const said = withRemedy(`${engine}: ${error.message}`, error.hint);
      if (!this.#unreached.has(key)) events.push(warning(withRemedy(said, 'Following the store meanwhile.')));
      this.#unreached.add(key);
    }
    return events;
  }

  async #follow(job: StoredJob, statuses: readonly JobStatus[], launcher: Launcher): Promise<readonly RunEvent[]> {
    const { store, runId, leaseMs, graceMs } = this.#options;
    const open = await store.openWork(runId, leaseMs, job.models);
    if (job.handle === undefined && (isAlive(job.state) || job.state === 'lost'))
      return this.#submitRecorded(job, open, launcher);
    const events: RunEvent[] = [...(await this.#tell(job, statuses, launcher))];
    const isLate = statuses.length === 0 && mayAppear(job, graceMs);
    const now = isLate ? job : { ...job, ...stateNow(job, statuses, open) };
    if (now.state !== job.state || now.reason !== job.reason) await store.putJob(now);
    if (isAlive(now.state)) this.#mayWork = true;
    else events.push(...(await this.#submitAgain(now, open, launcher)));
    return events;
  }

  /** Whoever wrote the record is submitting it just now; or crashed before, and then it is submitted under the same name. */
  async #submitRecorded(job: StoredJob, open: OpenWork, launcher: Launcher): Promise<readonly RunEvent[]> {
    if (open.isStopRequested || open.claimable + open.held === 0) return [];
    this.#mayWork = true;
    return this.#submit(nextAttempt(job, job.attempt), job, launcher);
  }

  /** Leaves it to others who submit it now. That it is refused is said once, however often it is tried. */
  async #submit(
    order: WorkerOrder,
    { cluster, workingFolder, tries, reason }: StoredJob,
    launcher: Launcher,
    why = '',
  ): Promise<readonly RunEvent[]> {
    try {
      const { store } = this.#options;
      const submitted = await submitOrder(order, { store, launcher, cluster, workingFolder, tries });
      if (submitted === undefined) return [];
      const { name, handle } = submitted;
      return [note(`submitted${why === '' ? '' : ' again'}: ${name} as ${launcher.name} job ${handle}${why}`)];
    } catch (error) {
      if (!(error instanceof LauncherError && error.isRefusal)) throw error;
      return reason === error.message ? [] : [warning(withRemedy(error.message, error.hint))];
    }
  }

  /** News of an order's workers: why they wait, that a node is lost, what one said before it failed. */
  async #tell(job: StoredJob, statuses: readonly JobStatus[], launcher: Launcher): Promise<readonly RunEvent[]> {
    const newsOf = ({ state, reason = '' }: JobStatus): string => `${state} ${reason}`;
    const fresh = statuses.filter((status) => this.#told.get(status.handle) !== newsOf(status));
    for (const status of fresh) this.#told.set(status.handle, newsOf(status));
    const events: RunEvent[] = [];
    for (const [, alike] of Map.groupBy(fresh, newsOf)) {
      const [first] = alike;
      if (first === undefined) continue;
      const said = first.state === 'failed' ? await this.#lastWords(job, first, launcher) : undefined;
      events.push(...statusNews(launcher.name, job, alike, said ?? first.reason));
    }
    return events;
  }

  /** Why it ended by what it wrote, where no worker of it has said so in the store. */
  async #lastWords({ name }: StoredJob, status: JobStatus, launcher: Launcher): Promise<string | undefined> {
    const { store, runId } = this.#options;
    const workers = await store.workers(runId);
    if (workers.some(({ job, state }) => job === name && state === 'failed')) return undefined;
    return lastWords((await launcher.tail(status)) ?? '');
  }

  /** Decides by the records alone, so that all who follow a run decide alike; one of them submits. */
  async #submitAgain(job: StoredJob, open: OpenWork, launcher: Launcher): Promise<readonly RunEvent[]> {
    if (isHelper(job) || this.#givenUp.has(job.name) || open.isStopRequested) return [];
    // A worker that is dead holds its cells until its lease has run out.
    if (open.held > 0) this.#mayWork = true;
    if (open.claimable === 0) return [];
    const left = `${countText(open.claimable)} ${open.claimable === 1 ? 'cell is' : 'cells are'} left`;
    if (job.state === 'cancelled' && !isCancelledHere(job))
      return this.#giveUp(job, `${job.name} was cancelled by others: ${left}`);
    const isStuck = (await progressOf(this.#options.store, job)) <= job.progress;
    const { why, isLasting } = isStuck ? await this.#whyEnded(job) : noReason;
    if (isLasting) {
      return this.#giveUp(job, `${job.name} isn't submitted again, as it would fail again${why}: ${left}`);
    }
    if (isStuck && job.tries >= mostTries) {
      const base = orderBase(job);
      return this.#giveUp(job, `${base} was submitted ${job.tries} times and nothing came of it${why}: ${left}`);
    }
    this.#mayWork = true;
    // What was refused never was an attempt.
    const order = nextAttempt(job, job.handle === undefined ? job.attempt : job.attempt + 1);
    return this.#submit(order, { ...job, tries: isStuck ? job.tries + 1 : 1 }, launcher, `, as ${left}`);
  }

  /** Why nothing came of it: what its workers said in the store, or else its engine. */
  async #whyEnded(job: StoredJob): Promise<EndReason> {
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

  #giveUp({ name }: StoredJob, message: string): readonly RunEvent[] {
    this.#givenUp.add(name);
    return [warning(message)];
  }
}

/** What its engine says of an order, but for one that perbench has cancelled: it may seem to live until it has ended. */
function stateNow(
  job: StoredJob,
  statuses: readonly JobStatus[],
  open: OpenWork,
): Pick<StoredJob, 'handle' | 'state' | 'reason'> {
  const { handle, reason } = job;
  if (isCancelledHere(job)) return { handle, ...cancelledHere };
  const state = orderState(statuses);
  if (state === undefined)
    return { handle, state: forgottenState(job, open), reason: isAlive(job.state) ? undefined : reason };
  const status = statuses.find((each) => each.state === state);
  // Of one that was refused there may be workers all the same, where they are submitted one by one.
  return { handle: handle ?? status?.handle, state, reason: status?.reason };
}

/**
 * The line of a log that says why a program ended: an error that perbench or another program reports as such, else the
 * last one.
 */
function lastWords(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const error = lines.findLast((line) => /^(?:error|\w*Error): /.test(line)) ?? lines.at(-1);
  return error?.replace(/^error: /, '').trim();
}

/** Of an order that the engine doesn't know any more: engines forget what has ended. */
function forgottenState({ state }: StoredJob, { claimable, held }: OpenWork): JobState {
  if (!isAlive(state)) return state;
  return claimable + held > 0 ? 'lost' : 'done';
}

/** One line about workers of an order that fare alike; nothing of those that run or are done. */
function statusNews(
  engine: string,
  { handle }: StoredJob,
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
