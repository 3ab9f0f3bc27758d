import type { ClusterSettings } from '../../core/cluster-settings.ts';
import type { WorkerOrder } from '../../core/cluster.ts';
import { shellWord } from '../../core/shell-word.ts';

export type RaySettings = NonNullable<ClusterSettings['ray']>;

/** What a job holds while it runs, by Ray's names: `CPU`, `GPU`, `memory` in bytes, and those of the cluster. */
export type RayResources = Readonly<Record<string, number>>;

/** Body of `POST /api/jobs/`. A field that the head doesn't know is refused, so none is sent without need. */
export interface Submission {
  readonly submission_id: string;
  readonly entrypoint: string;
  readonly entrypoint_num_cpus: number;
  readonly entrypoint_num_gpus?: number;
  readonly entrypoint_memory?: number;
  readonly entrypoint_resources?: RayResources;
  readonly entrypoint_label_selector?: Readonly<Record<string, string>>;
  readonly runtime_env: { readonly env_vars: Readonly<Record<string, string>> };
  /** By it perbench finds its jobs. Ray shows it to everybody, and takes texts only. */
  readonly metadata: {
    readonly perbench_run: string;
    readonly perbench_order: string;
    /** {@link RayResources} as JSON: Ray doesn't tell what a job asked for. */
    readonly perbench_resources: string;
  };
}

/** A worker keeps what is in flight within 20 s of SIGTERM; Ray's own limit is 3 s. */
const stopSeconds = 30;

/**
 * Ray starts a job that was stopped while it waited all the same, and ends it at once. A worker that takes its time
 * isn't there by then.
 */
const startSeconds = 1;

/** Ray counts in ten thousandths. */
const little = 0.001;

/**
 * Workers that measure time take the whole of a node's `exclusive` resource, the others a little of it: so the two are
 * never on one node.
 */
function resourcesOf({ isExclusive }: WorkerOrder, { resources, exclusive }: RaySettings): RayResources {
  return exclusive === undefined ? resources : { ...resources, [exclusive]: isExclusive ? 1 : little };
}

/**
 * A command of a POSIX shell. The worker takes the place of the shell; a node without perbench says so in one line of the
 * log.
 */
function entrypointOf({ words }: WorkerOrder, { program }: RaySettings, workingFolder: string): string {
  const steps = [
    // Where the nodes share it.
    `cd ${shellWord(workingFolder)} 2>/dev/null`,
    // Ray sets it to the CPUs that a job reserves: servers that a worker starts would compute with a single thread.
    'if [ "$OMP_NUM_THREADS" = 1 ]; then unset OMP_NUM_THREADS; fi',
    `set -- ${[program, ...words.map((word) => shellWord(word))].join(' ')}`,
    'if command -v "$1" >/dev/null; then exec "$@"; fi',
    'echo "$(uname -n): $1: command not found; set program of cluster.ray" >&2',
    'exit 127',
  ];
  return `sleep ${startSeconds} && { ${steps.join('; ')}; }`;
}

/** The jobs of an order, one for each of its workers. What reserves nothing Ray would start on its head, so each reserves a CPU. */
export function submissionsOf(order: WorkerOrder, settings: RaySettings, workingFolder: string): readonly Submission[] {
  const { gpus, memoryBytes } = order.needs;
  const own = resourcesOf(order, settings);
  const memory = memoryBytes === undefined ? undefined : Math.ceil(memoryBytes);
  const all: RayResources = { CPU: 1, ...(gpus > 0 && { GPU: gpus }), ...(memory !== undefined && { memory }), ...own };
  return Array.from({ length: order.workers }, (_, index) => ({
    submission_id: `${order.name}-${index}`,
    entrypoint: entrypointOf(order, settings, workingFolder),
    entrypoint_num_cpus: 1,
    ...(gpus > 0 && { entrypoint_num_gpus: gpus }),
    ...(memory !== undefined && { entrypoint_memory: memory }),
    ...(Object.keys(own).length > 0 && { entrypoint_resources: own }),
    ...(Object.keys(settings.labels).length > 0 && { entrypoint_label_selector: settings.labels }),
    runtime_env: { env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(stopSeconds) } },
    metadata: { perbench_run: order.runId, perbench_order: order.name, perbench_resources: JSON.stringify(all) },
  }));
}

/** A command that submits a job, for a person. */
export function curlOf(submission: Submission, address: string, hasToken: boolean): string {
  return [
    `curl --fail-with-body ${shellWord(`${address}/api/jobs/`)}`,
    "--header 'Content-Type: application/json'",
    ...(hasToken ? ['--header "Authorization: Bearer $RAY_AUTH_TOKEN"'] : []),
    `--data ${shellWord(JSON.stringify(submission, undefined, 2))}`,
  ].join(' \\\n  ');
}
