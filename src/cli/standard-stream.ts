import { fstatSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSystemError, type SystemError } from '../core/system-error.ts';
import { textWithoutSecrets } from '../core/without-secrets.ts';
import type { TextSink } from './output.ts';

/** stdout or stderr of the process, or a double in tests. */
export interface OutputStream extends TextSink {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  /** Characters that wait to be written; undefined where none ever do. */
  readonly writableLength?: number | undefined;
  write(text: string, written?: () => void): unknown;
}

/** A stream of the process that is silent from its first error on, and tells no secrets. */
export interface StandardStream extends TextSink {
  /** Resolves when a slow reader has taken everything, or never will. */
  flushed(): Promise<void>;
}

/**
 * Gives a stream an error path: a full disk, a reader that went away or a terminal that was closed ends what is written,
 * never the work.
 *
 * @param onFailure is told of the first error, once
 */
export function standardStream(stream: OutputStream, onFailure: (error: SystemError) => void): StandardStream {
  let isOpen = true;
  const fail = (error: unknown): void => {
    if (!isSystemError(error) && !isEnded(error)) throw error;
    if (isOpen) onFailure(error);
    isOpen = false;
  };
  stream.on('error', fail);
  return {
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
    getColorDepth: () => stream.getColorDepth?.() ?? 1,
    on: (...listened) => stream.on(...listened),
    write(text) {
      if (!isOpen) return;
      try {
        stream.write(textWithoutSecrets(text));
      } catch (error) {
        fail(error);
      }
    },
    async flushed() {
      // Errors of what was just written come a moment later.
      await nextTurn();
      const { promise, resolve } = Promise.withResolvers<void>();
      if (!isOpen || (stream.writableLength ?? 0) === 0) return;
      stream.write('', resolve);
      await promise;
    },
  };
}

/** Written to after its end, as Node says it. */
function isEnded(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_STREAM_');
}

/** Whether the other side of a stream went away, as `head` does when it has seen enough. */
export function isReaderGone({ code }: SystemError): boolean {
  return code === 'EPIPE' || code === 'ECONNRESET' || code.startsWith('ERR_STREAM_');
}

/** Whether the terminal behind a stream was closed. */
export function isTerminalGone({ code }: SystemError, { isTTY }: TextSink): boolean {
  return isTTY === true && (code === 'EIO' || code === 'ENXIO' || code === 'EBADF');
}

/**
 * A stream of the process, made whole where it is a file: of a text that the disk has no room for, Node writes the start
 * and says nothing.
 */
export function processStream(stream: NodeJS.WriteStream & { readonly fd: number }): OutputStream {
  if (!fstatSync(stream.fd).isFile()) return stream;
  return {
    on: (...listened) => stream.on(...listened),
    write(text) {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length;) done += writeSync(stream.fd, bytes, done);
    },
  };
}
