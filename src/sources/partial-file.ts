import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DownloadError } from '../core/errors.ts';
import { notAFileError } from '../files/read-file.ts';
import { renameSynced } from '../files/replace-file.ts';
import { discard } from '../files/discard.ts';
import { explainDiskError, makeFolder } from './disk-error.ts';
import type { FetchedFile } from './pull.ts';

const chunkBytes = 1024 * 1024;
/** As `a+`, but neither through a link, which may lead to any file of the user, nor into a pipe. */
const openFlags =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

async function hashStart(handle: FileHandle, bytes: number, signal: AbortSignal | undefined): Promise<Hash> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let position = 0; position < bytes;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunkBytes, bytes - position), position);
    if (bytesRead === 0) throw new Error(`file became shorter than ${bytes} bytes while it was read`);
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash;
}

/** What a file is to become, and how it is called in errors. */
interface FinishedFile {
  readonly target: string;
  /** What an attempt left for the next one. */
  readonly notePath: string;
  /** Hex; undefined where nobody has pinned it. */
  readonly sha256: string | undefined;
  readonly file: string;
  /** What another content means. */
  readonly changed: string;
}

/**
 * A file that is being written, beside the one that it will become. It knows the sha256 of what it holds, survives
 * a kill at any moment, and gets the final name only by `publish`.
 */
export class PartialFile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  #hash: Hash;
  #bytes: number;

  private constructor(path: string, handle: FileHandle, hash: Hash, bytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** Goes on with the first `keepBytes` of what an earlier attempt left; all of it by default. */
  static async open(
    path: string,
    options: { readonly keepBytes?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<PartialFile> {
    await makeFolder(dirname(path));
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, openFlags);
      const stats = await handle.stat();
      if (!stats.isFile()) throw notAFileError(path, stats);
      const { size } = stats;
      const bytes = options.keepBytes === undefined || options.keepBytes > size ? size : options.keepBytes;
      if (bytes < size) await handle.truncate(bytes);
      return new PartialFile(path, handle, await hashStart(handle, bytes, options.signal), bytes);
    } catch (error) {
      await handle?.close();
      throw await explainDiskError(error, path);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Hex sha256 of what is in the file now. */
  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  async append(chunk: Uint8Array, neededBytes?: number): Promise<void> {
    try {
      for (let written = 0; written < chunk.length;) {
        const { bytesWritten } = await this.#handle.write(chunk, written);
        this.#hash.update(chunk.subarray(written, written + bytesWritten));
        this.#bytes += bytesWritten;
        written += bytesWritten;
      }
    } catch (error) {
      throw await explainDiskError(error, this.path, neededBytes);
    }
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
  }

  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  /**
   * Gives the file its final name where its content is the right one, else removes it; what was noted of the attempt is
   * removed too.
   *
   * @throws {DownloadError} for another content
   */
  async finish({ target, notePath, sha256, file, changed }: FinishedFile): Promise<FetchedFile> {
    const got = this.sha256();
    if (sha256 !== undefined && got !== sha256) {
      await discard(this.path);
      await discard(notePath);
      throw new DownloadError(`${file}: sha256 is ${got}, expected ${sha256}; the download was deleted`, {
        hint: `Try again; if the checksum stays wrong, ${changed} and must not be trusted.`,
      });
    }
    await this.sync();
    await renameSynced(this.path, target);
    await rm(notePath, { force: true });
    return { path: target, sha256: got, bytes: this.#bytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
