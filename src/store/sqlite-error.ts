import { StoreError } from '../core/errors.ts';

interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  /** Extended result code; its low byte is the primary one. */
  readonly errcode: number;
  readonly errstr: string;
}

const codes = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** Extended code: the index of the write-ahead log found no room. */
const indexHasNoRoom = 4874;

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error;
}

function primaryCode(error: unknown): number | undefined {
  if (!isSqliteError(error)) return undefined;
  return error.errcode === indexHasNoRoom ? codes.full : error.errcode & 0xff;
}

export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === codes.busy || code === codes.locked;
}

/** Whether the place of a file can't be written: it may be read all the same. */
export function isUnwritable(error: unknown): boolean {
  const code = primaryCode(error);
  const { permission, readOnly, inputOutput, full, cannotOpen } = codes;
  return code !== undefined && [permission, readOnly, inputOutput, full, cannotOpen].includes(code as 3);
}

/** Whether SQLite found the store unreadable, and no more than that: it is neither locked nor full. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error);
  return code === codes.corrupt || code === codes.notADatabase || code === codes.inputOutput;
}

/** What the user must know about a failure of SQLite; anything else comes back as it is: it is a bug of ours. */
export function explainSqliteError(error: unknown, file: string, access: 'read' | 'write' = 'write'): unknown {
  if (!isSqliteError(error)) return error;
  const explanation = explain(error, file, access);
  if (explanation === undefined) return error;
  return new StoreError(`${file}: ${explanation.message}`, { hint: explanation.hint, cause: error });
}

function explain(
  error: SqliteError,
  file: string,
  access: 'read' | 'write',
): { readonly message: string; readonly hint: string } | undefined {
  switch (primaryCode(error)) {
    case codes.busy:
    case codes.locked:
      return {
        message: 'the store is locked by another process',
        hint: 'Wait until it ends, or stop it, then run the same command again.',
      };
    case codes.permission:
    case codes.readOnly:
    case codes.cannotOpen:
      return {
        message: `cannot open the store${access === 'read' ? '' : ' for writing'} (${error.errstr})`,
        hint: `Make the file and its folder ${access === 'read' ? 'readable' : 'writable'}, or choose another file for the store.`,
      };
    case codes.inputOutput:
      return {
        message: `reading or writing failed (${error.errstr}, code ${error.errcode})`,
        hint: 'Check the disk and its free space; everything saved so far is kept.',
      };
    case codes.corrupt:
      return {
        message: `the store is damaged (${error.message})`,
        hint: `Restore it from a backup, or recover what is readable with: sqlite3 ${file} .recover`,
      };
    case codes.full:
      return {
        message: 'the disk is full; everything saved so far is kept',
        hint: 'Free some space, then run the same command again: it resumes where it stopped.',
      };
    case codes.notADatabase:
      return {
        message: 'not a perbench store: the file is no SQLite database, or its start is damaged',
        hint: 'Choose another file for the store, or restore this one from a backup.',
      };
    default:
      return undefined;
  }
}
