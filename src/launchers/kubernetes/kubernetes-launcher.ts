import { setTimeout as wait } from 'node:timers/promises';
import type { V1PodList } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import * as zod from 'zod';
import { type ClusterSettings, kubernetesSettings } from '../../core/cluster-settings.ts';
import type { JobStatus, Launcher, LauncherWorld, WorkerOrder } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import { shapeOf } from '../../core/settings.ts';
import { shellWord } from '../../core/shell-word.ts';
import { clusterError, statusCode } from './cluster-error.ts';
import { type Cluster, connect } from './connect.ts';
import { containerName, jobManifest, jobName, type KubernetesSettings, orderLabel, runLabel } from './job-manifest.ts';
import { indexOfHandle, podsByIndex, workersOf } from './worker-states.ts';

const tailLines = 50;
const defaultTimeoutMs = 30_000;

/** What may pass while an API server restarts: no answer at all, or one of these. */
const passing: ReadonlySet<number | undefined> = new Set([undefined, 429, 500, 502, 503, 504]);
const retryPausesMs = [500, 1000, 2000, 4000] as const;

type World = Pick<LauncherWorld, 'environment' | 'signal'>;

/**
 * Kubernetes: an Indexed Job for each order, a Pod for each worker, in any cluster that a kubeconfig names. What the API
 * means is at https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/.
 */
class KubernetesLauncher implements Launcher {
  readonly name = 'kubernetes';
  readonly #settings: KubernetesSettings;
  readonly #world: World;
  readonly #timeoutMs: number;
  #connected: Cluster | undefined;

  constructor(settings: KubernetesSettings, world: World, timeoutMs: number) {
    this.#settings = settings;
    this.#world = world;
    this.#timeoutMs = timeoutMs;
  }

  /** What is printed needs no cluster, so it is looked for when something is asked. */
  get #cluster(): Cluster {
    const { environment, signal } = this.#world;
    this.#connected ??= connect(this.#settings, environment, { signal, timeoutMs: this.#timeoutMs });
    return this.#connected;
  }

  async #ask<Answer>(ask: (cluster: Cluster) => Promise<Answer>): Promise<Answer> {
    const cluster = this.#cluster;
    try {
      return await ask(cluster);
    } catch (error) {
      this.#world.signal.throwIfAborted();
      throw clusterError(error, cluster.server);
    }
  }

  /** For what may be asked twice: an answer that was lost is asked for again. */
  async #askAgain<Answer>(ask: (cluster: Cluster) => Promise<Answer>): Promise<Answer> {
    const { server } = this.#cluster;
    for (const pauseMs of retryPausesMs) {
      try {
        return await ask(this.#cluster);
      } catch (error) {
        this.#world.signal.throwIfAborted();
        if (!passing.has(statusCode(error))) throw clusterError(error, server);
        await wait(pauseMs, undefined, { signal: this.#world.signal });
      }
    }
    return this.#ask(ask);
  }

  /** The server goes through everything that it would for the Jobs themselves: rights, quotas, fields, the namespace. */
  async check(orders: readonly WorkerOrder[]): Promise<void> {
    for (const order of orders) await this.#create(order, { isTrial: true });
    await this.#checkSecret();
  }

  async #create(order: WorkerOrder, { isTrial }: { readonly isTrial: boolean }): Promise<void> {
    const body = jobManifest(order, this.#settings);
    const create = async ({ jobs, namespace }: Cluster): Promise<void> => {
      try {
        await jobs.createNamespacedJob({
          namespace,
          body,
          fieldValidation: 'Strict',
          ...(isTrial && { dryRun: 'All' }),
        });
      } catch (error) {
        // It was submitted before.
        if (statusCode(error) !== 409) throw error;
      }
    };
    return isTrial ? this.#ask(create) : this.#askAgain(create);
  }

  /** Without it, Pods would never start. Who may make Jobs may often not read secrets. */
  async #checkSecret(): Promise<void> {
    const name = this.#settings.storeSecret;
    const isThere = await this.#ask(async ({ core, namespace }) => {
      try {
        await core.readNamespacedSecret({ name, namespace });
        return true;
      } catch (error) {
        if (statusCode(error) === 403) return true;
        if (statusCode(error) === 404) return false;
        throw error;
      }
    });
    if (isThere) return;
    const { namespace } = this.#cluster;
    throw new LauncherError(
      `namespace ${namespace} has no secret ${name}, from which workers get the store's password`,
      {
        hint: `Make it: kubectl create secret generic ${shellWord(name)} --namespace ${shellWord(namespace)} --from-literal=PGPASSWORD=…`,
      },
    );
  }

  async submit(order: WorkerOrder): Promise<string> {
    await this.#create(order, { isTrial: false });
    return jobName(order.name);
  }

  async #pods(label: string, value: string): Promise<V1PodList['items']> {
    const { items } = await this.#ask(async ({ core, namespace }) =>
      core.listNamespacedPod({ namespace, labelSelector: `${label}=${value}` }),
    );
    return items;
  }

  async list(runId: string): Promise<readonly JobStatus[]> {
    const { items } = await this.#ask(async ({ jobs, namespace }) =>
      jobs.listNamespacedJob({ namespace, labelSelector: `${runLabel}=${runId}` }),
    );
    if (items.length === 0) return [];
    const pods = await this.#pods(runLabel, runId);
    return items.flatMap((job) => workersOf(job, pods));
  }

  /** A Job stays until its Pods have ended, so that nobody takes a worker for gone that still ends its requests. */
  async cancel(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.#askAgain(async ({ jobs, namespace }) => {
        try {
          await jobs.deleteNamespacedJob({ name: jobName(name), namespace, propagationPolicy: 'Foreground' });
        } catch (error) {
          if (statusCode(error) !== 404) throw error;
        }
      });
    }
  }

  async tail({ name, handle }: Pick<JobStatus, 'name' | 'handle'>): Promise<string | undefined> {
    const pod = podsByIndex(await this.#pods(orderLabel, name)).get(indexOfHandle(handle))?.metadata?.name;
    if (pod === undefined) return undefined;
    return this.#ask(async ({ core, namespace }) => {
      try {
        return await core.readNamespacedPodLog({ name: pod, namespace, container: containerName, tailLines });
      } catch (error) {
        // It hasn't started, is gone, may not be read, or its node doesn't answer.
        if ([400, 403, 404, 500, 502, 503, 504].includes(statusCode(error) ?? 0)) return undefined;
        throw error;
      }
    });
  }

  print(orders: readonly WorkerOrder[]): string {
    const jobs = orders.map((order) =>
      stringify(jobManifest(order, this.#settings), { lineWidth: 0, aliasDuplicateObjects: false }),
    );
    return jobs.join('---\n');
  }
}

/**
 * @param settings what a suite says of Kubernetes, if it says anything
 * @param timeoutMs how long an answer may take
 */
export function openKubernetes(
  settings: ClusterSettings['kubernetes'],
  world: World,
  timeoutMs: number = defaultTimeoutMs,
): Launcher {
  const filled = zod.strictObject(shapeOf(kubernetesSettings, zod)).parse(settings ?? {});
  return new KubernetesLauncher(filled, world, timeoutMs);
}
