import { EnvironmentError } from '../../core/errors.ts';

const mebibyte = 1024 * 1024;
/** What the process needs beside the weights before any context is opened: Node, the library, its tables. */
const processBytes = 96 * mebibyte;

/**
 * Refuses a model that can't fit, before the system has to kill something.
 *
 * @throws {EnvironmentError} with both numbers
 */
export function checkMemory(name: string, weightsBytes: number, availableBytes: number): void {
  const needed = weightsBytes + processBytes;
  if (needed <= availableBytes) return;
  const inMebibytes = (bytes: number): string => `${Math.ceil(bytes / mebibyte)} MiB`;
  throw new EnvironmentError(
    `${name} needs at least ${inMebibytes(needed)} of memory, ${inMebibytes(availableBytes)} are available`,
    { hint: 'Free memory, raise the limit, or choose a smaller model or quantisation.' },
  );
}
