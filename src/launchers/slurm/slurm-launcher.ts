import * as z from 'zod';
import { slurmSettings } from '../../core/cluster-settings.ts';
import { isAlive, type JobStatus, type Launcher, type LauncherWorld, type WorkerOrder } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import { shapeOf } from '../../core/settings.ts';
import { isMissing } from '../../files/if-there.ts';
import { lastLines } from '../../files/last-lines.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { askSlurm } from './ask-slurm.ts';
import { columns, readJobs } from './slurm-jobs.ts';
import { logFile, logFolder, type SlurmSettings, submissionOf, submissionText } from './slurm-script.ts';

const tailLines = 20;
const defaultTimeoutMs = 30_000;

/**
 * What `--test-only` says of nodes that don't exist, and also of those that are only down or drained, for which a job may
 * wait. When it is submitted, Slurm tells them apart.
 */
const perhapsLater = /node configuration is not available|not available now|nodes? (?:are busy|not available)/i;

/** Places workers by Slurm's own commands (sbatch(1), squeue(1), scancel(1); of Slurm 20.11 or newer). */
class SlurmLauncher implements Launcher {
  readonly name = 'slurm';
  readonly #settings: SlurmSettings;
  readonly #world: LauncherWorld;
  readonly #timeoutMs: number;

  constructor(settings: SlurmSettings, world: LauncherWorld, timeoutMs: number) {
    this.#settings = settings;
    this.#world = world;
    this.#timeoutMs = timeoutMs;
  }

  async check(orders: readonly WorkerOrder[]): Promise<void> {
    for (const order of orders) {
      try {
        await this.#sbatch(order, ['--test-only']);
      } catch (error) {
        if (!(error instanceof LauncherError) || !perhapsLater.test(error.message)) throw error;
      }
    }
  }

  async submit(order: WorkerOrder): Promise<string> {
    const there = (await this.#jobs()).find(({ name }) => name === order.name);
    if (there !== undefined) return arrayId(there);
    await makeFolder(this.#logs);
    const printed = await this.#sbatch(order);
    // `ID;CLUSTER` where there are several clusters.
    const id = /^(\d+)(?:;.*)?$/m.exec(printed)?.[1];
    if (id === undefined)
      throw new LauncherError(`Slurm took ${order.name}, but sbatch printed no id: "${printed.trim()}"`);
    return id;
  }

  async list(runId: string): Promise<readonly JobStatus[]> {
    return (await this.#jobs()).filter(({ name }) => name.startsWith(`pb-${runId}-`));
  }

  async cancel(names: readonly string[]): Promise<void> {
    const ids = await this.#aliveIds(names);
    if (ids.length === 0) return;
    try {
      await this.#ask('scancel', ids, "can't cancel");
    } catch (error) {
      // They may have ended meanwhile.
      if (!(error instanceof LauncherError) || (await this.#aliveIds(names)).length > 0) throw error;
    }
  }

  async tail({ name, handle }: Pick<JobStatus, 'name' | 'handle'>): Promise<string | undefined> {
    try {
      const lines = lastLines(logFile(this.#logs, name, handle.split('_')[1] ?? '0'), tailLines);
      return lines.length === 0 ? undefined : lines.join('\n');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  print(orders: readonly WorkerOrder[]): string {
    return orders.map((order) => submissionText(this.#submission(order))).join('\n');
  }

  get #logs(): string {
    return logFolder(this.#settings, this.#world.workingFolder);
  }

  #submission(order: WorkerOrder): ReturnType<typeof submissionOf> {
    return submissionOf(order, this.#settings, this.#world.workingFolder);
  }

  async #sbatch(order: WorkerOrder, options: readonly string[] = []): Promise<string> {
    const { words, script } = this.#submission(order);
    return this.#ask('sbatch', [...options, ...words], `refuses ${order.name}`, script);
  }

  /** All jobs of this user that Slurm still knows, each worker of an array by itself. */
  async #jobs(): Promise<readonly JobStatus[]> {
    const words = ['--noheader', '--array', '--all', '--me', '--states=all', `--format=${columns}`];
    return readJobs(await this.#ask('squeue', words, "can't be asked"));
  }

  async #aliveIds(names: readonly string[]): Promise<readonly string[]> {
    if (names.length === 0) return [];
    const jobs = await this.#jobs();
    return [...new Set(jobs.filter((job) => names.includes(job.name) && isAlive(job.state)).map(arrayId))];
  }

  async #ask(program: string, words: readonly string[], what: string, input?: string): Promise<string> {
    const { environment, signal } = this.#world;
    return askSlurm(program, words, what, { environment, signal, timeoutMs: this.#timeoutMs, input });
  }
}

/** Of the job that a worker is of: `4711` of `4711_0`. */
function arrayId({ handle }: JobStatus): string {
  return handle.split('_')[0] ?? handle;
}

/**
 * A launcher by Slurm.
 *
 * @param settings `cluster.slurm` of a suite; Slurm's and the suite's defaults where there is none
 * @param timeoutMs of each command
 */
export function openSlurm(
  settings: SlurmSettings | undefined,
  world: LauncherWorld,
  timeoutMs: number = defaultTimeoutMs,
): Launcher {
  const complete = settings ?? z.strictObject(shapeOf(slurmSettings, z)).parse({});
  return new SlurmLauncher(complete, world, timeoutMs);
}
