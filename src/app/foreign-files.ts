import { isUtf8 } from 'node:buffer';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError, ImportError, UsageError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import type { FileLimits } from '../files/file-limits.ts';
import { readBytes } from '../files/read-file.ts';
import { foreignFormats } from '../formats/foreign-formats.ts';
import type { ForeignFile, ForeignFormat } from '../formats/format.ts';
import { decodeText } from '../sources/datasets/decode-text.ts';
import { isLfsPointer, lfsPointer } from '../sources/datasets/lfs-pointer.ts';

/** Files of a folder that may be results; others are passed over. */
const endings = ['.json', '.jsonl', '.eval'];
/** More is a folder that was named by mistake, such as a home folder. */
const maxFiles = 10_000;

interface FoundFile extends ForeignFile {
  /** Named on the command line, not found in a folder. */
  readonly isNamed: boolean;
}

export interface ForeignFilesOptions {
  /** Absolute; names are meant from here. */
  readonly workingFolder: string;
  /** By default {@link defaultFileLimits}. */
  readonly limits?: FileLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told of files that were passed over. */
  readonly onDetail?: ((text: string) => void) | undefined;
}

/** Files of one format, to be read together. */
export interface FormatFiles {
  readonly format: string;
  readonly read: NonNullable<ForeignFormat['read']>;
  readonly files: readonly ForeignFile[];
}

function diskProblem(name: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  return new UsageError(`${name}: ${systemErrorWords(error)}`, {
    cause: error,
    hint: 'Name files or folders with results.',
  });
}

async function readNamed(
  name: string,
  isNamed: boolean,
  { workingFolder, limits, signal }: ForeignFilesOptions,
): Promise<FoundFile> {
  try {
    const bytes = await readBytes(resolve(workingFolder, name), { limits, signal });
    if (isLfsPointer(bytes)) throw new ImportError({ file: name }, lfsPointer.what, { hint: lfsPointer.hint });
    return { name, bytes, isNamed };
  } catch (error) {
    throw diskProblem(name, error);
  }
}

const zipStart = Buffer.from('PK\u0003\u0004');

/** A file in UTF-16 or Windows-1252 as UTF-8, as a table of the user's own is read; what is no text stays as it is. */
function inUtf8(file: FoundFile, { onDetail }: ForeignFilesOptions): FoundFile {
  const { bytes } = file;
  const isWide = bytes.subarray(0, 2).includes(0);
  if (zipStart.equals(bytes.subarray(0, 4)) || (isUtf8(bytes) && !isWide)) return file;
  try {
    const { utf8, notes } = decodeText(new Uint8Array(bytes), file.name);
    for (const note of notes) onDetail?.(note);
    return { ...file, bytes: utf8 };
  } catch (error) {
    if (error instanceof DataError) return file;
    throw error;
  }
}

async function expand(
  name: string,
  { workingFolder }: ForeignFilesOptions,
): Promise<readonly { readonly name: string; readonly isNamed: boolean }[]> {
  try {
    const root = resolve(workingFolder, name);
    if (!(await stat(root)).isDirectory()) return [{ name, isNamed: true }];
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    const inside = found
      .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
      .map((entry) => join(name, join(entry.parentPath, entry.name).slice(root.length)))
      .toSorted();
    if (inside.length > maxFiles) {
      throw new UsageError(`${name}: expected at most ${maxFiles} files in this folder, got ${inside.length}`, {
        hint: 'Name the folder that holds the results.',
      });
    }
    return inside.map((path) => ({ name: path, isNamed: false }));
  } catch (error) {
    throw diskProblem(name, error);
  }
}

/**
 * Reads files and folders, and tells of which format each file is.
 *
 * @throws {UsageError} if a name leads nowhere
 * @throws {ImportError} if a named file is of no known format, or a folder has none
 */
export async function foreignFiles(
  names: readonly string[],
  options: ForeignFilesOptions,
): Promise<readonly FormatFiles[]> {
  const formats = await Promise.all(
    Object.entries(foreignFormats).map(async ([format, entry]) => {
      const loaded: ForeignFormat = await entry.load();
      return loaded.read === undefined ? undefined : { format, read: loaded.read, files: [] as ForeignFile[] };
    }),
  );
  const readable = formats.filter((format) => format !== undefined);
  const known = readable.map(({ format }) => format).join(', ');
  for (const name of names) {
    let isFound = false;
    for (const found of await expand(name, options)) {
      const file = inUtf8(await readNamed(found.name, found.isNamed, options), options);
      const format = readable.find(({ read }) => read.accepts(file));
      if (format !== undefined) {
        format.files.push(file);
        isFound = true;
      } else if (found.isNamed) {
        throw new ImportError({ file: file.name }, `expected a file in one of these formats: ${known}`, {
          hint: 'Score answers of a model with --task and --model; docs/interop.md describes these formats.',
        });
      } else options.onDetail?.(`${file.name}: not in one of these formats: ${known}; skipped`);
    }
    if (!isFound) throw new ImportError({ file: name }, `expected files of ${known} in this folder, found none`);
  }
  return readable.filter(({ files }) => files.length > 0);
}
