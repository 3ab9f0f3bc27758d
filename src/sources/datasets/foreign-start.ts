import { lfsPointer, lfsStart } from './lfs-pointer.ts';

export const saveAsCsv = 'Save the sheet as CSV (UTF-8), and use that.';

/** Starts of files that people take for data. */
const foreignStarts: readonly (readonly [start: string, what: string, hint: string])[] = [
  ['PK\u0003\u0004', 'an Excel workbook or a zip archive', 'Save the sheet as CSV (UTF-8), or unpack the archive.'],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Excel or Office file', saveAsCsv],
  ['%PDF', 'a PDF file', 'Put the data into a table, such as a CSV file.'],
  ['SQLite format 3', 'an SQLite database', 'Export the table as CSV.'],
  ['<!DOCTYPE', 'a web page', 'Download the file itself.'],
  ['<!doctype', 'a web page', 'Download the file itself.'],
  ['<html', 'a web page', 'Download the file itself.'],
  [lfsStart, lfsPointer.what, lfsPointer.hint],
  ['\u0089PNG', 'an image', 'Put the data into a table, such as a CSV file.'],
  ['\u00ff\u00d8\u00ff', 'an image', 'Put the data into a table, such as a CSV file.'],
  ['GGUF\u0003', 'a model', 'Name it with --model, and the data with --task.'],
  ['BZh', 'a bzip2 file', 'Unpack it.'],
  ['\u00fd7zXZ', 'an xz file', 'Unpack it.'],
  ['(\u00b5/\u00fd', 'a Zstandard file', 'Unpack it.'],
];

/** What a file is that people take for data, by its start, and what to do; undefined for anything else. */
export function foreignStart(content: Uint8Array): { readonly what: string; readonly hint: string } | undefined {
  const start = Buffer.from(content.subarray(0, 32)).toString('latin1');
  const [, what, hint] = foreignStarts.find(([first]) => start.startsWith(first)) ?? [];
  return what === undefined || hint === undefined ? undefined : { what, hint };
}
