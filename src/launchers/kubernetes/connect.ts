import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  BatchV1Api,
  CoreV1Api,
  createConfiguration,
  KubeConfig,
  type RequestContext,
  type ResponseContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { LauncherError } from '../../core/errors.ts';
import { shortText } from '../../core/short-text.ts';
import type { KubernetesSettings } from './job-manifest.ts';

/** A cluster, and the namespace in which workers are. */
export interface Cluster {
  /** The address of its API server. */
  readonly server: string;
  readonly namespace: string;
  readonly jobs: BatchV1Api;
  readonly core: CoreV1Api;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface Bounds {
  readonly signal: AbortSignal;
  /** A server that takes longer to answer isn't waited for. */
  readonly timeoutMs: number;
}

/** The files that kubectl would read. */
function kubeconfigFiles(environment: Environment): readonly string[] {
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? '';
  return (named.length > 0 ? named : [join(home, '.kube', 'config')]).filter((file) => existsSync(file));
}

function readKubeconfig(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    return config;
  } catch (error) {
    // The client reads fields of what may be no object.
    const said = error instanceof Error && !(error instanceof TypeError) ? error.message : 'it names no cluster';
    throw new LauncherError(`${file}: not a kubeconfig: ${shortText(said.split('\n')[0] ?? '', 200)}`, {
      hint: 'Make one with the tools of your cluster; kubectl config view shows what kubectl reads.',
      cause: error,
    });
  }
}

/** Several files are one configuration; what two of them say, the first says. */
function merged(files: readonly string[]): KubeConfig {
  const all = files.map(readKubeconfig);
  const first = <Entry extends { readonly name: string }>(list: (config: KubeConfig) => readonly Entry[]): Entry[] => {
    const byName = new Map(
      all.toReversed().flatMap((config) => list(config).map((entry) => [entry.name, entry] as const)),
    );
    return Array.from(byName.values());
  };
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: first(({ clusters }) => clusters),
    users: first(({ users }) => users),
    contexts: first(({ contexts }) => contexts),
    currentContext: all.find(({ currentContext }) => (currentContext ?? '') !== '')?.currentContext,
  });
  return config;
}

function findKubeconfig(environment: Environment): KubeConfig {
  const files = kubeconfigFiles(environment);
  if (files.length > 0) return merged(files);
  if (environment['KUBERNETES_SERVICE_HOST'] === undefined)
    throw new LauncherError('there is no kubeconfig: neither KUBECONFIG nor ~/.kube/config names a file that exists', {
      hint: 'Make one with the tools of your cluster, until kubectl get jobs works here.',
    });
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** Ends with the process's signal, and when no answer comes. */
function bounded({ signal, timeoutMs }: Bounds): {
  pre: (context: RequestContext) => Promise<RequestContext>;
  post: (response: ResponseContext) => Promise<ResponseContext>;
} {
  return {
    pre: async (context) => {
      context.setSignal(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      return Promise.resolve(context);
    },
    post: async (response) => Promise.resolve(response),
  };
}

/**
 * The cluster of a context, as kubectl finds it. Asks nobody yet.
 *
 * @throws {LauncherError} if there is no kubeconfig, or it doesn't say which cluster
 */
export function connect(settings: KubernetesSettings, environment: Environment, bounds: Bounds): Cluster {
  const config = findKubeconfig(environment);
  if (settings.context !== undefined) config.setCurrentContext(settings.context);
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) {
    const known = config.getContexts().map((each) => each.name);
    throw new LauncherError(
      (name ?? '') === ''
        ? 'the kubeconfig has no current context'
        : `the kubeconfig has no context ${name} with a cluster`,
      {
        hint: `Name a context (cluster.kubernetes.context); there ${known.length === 1 ? 'is' : 'are'}: ${known.join(', ') || 'none'}.`,
      },
    );
  }
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(cluster.server, {}),
    authMethods: { default: config },
    promiseMiddleware: [bounded(bounds)],
  });
  return {
    server: cluster.server,
    namespace: settings.namespace ?? context.namespace ?? 'default',
    jobs: new BatchV1Api(configuration),
    core: new CoreV1Api(configuration),
  };
}
