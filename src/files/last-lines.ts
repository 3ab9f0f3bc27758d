import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const tailBytes = 65_536;
const longestLine = 300;

/** Lines of a text, without colours, empty ones and bars that were drawn over. */
function plainLines(text: string): readonly string[] {
  return stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
}

/**
 * The last lines of a log of another program; none while it has written nothing.
 *
 * @throws the error of the file system
 */
export function lastLines(file: string, count: number): readonly string[] {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const length = Math.min(size, tailBytes);
    const buffer = Buffer.alloc(length);
    readSync(descriptor, buffer, 0, length, size - length);
    return plainLines(buffer.toString('utf8')).slice(-count);
  } finally {
    closeSync(descriptor);
  }
}
