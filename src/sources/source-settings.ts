import { isAbsolute, join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { type FileLimits, fileLimitsFrom } from '../files/file-limits.ts';
import { isLoopbackHost, type ProxySettings, proxySettings } from '../core/proxy.ts';

/** How long the network may take, and how often it is asked again. */
export interface NetworkLimits {
  /** Tries without any progress before a download gives up. */
  readonly attempts: number;
  /** Pause before the second try; doubles each time, half of it by chance. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly connectMs: number;
  /** A transfer that brings no byte for so long is cut and tried again. */
  readonly idleMs: number;
  /** How long the hub is waited for where PyPI has the same file. */
  readonly probeMs: number;
  /** Longest download whose server doesn't say how long it is, and nobody else either. */
  readonly unknownBytes: number;
}

/** Everything that the sources take from outside: made once by the CLI, or by a test. */
export interface SourceSettings {
  /** perbench's own cache: models that are not the hub's, locks, remembered checksums. */
  readonly cacheDir: string;
  /** The hub's cache, shared with its other clients. */
  readonly hubCacheDir: string;
  /** Without a final slash. */
  readonly hubEndpoint: string;
  readonly hubToken: string | undefined;
  /** Where the hub's own client keeps its token; read when `hubToken` is undefined. */
  readonly hubTokenFile: string | undefined;
  readonly isOffline: boolean;
  /** Program and first arguments that run pip. */
  readonly pipCommand: readonly [string, ...string[]];
  /** Environment of child processes; holds no secrets of ours. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  readonly proxy: ProxySettings;
  readonly network: NetworkLimits;
  readonly fileLimits: FileLimits;
}

type Environment = Readonly<Record<string, string | undefined>>;

const defaultNetworkLimits: NetworkLimits = {
  attempts: 5,
  backoffMs: 500,
  maxBackoffMs: 15_000,
  connectMs: 10_000,
  idleMs: 60_000,
  probeMs: 4_000,
  unknownBytes: 2 ** 40,
};

const officialHub = 'https://huggingface.co';
const truthy = new Set(['1', 'true', 'yes', 'on']);

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function isOn(value: string | undefined): boolean {
  return truthy.has((value ?? '').trim().toLowerCase());
}

function hubEndpoint(environment: Environment): string {
  const text = nonEmpty(environment['HF_ENDPOINT']) ?? officialHub;
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (!isSafe) {
    throw new UsageError(`HF_ENDPOINT: expected an https URL, got "${text.replace(/^.*@/s, '…@')}"`, {
      hint: 'Use https:// (plain http is accepted only for this machine).',
    });
  }
  return text.replace(/\/+$/, '');
}

/** Python's installer for Windows makes a `python`, and no `python3`. */
function pipCommand(environment: Environment, platform: string): readonly [string, ...string[]] {
  const [program, ...rest] = (nonEmpty(environment['PERBENCH_PIP']) ?? '').split(/\s+/);
  if (program !== undefined && program !== '') return [program, ...rest];
  return [nonEmpty(environment['PERBENCH_PYTHON']) ?? (platform === 'win32' ? 'python' : 'python3'), '-m', 'pip'];
}

function withoutSecrets(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !/token|secret|password|api_?key/i.test(name)) kept[name] = value;
  }
  return kept;
}

/** A relative XDG folder is to be ignored, says the XDG specification. */
function xdgCache(environment: Environment, home: string): string {
  const named = nonEmpty(environment['XDG_CACHE_HOME']);
  return named !== undefined && isAbsolute(named) ? named : join(home, '.cache');
}

/**
 * Settings from an environment: `XDG_CACHE_HOME`, `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`,
 * `HF_HUB_OFFLINE`, `PERBENCH_OFFLINE`, `PERBENCH_PIP`, `PERBENCH_PYTHON`, `PERBENCH_MAX_FILE_SIZE`,
 * `PERBENCH_MAX_LINE_SIZE` and the proxy variables.
 *
 * @param home the user's folder, for the defaults of the caches
 * @throws {UsageError} if `HF_ENDPOINT` is no https address, or a size is none
 */
export function sourceSettingsFrom(
  environment: Environment,
  home: string,
  flags: { readonly isOffline?: boolean } = {},
  platform: string = process.platform,
): SourceSettings {
  const cacheHome = xdgCache(environment, home);
  const hubHome = nonEmpty(environment['HF_HOME']) ?? join(cacheHome, 'huggingface');
  return Object.freeze({
    cacheDir: join(cacheHome, 'perbench'),
    hubCacheDir: nonEmpty(environment['HF_HUB_CACHE']) ?? join(hubHome, 'hub'),
    hubEndpoint: hubEndpoint(environment),
    hubToken: nonEmpty(environment['HF_TOKEN']),
    hubTokenFile: nonEmpty(environment['HF_TOKEN_PATH']) ?? join(hubHome, 'token'),
    isOffline: flags.isOffline === true || isOn(environment['HF_HUB_OFFLINE']) || isOn(environment['PERBENCH_OFFLINE']),
    pipCommand: pipCommand(environment, platform),
    childEnvironment: withoutSecrets(environment),
    proxy: proxySettings(environment),
    network: defaultNetworkLimits,
    fileLimits: fileLimitsFrom(environment),
  });
}
