import { DataError } from '../../core/errors.ts';
import { decodeText } from './dataset-file.ts';
import type { RawRow } from './raw-row.ts';

/**
 * Rows of a file with one JSON value a line; blank lines don't count. A broken last line without a line break means
 * that the file was cut off, which no setting skips; a broken line elsewhere is a row with `damage`.
 *
 * @throws {DataError} if the file is cut off or not UTF-8
 */
export function* jsonLineRows(file: string, content: Uint8Array): Generator<RawRow, void, void> {
  let line = 0;
  let start = 0;
  while (start < content.length) {
    const newline = content.indexOf(10, start);
    const end = newline === -1 ? content.length : newline;
    line += 1;
    const text = decodeText(content.subarray(start, end), `${file}:${line}`).trim();
    if (text !== '') yield parsedRow(file, line, text, newline === -1);
    start = end + 1;
  }
}

function parsedRow(file: string, line: number, text: string, isUnterminated: boolean): RawRow {
  try {
    return { value: JSON.parse(text), file, line };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (isUnterminated) {
      throw new DataError(`${file}:${line}: the file ends in the middle of a row`, {
        hint: 'Fetch the file again: it seems to be cut off.',
        cause: error,
      });
    }
    return { value: undefined, file, line, damage: error.message.replace(/, (?:\.{3})?".*$/su, '') };
  }
}
