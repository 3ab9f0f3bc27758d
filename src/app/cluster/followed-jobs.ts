import { countText } from '../../core/amount-text.ts';
import type { JobRecord, JobState, JobStatus, Launcher, WorkerOrder } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/event.ts';
import type { OpenWork, Store } from '../../core/store.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { isOpenCell } from './followed-cells.ts';
import { byLauncher, type JobsOfLauncher, type OpenLauncher } from './job-launchers.ts';
import { cancelledHere, isAlive, isCancelledHere, orderState } from './job-states.ts';
import { submitOrder } from './launch-run.ts';
import { isHelper, newestAttempts, nextAttempt, orderBase } from './orders.ts';

export interface FollowedJobsOptions {
  readonly store: Store;
  readonly runId: string;
  readonly open: OpenLauncher;
  readonly leaseMs: number;
}

/** So often an order is submitted while nothing comes of it. */
const mostTries = 3;

/** What was there of an order's cells when it was submitted. */
interface Tries {
  /** Submissions in a row without progress. */
  readonly count: number;
  readonly progress: number;
}

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
  readonly #tries = new Map<string, Tries>();
  readonly #givenUp = new Set<string>();
  /** Orders that were seen without an id of the engine. */
  readonly #recorded = new Set<string>();
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

  async #follow(job: JobRecord, statuses: readonly JobStatus[], launcher: Launcher): Promise<readonly RunEvent[]> {
    const { store, runId, leaseMs } = this.#options;
    const open = await store.openWork(runId, leaseMs, job.models);
    if (job.handle === undefined && isAlive(job.state)) return this.#submitRecorded(job, open, launcher);
    const events: RunEvent[] = [...(await this.#tell(job, statuses, launcher))];
    const now = { ...job, ...stateNow(job, statuses, open) };
    if (now.state !== job.state || now.reason !== job.reason) await store.putJob(now);
    if (isAlive(now.state)) this.#mayWork = true;
    else events.push(...(await this.#submitAgain(now, open, launcher)));
    return events;
  }

  /** Whoever wrote the record is submitting it just now; or crashed before, and then it is submitted under the same name. */
  async #submitRecorded(job: JobRecord, open: OpenWork, launcher: Launcher): Promise<readonly RunEvent[]> {
    if (open.isStopRequested) return [];
    this.#mayWork = true;
    if (!this.#recorded.has(job.name)) {
      this.#recorded.add(job.name);
      return [];
    }
    return this.#submit(job, job, launcher);
  }

  /** That it is refused is said once, however often it is tried. */
  async #submit(
    order: WorkerOrder,
    { cluster, reason }: JobRecord,
    launcher: Launcher,
    why = '',
  ): Promise<readonly RunEvent[]> {
    try {
      const { name, handle } = await submitOrder(order, { store: this.#options.store, launcher, cluster });
      return [note(`submitted${why === '' ? '' : ' again'}: ${name} as ${launcher.name} job ${handle}${why}`)];
    } catch (error) {
      // Nobody else is about to submit it.
      this.#recorded.add(order.name);
      if (!(error instanceof LauncherError && error.isRefusal)) throw error;
      return reason === error.message ? [] : [warning(withRemedy(error.message, error.hint))];
    }
  }

  /** News of an order's workers: why they wait, that a node is lost, what one said before it failed. */
  async #tell(job: JobRecord, statuses: readonly JobStatus[], launcher: Launcher): Promise<readonly RunEvent[]> {
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
  async #lastWords({ name }: JobRecord, status: JobStatus, launcher: Launcher): Promise<string | undefined> {
    const { store, runId } = this.#options;
    const workers = await store.workers(runId);
    if (workers.some(({ job, state }) => job === name && state === 'failed')) return undefined;
    return lastWords((await launcher.tail(status)) ?? '');
  }

  async #submitAgain(job: JobRecord, open: OpenWork, launcher: Launcher): Promise<readonly RunEvent[]> {
    const base = orderBase(job);
    if (isHelper(job) || this.#givenUp.has(base) || open.isStopRequested) return [];
    // A worker that is dead holds its cells until its lease has run out.
    if (open.held > 0) this.#mayWork = true;
    if (open.claimable === 0) return [];
    const left = `${countText(open.claimable)} ${open.claimable === 1 ? 'cell is' : 'cells are'} left`;
    if (job.state === 'cancelled' && !isCancelledHere(job))
      return this.#giveUp(base, `${job.name} was cancelled by others: ${left}`);
    const progress = await this.#progress(job.models);
    const before = this.#tries.get(base);
    const tries = before === undefined || progress > before.progress ? 1 : before.count;
    if (tries >= mostTries) {
      const why = job.reason === undefined ? '' : ` (${job.reason})`;
      return this.#giveUp(base, `${base} was submitted ${tries} times and nothing came of it${why}: ${left}`);
    }
    this.#tries.set(base, { count: tries + 1, progress });
    this.#mayWork = true;
    // What was refused never was an attempt.
    const order = nextAttempt(job, job.handle === undefined ? job.attempt : job.attempt + 1);
    return this.#submit(order, job, launcher, `, as ${left}`);
  }

  #giveUp(base: string, message: string): readonly RunEvent[] {
    this.#givenUp.add(base);
    return [warning(message)];
  }

  /** Rises with whatever becomes of cells. */
  async #progress(models: readonly string[]): Promise<number> {
    const { store, runId } = this.#options;
    const counts = await store.sampleCounts(runId);
    let progress = 0;
    for (const cell of await store.cells(runId)) {
      if (!models.includes(cell.model)) continue;
      const passes = await store.passResults(cell.id);
      progress += (counts.get(cell.id) ?? 0) + passes.length + (isOpenCell(cell) ? 0 : 1);
    }
    return progress;
  }
}

/** What its engine says of an order, but for one that perbench has cancelled: it may seem to live until it has ended. */
function stateNow(
  job: JobRecord,
  statuses: readonly JobStatus[],
  open: OpenWork,
): Pick<JobRecord, 'handle' | 'state' | 'reason'> {
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
