import * as z from 'zod';
import { raySettings } from '../../core/cluster-settings.ts';
import type { JobStatus, Launcher, LauncherWorld, WorkerOrder } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import { shapeOf } from '../../core/settings.ts';
import { isAlive, jobSchema, nodesSchema, type RayJob, statusOf, whyNoNode } from './job-status.ts';
import { RayHead, jsonOf } from './ray-head.ts';
import { rayToken } from './ray-token.ts';
import { curlOf, type RaySettings, type Submission, submissionsOf } from './submission.ts';

const logsSchema = z.object({ logs: z.string() });
/** The head's default is the first hundred. */
const nodesPath = '/api/v0/nodes?detail=1&limit=10000';
const tailLines = 20;

/**
 * Places workers as jobs of a Ray cluster, one for each worker: `NAME-0`, `NAME-1` for the order NAME.
 *
 * Background: Ray starts jobs and watches them, and that is all. It doesn't start again what it lost, forgets everything
 * with its head, and leaves the worker running when it has called its node dead. So the store says what is done, and a
 * worker asks it before it does anything.
 */
class RayLauncher implements Launcher {
  readonly name = 'ray';
  readonly #head: RayHead;
  readonly #settings: RaySettings;
  readonly #workingFolder: string;

  constructor(head: RayHead, settings: RaySettings, workingFolder: string) {
    this.#head = head;
    this.#settings = settings;
    this.#workingFolder = workingFolder;
  }

  async check(): Promise<void> {
    await this.#head.read('/api/version', z.object({ ray_version: z.string() }));
    await this.#jobs();
  }

  caution(orders: readonly WorkerOrder[]): string | undefined {
    const workers = orders.reduce((sum, order) => sum + order.workers, 0);
    if (this.#settings.exclusive !== undefined || workers < 2 || !orders.some((order) => order.isExclusive))
      return undefined;
    return 'Ray may place workers side by side, where they disturb what they measure: set exclusive of cluster.ray (docs/clusters.md#ray)';
  }

  async submit(order: WorkerOrder): Promise<string> {
    const known = new Set((await this.#jobs()).map((job) => job.submission_id));
    for (const submission of this.#submissions(order)) {
      if (!known.has(submission.submission_id)) await this.#submit(submission);
    }
    return order.name;
  }

  async list(runId: string): Promise<readonly JobStatus[]> {
    const jobs = (await this.#jobs()).filter(({ metadata }) => metadata.perbench_run === runId);
    const why = jobs.some(({ status }) => status === 'PENDING') ? await this.#whyWaiting() : () => undefined;
    return jobs.map((job) => statusOf(job, why));
  }

  /** Ray can't take back what waits: it starts it when there is room, and ends it at once. */
  async cancel(names: readonly string[]): Promise<void> {
    const jobs = await this.#jobs();
    for (const job of jobs) {
      if (!names.includes(job.metadata.perbench_order) || !isAlive(job)) continue;
      const reply = await this.#head.ask(`/api/jobs/${encodeURIComponent(job.submission_id)}/stop`, 'empty');
      if (reply.statusCode !== 200 && reply.statusCode !== 404)
        throw this.#head.refusal(`to stop ${job.submission_id}`, reply);
    }
  }

  /** Logs are on the worker's node, and gone with it. */
  async tail({ handle }: Pick<JobStatus, 'handle'>): Promise<string | undefined> {
    const reply = await this.#head.ask(`/api/jobs/${encodeURIComponent(handle)}/logs`);
    const parsed = logsSchema.safeParse(reply.statusCode === 200 ? jsonOf(reply.text) : undefined);
    if (!parsed.success) return undefined;
    const lines = parsed.data.logs.trimEnd().split('\n');
    // Before this line Ray tells what it does itself.
    const start = lines.findLastIndex((line) => line.startsWith(`Running entrypoint for job ${handle}:`));
    return lines
      .slice(start + 1)
      .slice(-tailLines)
      .join('\n');
  }

  print(orders: readonly WorkerOrder[]): string {
    const commands = orders
      .flatMap((order) => this.#submissions(order))
      .map((submission) => curlOf(submission, this.#head.address, this.#head.hasToken));
    return `${commands.join('\n\n')}\n`;
  }

  #submissions(order: WorkerOrder): readonly Submission[] {
    return submissionsOf(order, this.#settings, this.#workingFolder);
  }

  /** Those of perbench. */
  async #jobs(): Promise<readonly RayJob[]> {
    const all = await this.#head.read('/api/jobs/', z.array(z.unknown()));
    return all.flatMap((job) => jobSchema.safeParse(job).data ?? []);
  }

  async #submit(submission: Submission): Promise<void> {
    const { submission_id: id } = submission;
    const refused = await this.#refusalOf(submission);
    // Somebody else submitted it meanwhile, or the head took it and was late to say so.
    if (refused === undefined || (await this.#head.ask(`/api/jobs/${encodeURIComponent(id)}`)).statusCode === 200)
      return;
    throw refused;
  }

  async #refusalOf(submission: Submission): Promise<LauncherError | undefined> {
    try {
      const reply = await this.#head.ask('/api/jobs/', { body: submission });
      return reply.statusCode === 200 ? undefined : this.#head.refusal(submission.submission_id, reply);
    } catch (error) {
      if (error instanceof LauncherError) return error;
      throw error;
    }
  }

  /** Ray says only that a job may be waiting for something. What nodes have isn't told by every version. */
  async #whyWaiting(): Promise<(job: RayJob) => string | undefined> {
    const reply = await this.#head.ask(nodesPath);
    const nodes = nodesSchema.safeParse(reply.statusCode === 200 ? jsonOf(reply.text) : undefined);
    return (job) => (nodes.success ? whyNoNode(job, nodes.data) : undefined);
  }
}

/**
 * A launcher by Ray's jobs.
 *
 * @param settings `cluster.ray` of a suite; the suite's defaults where there is none
 * @param limitMs how long an answer may take; for tests
 * @throws {LauncherError} if the file of the token can't be read
 */
export async function openRay(
  settings: RaySettings | undefined,
  { environment, workingFolder, signal }: LauncherWorld,
  limitMs?: number,
): Promise<Launcher> {
  const complete = settings ?? z.strictObject(shapeOf(raySettings, z)).parse({});
  const address = complete.address.replace(/\/+$/, '');
  const head = new RayHead({ address, token: await rayToken(environment), signal, limitMs });
  return new RayLauncher(head, complete, workingFolder);
}
