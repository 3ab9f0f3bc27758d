import { extname } from 'node:path';
import { DataError } from '../../core/errors.ts';
import type { DataSource } from '../../core/task-definition.ts';
import { beyondLimit, type FileLimits } from '../../files/file-limits.ts';
import { type DatasetFile, readPacked, unpack } from './dataset-formats.ts';
import { parquetRows } from './parquet-rows.ts';
import { type DecodedText, decodeText } from './decode-text.ts';
import { foreignStart, saveAsCsv } from './foreign-start.ts';
import { readCsv } from './own-csv.ts';
import { objectRows, readJson, readJsonLines } from './own-json.ts';
import type { OnDamage, ReadTable } from './own-rows.ts';

export type OwnFormat = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet';

const formatOfEnding: Readonly<Record<string, OwnFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
};

/** Endings that promise nothing: the content tells. */
const openEndings = ['', '.txt', '.text', '.data', '.dat'];

const known = '.csv, .tsv, .json, .jsonl, .ndjson or .parquet, or one of them with .gz';

/** Endings of spreadsheets; what their files hold is told by its start, where it is what the ending says. */
const sheetEndings = ['.xlsx', '.xls', '.xlsm', '.xlsb', '.ods', '.numbers'];

/** The format that a name promises, `.gz` aside; undefined for names that promise none or another one. */
export function formatOfName(path: string): OwnFormat | undefined {
  return formatOfEnding[endingOf(path)];
}

function endingOf(path: string): string {
  return extname(path.replace(/\.gz$/iu, '')).toLowerCase();
}

function startOf(content: Uint8Array, characters: number): string {
  return Buffer.from(content.subarray(0, characters)).toString('latin1');
}

function refuseForeign(path: string, content: Uint8Array): void {
  if (content.length === 0) throw new DataError(`${path}: empty`, { hint: 'Use a file with rows.' });
  const foreign = foreignStart(content);
  if (foreign === undefined) return;
  const { what, hint } = foreign;
  throw new DataError(`${path}: ${what}; expected ${known}`, { hint });
}

export interface ReadSettings extends Pick<DataSource, 'encoding' | 'separator'> {
  readonly onDamage: OnDamage;
  readonly signal: AbortSignal;
  readonly limits: FileLimits;
}

const gzipStart = [0x1f, 0x8b];

/** A file's bytes, unpacked if it is gzip, whatever it is called. */
async function readUnpacked(
  path: string,
  settings: ReadSettings,
): Promise<{ readonly file: DatasetFile; readonly content: Uint8Array<ArrayBuffer> }> {
  const { file, content } = await readPacked(path, settings);
  refuseForeign(path, content);
  if (!gzipStart.every((byte, index) => content[index] === byte) && !/\.gz$/iu.test(path)) return { file, content };
  const unpacked = await unpack(path, content, settings.limits);
  refuseForeign(path, unpacked);
  return { file, content: unpacked };
}

/** Without a byte order mark, the zeros of UTF-16, and leading space. */
function plainStart(start: string): string {
  return start
    .replace(/^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/u, '')
    .replaceAll('\0', '')
    .trimStart();
}

/** What a file of no telling name holds. */
function formatOfContent(start: string): OwnFormat | undefined {
  const text = plainStart(start);
  if (text.startsWith('[')) return 'json';
  // A text of JSON Lines is read as such where it isn't one value.
  if (text.startsWith('{')) return 'json';
  const heading = text.split(/[\r\n]/u, 1)[0] ?? '';
  return /^sep=/iu.test(heading) || /[,;\t|]/u.test(heading) ? 'csv' : undefined;
}

const formatNames: Readonly<Record<OwnFormat, string>> = {
  csv: 'CSV',
  tsv: 'TSV',
  json: 'JSON',
  jsonl: 'JSON Lines',
  parquet: 'Parquet',
};

function formatOf(
  path: string,
  content: Uint8Array,
): { readonly format: OwnFormat; readonly notes: readonly string[] } {
  const byName = formatOfName(path);
  const isParquet = startOf(content, 4) === 'PAR1';
  if (isParquet) {
    return { format: 'parquet', notes: byName === 'parquet' ? [] : [`${path}: read as Parquet, which its content is`] };
  }
  // No heading begins like this.
  const isJson =
    (byName === 'csv' || byName === 'tsv') && /^(?:\{\s*"|\[\s*\{\s*")/u.test(plainStart(startOf(content, 4096)));
  if (isJson) return { format: 'json', notes: [`${path}: read as JSON, which its content looks like`] };
  if (byName !== undefined) return { format: byName, notes: [] };
  const ending = endingOf(path);
  const format = openEndings.includes(ending) ? formatOfContent(startOf(content, 4096)) : undefined;
  if (format === undefined) {
    const what = ending === '' ? 'a name without an ending' : `the ending ${ending}`;
    throw new DataError(`${path}: cannot tell the format by ${what}; expected ${known}`, {
      hint: sheetEndings.includes(ending)
        ? saveAsCsv
        : 'Rename the file to what it is, or save the sheet as CSV (UTF-8), and use that.',
    });
  }
  return { format, notes: [`${path}: read as ${formatNames[format]}, which its content looks like`] };
}

async function readParquet(content: Uint8Array<ArrayBuffer>, path: string, onDamage: OnDamage): Promise<ReadTable> {
  const rows = await Array.fromAsync(parquetRows(path, content));
  return objectRows(rows, path, onDamage);
}

function readText(
  format: Exclude<OwnFormat, 'parquet'>,
  decoded: DecodedText,
  path: string,
  settings: ReadSettings,
): ReadTable {
  const { onDamage, separator } = settings;
  const { utf8 } = decoded;
  switch (format) {
    case 'json':
      return readJson(utf8.toString('utf8'), path, onDamage);
    case 'jsonl':
      return readJsonLines(utf8.toString('utf8'), path, onDamage);
    default:
      return readCsv(utf8, path, { separator, isTsv: format === 'tsv' }, onDamage);
  }
}

/** Where each line is a row, one without an end is damage, or made to fill the memory. */
function refuseLongLines(utf8: Buffer, path: string, limits: FileLimits): void {
  let line = 1;
  for (let start = 0; start < utf8.length; line += 1) {
    const newline = utf8.indexOf(10, start);
    const end = newline === -1 ? utf8.length : newline;
    if (end - start > limits.lineBytes) throw new DataError(`${path}:${line}: ${beyondLimit('lineBytes', limits)}`);
    start = end + 1;
  }
}

/**
 * Reads one data file.
 *
 * @throws {DataError} if it can't be read as a table, is empty, or is larger than can be held
 */
export async function readOwnFile(
  path: string,
  settings: ReadSettings,
): Promise<ReadTable & { readonly file: DatasetFile; readonly format: OwnFormat }> {
  const { file, content } = await readUnpacked(path, settings);
  const { format, notes } = formatOf(path, content);
  if (format === 'parquet') {
    const table = await readParquet(content, path, settings.onDamage);
    return { ...table, file, format, notes };
  }
  const decoded = decodeText(content, path, { encoding: settings.encoding, isSettable: true });
  if (format !== 'json') refuseLongLines(decoded.utf8, path, settings.limits);
  const table = readText(format, decoded, path, settings);
  return {
    ...table,
    file,
    format,
    notes: [...notes, ...decoded.notes, ...table.notes],
    warnings: [...decoded.warnings, ...table.warnings],
  };
}
