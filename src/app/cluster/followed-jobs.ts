import { countText } from '../../core/amount-text.ts';
import type { JobRecord, JobState, JobStatus, Launcher } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/event.ts';
import type { OpenWork, Store } from '../../core/store.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { isOpenCell } from './followed-cells.ts';
import { isAlive, orderState } from './job-states.ts';
import { submitOrder } from './launch-run.ts';
import { isHelper, newestAttempts, nextAttempt, orderBase } from './orders.ts';

export interface FollowedJobsOptions {
  readonly store: Store;
  readonly runId: string;
  readonly launcher: Launcher;
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
 * Follows the jobs of a run through its engine, which says what lives, while the store says what is done: an order none of
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

  async #follow(job: JobRecord, statuses: readonly JobStatus[]): Promise<readonly RunEvent[]> {
    const { store, runId, leaseMs } = this.#options;
    if (job.handle === undefined) return this.#submitRecorded(job);
    const events: RunEvent[] = [...(await this.#tell(job, statuses))];
    const open = await store.openWork(runId, leaseMs, job.models);
    const state = orderState(statuses) ?? forgottenState(job, open);
    const reason = statuses.find((status) => status.state === state)?.reason;
    const now = { ...job, state, reason };
    if (state !== job.state || reason !== job.reason) await store.putJob(now);
    if (isAlive(state)) this.#isAnyAlive = true;
    else events.push(...(await this.#submitAgain(now, open)));
    return events;
  }

  /** Whoever wrote the record is submitting it just now; or crashed before, and then it is submitted under the same name. */
  async #submitRecorded(job: JobRecord): Promise<readonly RunEvent[]> {
    const { store, launcher } = this.#options;
    this.#isAnyAlive = true;
    if (!this.#recorded.has(job.name)) {
      this.#recorded.add(job.name);
      return [];
    }
    const { handle } = await submitOrder(job, { store, launcher });
    return [note(`submitted: ${job.name} as ${launcher.name} job ${handle}`)];
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

  async #submitAgain(job: JobRecord, open: OpenWork): Promise<readonly RunEvent[]> {
    const { store, launcher } = this.#options;
    const base = orderBase(job);
    if (isHelper(job) || this.#givenUp.has(base) || open.isStopRequested) return [];
    // A worker that is dead holds its cells until its lease has run out.
    if (open.held > 0) this.#isAnyAlive = true;
    if (open.claimable === 0) return [];
    const left = `${countText(open.claimable)} ${open.claimable === 1 ? 'cell is' : 'cells are'} left`;
    if (job.state === 'cancelled') return this.#giveUp(base, `${job.name} was cancelled by others: ${left}`);
    const progress = await this.#progress(job.models);
    const before = this.#tries.get(base);
    const tries = before === undefined || progress > before.progress ? 1 : before.count;
    if (tries >= mostTries) {
      const why = job.reason === undefined ? '' : ` (${job.reason})`;
      return this.#giveUp(base, `${base} was submitted ${tries} times and nothing came of it${why}: ${left}`);
    }
    this.#tries.set(base, { count: tries + 1, progress });
    this.#isAnyAlive = true;
    const { name, handle } = await submitOrder(nextAttempt(job), { store, launcher });
    return [note(`submitted again: ${name} as ${launcher.name} job ${handle}, as ${left}`)];
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
