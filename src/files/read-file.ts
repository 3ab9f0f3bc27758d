import { constants, openSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { type SystemError, systemError } from '../core/system-error.ts';
import { beyondLimit, defaultFileLimits, type FileLimits } from './file-limits.ts';

/** Doesn't wait for whoever may open the other end of a pipe. */
const nonBlocking = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** What this process was given: `/dev/stdin`, and what a shell writes for `<(command)`. */
const given = /^\/(?:dev\/(?:std(?:in|out|err)|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/** What something is, where it isn't a file; undefined where it is. */
function notAFile(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** Whether a path is that of a stream which this process was given. */
export function isGiven(path: string): boolean {
  return given.test(path);
}

/** Number of a stream that this process was given, by its path; undefined of any other path. */
export function givenDescriptor(path: string): number | undefined {
  if (!isGiven(path)) return undefined;
  const standard = ['/dev/stdin', '/dev/stdout', '/dev/stderr'].indexOf(path);
  return standard === -1 ? Number(/\d+$/.exec(path)?.[0]) : standard;
}

/** What the system doesn't say of something that is no file. */
export function notAFileError(path: string, stats: Stats): SystemError {
  if (stats.isDirectory()) return systemError('EISDIR', path, 'read');
  return Object.assign(new Error(`is ${notAFile(stats)}, not a file`), { code: 'ENOTFILE', path });
}

/**
 * Opens a file for reading, and nothing else: a pipe or a device may have no end, and opening one may last for ever.
 *
 * @throws the error of the file system; one with the code `ENOTFILE` for what is no file
 */
export async function openFile(path: string): Promise<FileHandle> {
  const handle = await open(path, nonBlocking);
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw notAFileError(path, stats);
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** By default {@link defaultFileLimits}. */
  readonly limits?: FileLimits | undefined;
}

/** Raised where a file is larger than a limit; callers say what to do. */
class TooLargeError extends Error {
  readonly code = 'ETOOLARGE';
}

/**
 * A file's bytes; also those of a pipe that this process was given.
 *
 * @throws {TooLargeError} beyond the limit; as {@link openFile} otherwise
 */
export async function readBytes(
  path: string,
  { signal, limits = defaultFileLimits }: ReadOptions = {},
): Promise<Buffer<ArrayBuffer>> {
  const stream = await openStream(path, limits);
  if (signal !== undefined) addAbortSignal(signal, stream);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Growing, or without a size: devices of /proc, and pipes.
    if (bytes > limits.fileBytes) throw new TooLargeError(beyondLimit('fileBytes', limits));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** As {@link readBytes}, as UTF-8. */
export async function readText(path: string, options?: ReadOptions): Promise<string> {
  return (await readBytes(path, options)).toString('utf8');
}

async function openStream(path: string, limits: FileLimits): Promise<Readable> {
  const handle = await open(path, nonBlocking);
  const stats = await handle.stat();
  if (stats.isFile() && stats.size <= limits.fileBytes) return handle.createReadStream({ highWaterMark: 1 << 20 });
  await handle.close();
  if (stats.isFile()) throw new TooLargeError(beyondLimit('fileBytes', limits));
  if (!stats.isFIFO() || !isGiven(path)) throw notAFileError(path, stats);
  // As a socket it is waited for without a thread, so that the process can end meanwhile.
  return new Socket({ fd: openSync(path, nonBlocking), readable: true, writable: false });
}
