import { stringify } from 'yaml';
import type { ServerPresetName } from '../../core/managed-server.ts';
import type { ServeCommandLine } from './build-command.ts';
import { kubernetesText } from './command-word.ts';
import {
  gpuCount,
  hubCache,
  hubEnvironment,
  imageOf,
  isFromHub,
  mountsOf,
  neededVariables,
  programAndArguments,
} from './container.ts';
import type { MeasuredSetup } from './measured-setup.ts';

/** A model's name as Kubernetes names things, Services too: RFC 1035. */
export function resourceName(model: string): string {
  const name = model
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .slice(0, 50)
    .replace(/-+$/u, '');
  return /^[a-z]/u.test(name) ? name : `model-${name}`.replace(/-$/u, '');
}

/** Of the persistent volume claim that holds the files. */
export const modelsClaim = 'models';

const mebibyte = 2 ** 20;

/** What was measured is what is asked for; nobody measured how much more it may ever take. */
function resources(setup: MeasuredSetup): object {
  const { memoryBytes, facts, isOnGpu } = setup;
  const gpus = gpuCount(setup);
  const requests = {
    ...(facts.threads !== undefined && { cpu: String(facts.threads) }),
    // Of a GPU's model the measured memory is the GPU's.
    ...(memoryBytes !== undefined && !isOnGpu && { memory: `${Math.ceil(memoryBytes / mebibyte)}Mi` }),
  };
  return {
    ...(Object.keys(requests).length > 0 && { requests }),
    ...(gpus > 0 && { limits: { 'nvidia.com/gpu': gpus } }),
  };
}

const probeSeconds = 10;
const usualStartSeconds = 1200;

function probes(setup: MeasuredSetup): object {
  const httpGet = { path: setup.server?.healthPath ?? '/health', port: 'http' };
  const seconds = setup.server?.startSeconds ?? usualStartSeconds;
  return {
    startupProbe: { httpGet, periodSeconds: probeSeconds, failureThreshold: Math.ceil(seconds / probeSeconds) },
    readinessProbe: { httpGet, periodSeconds: probeSeconds },
    livenessProbe: { httpGet, periodSeconds: 30, timeoutSeconds: 10 },
  };
}

function environment(line: ServeCommandLine, name: string, fromHub: boolean): readonly object[] {
  const { CUDA_VISIBLE_DEVICES: _, CUDA_DEVICE_ORDER: __, ...values } = line.environment;
  const secret = (variable: string, isOptional: boolean): object => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: `${name}-secrets`, key: variable, ...(isOptional && { optional: true }) } },
  });
  const needed = neededVariables(line);
  return [
    ...Object.entries({ ...(fromHub && hubEnvironment), ...values }).map(([variable, value]) => ({
      name: variable,
      value: kubernetesText([value]),
    })),
    ...needed.map((variable) => secret(variable, false)),
    ...(fromHub && !needed.includes('HF_TOKEN') ? [secret('HF_TOKEN', true)] : []),
  ];
}

/** Files come from a claim; what is fetched from the hub goes into a volume of the pod, and GPUs share memory. */
function volumes(
  setup: MeasuredSetup,
  chosen: ServerPresetName,
): { readonly mounts: readonly object[]; readonly volumes: readonly object[] } {
  const files = mountsOf(setup).map(({ to }) => ({
    name: 'models',
    mountPath: to,
    subPath: to.slice(1),
    readOnly: true,
  }));
  const pod = [
    ...(isFromHub(setup) ? [{ name: 'hub', mountPath: hubCache, emptyDir: {} }] : []),
    ...(chosen === 'llama-server'
      ? []
      : [{ name: 'shared-memory', mountPath: '/dev/shm', emptyDir: { medium: 'Memory' } }]),
  ];
  return {
    mounts: [...files, ...pod.map(({ name, mountPath }) => ({ name, mountPath }))],
    volumes: [
      ...(files.length === 0
        ? []
        : [{ name: 'models', persistentVolumeClaim: { claimName: modelsClaim, readOnly: true } }]),
      ...pod.map(({ name, emptyDir }) => ({ name, emptyDir })),
    ],
  };
}

/** `compat`: `kubectl` reads YAML 1.1, in which `on` and `1_000` are no texts. */
const yamlOptions = { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' } as const;

/** A Deployment of one replica, and a Service in front of it, as YAML. */
export function kubernetesYaml(
  setup: MeasuredSetup,
  chosen: Exclude<ServerPresetName, 'ollama'>,
  line: ServeCommandLine,
  name: string,
): string {
  const labels = { app: name };
  const { program, rest } = programAndArguments(line, chosen);
  const { mounts, volumes: podVolumes } = volumes(setup, chosen);
  const env = environment(line, name, isFromHub(setup));
  const needed = resources(setup);
  const container = {
    name: 'server',
    image: imageOf(setup, chosen).image,
    ...(chosen !== 'llama-server' && { command: program.map(kubernetesText) }),
    args: rest.map(kubernetesText),
    ...(env.length > 0 && { env }),
    ports: [{ name: 'http', containerPort: line.port }],
    ...probes(setup),
    ...(Object.keys(needed).length > 0 && { resources: needed }),
    volumeMounts: mounts,
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container], volumes: podVolumes } },
    },
  };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels },
    spec: { selector: labels, ports: [{ name: 'http', port: line.port, targetPort: 'http' }] },
  };
  const written = [deployment, service].map((each) => stringify(each, yamlOptions));
  return written.join('---\n').trimEnd();
}
