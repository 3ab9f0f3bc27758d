import type { ClusterSettings } from './cluster-settings.ts';

/**
 * Words of runs on many machines: what a machine is, what a cell needs, who places workers. docs/clusters.md.
 *
 * The store is the queue: workers claim cells there. An engine that the cluster has already (Slurm, Kubernetes, Ray)
 * places workers, and knows nothing of cells.
 */

/** What a machine must have for a model. */
export interface Needs {
  readonly gpus: number;
  /** Of the host; undefined where nobody knows. */
  readonly memoryBytes: number | undefined;
}

export const launcherNames = ['slurm', 'kubernetes', 'ray'] as const;
export type LauncherName = (typeof launcherNames)[number];

/** Workers of one kind, which a launcher asks its engine to place. */
export interface WorkerOrder {
  /**
   * Unique among all runs: `pb-RUN-ORDER-aATTEMPT`; lower-case letters, digits and hyphens, at most 63 characters. What is
   * submitted a second time under the same name is the same job.
   */
  readonly name: string;
  readonly runId: string;
  /** From 1; raised each time that perbench submits it again. */
  readonly attempt: number;
  /** Models that these workers take, by name; what they need, each of them needs. */
  readonly models: readonly string[];
  readonly needs: Needs;
  /** So many workers, alike. */
  readonly workers: number;
  /** Alone on their node: they measure time. */
  readonly isExclusive: boolean;
  /** Words after the program: `work RUN --store … --model …`. */
  readonly words: readonly string[];
}

/** `lost`: the engine says that its node died, or doesn't know the job any more. */
export const jobStates = ['pending', 'running', 'done', 'failed', 'cancelled', 'lost'] as const;
export type JobState = (typeof jobStates)[number];

/** Waiting or running, as its engine tells. */
export function isAlive(state: JobState): boolean {
  return state === 'pending' || state === 'running';
}

/** A worker that was asked for, as its engine tells. */
export interface JobStatus {
  /** Of the order. */
  readonly name: string;
  /** The engine's own id of this worker, such as `4711_0`. */
  readonly handle: string;
  readonly state: JobState;
  /** Why it waits or ended, in the engine's words and in one line. */
  readonly reason: string | undefined;
  /** The node that it is or was on. */
  readonly node: string | undefined;
}

/** What launchers take from outside. */
export interface LauncherWorld {
  /** Programs are looked for and started with it; what workers need of it is passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute: workers start in it, where nodes share it. */
  readonly workingFolder: string;
  readonly signal: AbortSignal;
}

/** Places workers on machines, by an engine that the cluster has. Every method may throw {LauncherError}. */
export interface Launcher {
  readonly name: LauncherName;
  /**
   * Asks the engine whether the orders can be had at all, before anything is written: that it answers, that the partition,
   * queue or namespace exists.
   */
  check(orders: readonly WorkerOrder[]): Promise<void>;
  /** What whoever submits these orders should know first, in one line; undefined where the engine does all that they ask. */
  caution?(orders: readonly WorkerOrder[]): string | undefined;
  /**
   * Submits an order, or finds that it was submitted before. Returns the engine's id of it.
   *
   * @throws {LauncherError} with `isRefusal` if the engine answers that it doesn't take it
   */
  submit(order: WorkerOrder): Promise<string>;
  /** All workers of a run that the engine still knows, one entry each. */
  list(runId: string): Promise<readonly JobStatus[]>;
  /** Ends workers of these orders, waiting or running. What has ended, or isn't known any more, is no error. */
  cancel(names: readonly string[]): Promise<void>;
  /** The last lines that a worker wrote; undefined where they are gone. */
  tail(status: Pick<JobStatus, 'name' | 'handle'>): Promise<string | undefined>;
  /** What would be submitted, as a person would submit it: a script, manifests, requests. */
  print(orders: readonly WorkerOrder[]): string;
}

/** An order as the store keeps it, so that any machine can follow it, cancel it and submit it again. */
export interface JobRecord extends WorkerOrder {
  readonly launcher: LauncherName;
  /** What the engine was told then, which finds it again; undefined where the suite says nothing of it. */
  readonly cluster: ClusterSettings | undefined;
  /** Undefined until the engine has taken it; for good where it is refused (`failed`). */
  readonly handle: string | undefined;
  /** Without a handle, `failed`: its engine refused it; `lost`: nobody knows whether it has it. */
  readonly state: JobState;
  readonly reason: string | undefined;
  /** On whoever's machine submitted the first attempt: all others start in it too. */
  readonly workingFolder: string;
  /** Submissions in a row without progress, with this one. */
  readonly tries: number;
  /** What there was of its cells when it was submitted; rises with whatever becomes of them. */
  readonly progress: number;
}

export interface StoredJob extends JobRecord {
  /** Since somebody took it upon himself to submit it, in milliseconds, by the store's clock. */
  readonly ageMs: number;
}

/** A worker as the store keeps it: who works on a run, and on what machine. */
export interface WorkerRecord {
  /** As in claims. */
  readonly id: string;
  readonly runId: string;
  readonly hostname: string;
  readonly hardwareClass: string;
  /** The name of the job that it is of; undefined for one that a person started. */
  readonly job: string | undefined;
  readonly state: 'working' | 'waiting' | 'ended' | 'failed';
  /** What it does or why it ended, in one line. */
  readonly note: string | undefined;
}

export interface StoredWorker extends WorkerRecord {
  /** Unix time in milliseconds, by the store's clock. */
  readonly seenAtMs: number;
  /** Since then, in milliseconds, by the same clock. */
  readonly silentMs: number;
}
