import type * as z from 'zod';
import { choice, section, shapeOf, text, whole, type Zod } from './settings.ts';

/** `cluster` of a suite: what the engine that places workers is told. None of it decides results. */

const nothing = { decides: 'nothing' } as const;

const program = text({
  ...nothing,
  fallback: 'perbench',
  help: 'how perbench is called on a node',
});

/** Options of sbatch, by their own names. */
export const slurmSettings = {
  partition: text({ ...nothing, help: 'partition' }),
  account: text({ ...nothing, help: 'account' }),
  qos: text({ ...nothing, help: 'quality of service' }),
  time: text({ ...nothing, help: 'time limit of a job, such as 12:00:00' }),
  constraint: text({ ...nothing, help: 'features that nodes must have' }),
  gres: text({ ...nothing, fallback: 'gpu', help: 'generic resource that GPUs are, such as gpu:h100' }),
  lines: section((zod) => zod.array(zod.string().min(1)), {
    ...nothing,
    fallback: [],
    help: 'further options of sbatch, such as --nodelist=n1',
  }),
  setup: text({ ...nothing, help: 'shell lines before the worker starts: modules, a virtual environment' }),
  logs: text({
    ...nothing,
    help: 'folder for logs that all nodes share',
    otherwise: '.perbench/jobs in the working folder',
  }),
  program,
} as const;

/** As in the API of Kubernetes: `Toleration` of core/v1. */
function tolerationSchema(zod: Zod) {
  return zod.strictObject({
    key: zod.string().exactOptional(),
    operator: zod.enum(['Exists', 'Equal']).exactOptional(),
    value: zod.string().exactOptional(),
    effect: zod.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).exactOptional(),
    tolerationSeconds: zod.int().min(0).exactOptional(),
  });
}

export const kubernetesSettings = {
  context: text({ ...nothing, help: 'context of the kubeconfig', otherwise: 'the current one' }),
  namespace: text({ ...nothing, help: 'namespace', otherwise: 'that of the context' }),
  image: text({ ...nothing, fallback: 'perbench', help: 'image of the worker (docs/docker.md)' }),
  pullPolicy: choice(['Always', 'IfNotPresent', 'Never'], { ...nothing, help: 'when nodes pull the image' }),
  storeSecret: text({
    ...nothing,
    fallback: 'perbench-store',
    help: 'secret whose entries become variables, such as PGPASSWORD',
  }),
  serviceAccount: text({ ...nothing, help: 'service account of the pods' }),
  queue: text({ ...nothing, help: "Kueue's local queue" }),
  nodeSelector: section((zod) => zod.record(zod.string(), zod.string()), {
    ...nothing,
    fallback: {},
    help: 'labels that nodes must have',
  }),
  tolerations: section((zod) => zod.array(tolerationSchema(zod)), {
    ...nothing,
    fallback: [],
    help: 'tolerations of the pods, as Kubernetes writes them',
  }),
  volumes: section((zod) => zod.record(zod.string(), zod.string()), {
    ...nothing,
    fallback: {},
    help: 'persistent volume claims by the folder at which pods see them, such as {/models: models}',
  }),
} as const;

/** Of a web server, and without what could be a secret: it is stored with the run. */
function isPlainAddress(address: string): boolean {
  const url = /^https?:\/\//i.test(address) ? URL.parse(address) : null;
  return url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

export const raySettings = {
  address: text({
    ...nothing,
    fallback: 'http://127.0.0.1:8265',
    expected: 'an address such as http://127.0.0.1:8265, without user, password and query',
    isGood: isPlainAddress,
    help: "address of the head's dashboard",
  }),
  resources: section((zod) => zod.record(zod.string(), zod.number().positive()), {
    ...nothing,
    fallback: {},
    help: 'custom resources that a worker takes',
  }),
  labels: section((zod) => zod.record(zod.string(), zod.string()), {
    ...nothing,
    fallback: {},
    help: 'labels that nodes must have',
  }),
  exclusive: text({ ...nothing, help: 'custom resource of which each node has 1, and a worker takes all' }),
  program,
} as const;

export const clusterTables = { slurm: slurmSettings, kubernetes: kubernetesSettings, ray: raySettings } as const;

function clusterSchemaOf(zod: Zod) {
  return zod.strictObject({
    slurm: zod.strictObject(shapeOf(slurmSettings, zod)).optional(),
    kubernetes: zod.strictObject(shapeOf(kubernetesSettings, zod)).optional(),
    ray: zod.strictObject(shapeOf(raySettings, zod)).optional(),
  });
}

export function clusterSchema(zod: Zod): ReturnType<typeof clusterSchemaOf> {
  return clusterSchemaOf(zod);
}

/** `cluster` of a suite, with every default filled in. */
export type ClusterSettings = z.output<ReturnType<typeof clusterSchemaOf>>;

function hostsSchemaOf(zod: Zod) {
  const part = zod.string().min(1);
  return zod.strictObject({
    gpu: part.describe('part of the name of their GPUs, in any case').optional(),
    gpus: zod.int().min(0).describe('how many of them').optional(),
    cpu: part.describe('part of the name of their CPU, in any case').optional(),
    cores: zod.int().min(1).describe('cores').optional(),
  });
}

export function hostsSchema(zod: Zod): ReturnType<typeof hostsSchemaOf> {
  return hostsSchemaOf(zod);
}

/** `hosts` of a suite: the machines whose times count. */
export type HostsWanted = z.output<ReturnType<typeof hostsSchemaOf>>;

/** How many blocks the items of a cell may be split into. What shares a batch decides how numbers are rounded. */
export const shardsSetting = whole({
  decides: 'answers',
  label: 'blocks of items',
  inKey: 'change',
  min: 1,
  max: 1000,
  fallback: 1,
  help: "split each cell's items into so many blocks, which several workers may answer; for runs on many machines",
});
