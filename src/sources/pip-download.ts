import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DownloadError, EnvironmentError } from '../core/errors.ts';
import { ifThere } from '../files/if-there.ts';
import { makeFolder } from './disk-error.ts';
import type { SourceSettings } from './source-settings.ts';

const pollMs = 200;
const killAfterMs = 2_000;
const keptErrorCharacters = 8_192;
const pipHint = 'Install Python 3 with pip, or set PERBENCH_PYTHON or PERBENCH_PIP to the command that runs it.';

export interface WheelRequest {
  readonly package: string;
  readonly version: string;
  /** Emptied by the caller; the wheel and pip's own temporary files go there. */
  readonly folder: string;
  readonly onGrowth: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Size of the largest file below a folder, in which files and folders come and go. */
export async function largestFileBytes(folder: string): Promise<number> {
  // pip copies the finished file, so the largest one is what has arrived, not the sum.
  let largest = 0;
  for (const entry of (await ifThere(readdir(folder, { withFileTypes: true }))) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) largest = Math.max(largest, await largestFileBytes(path));
    if (entry.isFile()) largest = Math.max(largest, (await ifThere(stat(path)))?.size ?? 0);
  }
  return largest;
}

interface PipResult {
  readonly exitCode: number | null;
  readonly errors: string;
}

function pipArguments(request: WheelRequest): string[] {
  return [
    'download',
    '--no-deps',
    // A source package would run its own code while it is "downloaded".
    '--only-binary=:all:',
    '--no-cache-dir',
    '--no-input',
    '--disable-pip-version-check',
    '--progress-bar=off',
    '--dest',
    request.folder,
    `${request.package}==${request.version}`,
  ];
}

function runPip(request: WheelRequest, settings: SourceSettings): Promise<PipResult> {
  const [program, ...first] = settings.pipCommand;
  const child = spawn(program, [...first, ...pipArguments(request)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...settings.childEnvironment, TMPDIR: join(request.folder, 'tmp') },
  });
  let errors = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrorCharacters);
  });
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    killTimer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  request.signal?.addEventListener('abort', stop, { once: true });
  return new Promise<PipResult>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new EnvironmentError(`cannot run "${program}", which fetches from PyPI: ${cause.message}`, {
          hint: pipHint,
          cause,
        }),
      );
    });
    child.once('close', (exitCode) => resolve({ exitCode, errors }));
  }).finally(() => {
    clearTimeout(killTimer);
    request.signal?.removeEventListener('abort', stop);
  });
}

function explainFailure(request: WheelRequest, settings: SourceSettings, { exitCode, errors }: PipResult): Error {
  const lines = errors
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const wanted = `${request.package}==${request.version}`;
  if (/No module named pip/.test(errors)) {
    return new EnvironmentError(`"${settings.pipCommand.join(' ')}" has no pip: ${lines.at(-1) ?? ''}`, {
      hint: pipHint,
    });
  }
  if (/No space left on device|Errno 28/.test(errors)) {
    return new EnvironmentError(`disk full while pip fetched ${wanted} into ${request.folder}`, {
      hint: 'Free some space, or set XDG_CACHE_HOME to a folder on another disk.',
    });
  }
  if (/No matching distribution/.test(errors)) {
    const versions = /from versions: ([^)]*)\)/.exec(errors)?.[1] ?? 'none';
    return new DownloadError(`PyPI has no wheel ${wanted} for this machine; versions that pip sees: ${versions}`, {
      hint: 'Check name and version, and that PyPI can be reached (pip config, proxy).',
    });
  }
  const tail = lines.slice(-3).join(' | ');
  return new DownloadError(`pip could not fetch ${wanted} (exit ${exitCode ?? 'by signal'}): ${tail}`, {
    hint: `Try it by hand: ${settings.pipCommand.join(' ')} download --no-deps ${wanted}`,
  });
}

/**
 * Fetches one wheel with the user's own pip, so that its index, proxy and certificates are the ones in use.
 *
 * @returns path of the wheel, inside `request.folder`
 * @throws {EnvironmentError} if Python or pip is missing, or the disk is full
 * @throws {DownloadError} if pip fails; with its last lines
 */
export async function downloadWheel(request: WheelRequest, settings: SourceSettings): Promise<string> {
  await makeFolder(join(request.folder, 'tmp'));
  request.signal?.throwIfAborted();
  let isRunning = true;
  const pip = runPip(request, settings).finally(() => {
    isRunning = false;
  });
  const watch = async (): Promise<void> => {
    while (isRunning) {
      request.onGrowth(await largestFileBytes(request.folder));
      await Promise.race([pip.catch(() => undefined), new Promise((wake) => setTimeout(wake, pollMs).unref())]);
    }
  };
  const [result] = await Promise.all([pip, watch()]);
  request.signal?.throwIfAborted();
  if (result.exitCode !== 0) throw explainFailure(request, settings, result);
  const wheel = (await readdir(request.folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new DownloadError(`pip fetched no wheel for ${request.package}==${request.version}`);
  return join(request.folder, wheel);
}
