import { UsageError } from '../core/errors.ts';
import { decodeText } from '../sources/datasets/decode-text.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { fileLimitsFrom } from '../files/file-limits.ts';
import { readBytes } from '../files/read-file.ts';
import type { CliContext } from './context.ts';
import { existsSync } from 'node:fs';
import { scoreTable } from '../formats/score-table.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';
import { findRuns, openExistingStore } from './stored-runs.ts';

/** Name of a table in messages. */
export function tableName(file: string): string {
  return file === '-' ? 'stdin' : file;
}

/**
 * A table of measurements as text, in any encoding that a task's own data may have; notes say which.
 *
 * @param file a path, or `-` for stdin
 * @throws {UsageError} if it can't be read
 * @throws {DataError} if it is no text, or bytes don't fit its encoding
 */
export async function readTable(file: string, context: CliContext): Promise<string> {
  const { utf8, notes, warnings } = decodeText(await tableBytes(file, context), tableName(file));
  for (const note of notes) context.output.note(note);
  for (const warning of warnings) context.output.warn(warning);
  return utf8.toString('utf8');
}

async function tableBytes(file: string, context: CliContext): Promise<Buffer<ArrayBuffer>> {
  if (file === '-') return context.readStdin();
  const limits = fileLimitsFrom(context.environment);
  try {
    return await readBytes(context.path(file), { limits });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new UsageError(`${file}: ${systemErrorWords(error)}`, {
      cause: error,
      hint: 'Name a CSV file, or - for stdin.',
    });
  }
}

/** Rows of a table as cells; a table without tasks is about all of them. */
async function tableCells(file: string, context: CliContext): Promise<readonly ScoreboardCell[]> {
  const { scoreboards, notes } = scoreTable(await readTable(file, context), { file });
  for (const note of notes) context.output.note(`${file}: ${note}`);
  return scoreboards.flatMap(({ taskId, protocol, rows }) =>
    rows.map(({ model, state, error, measurements }) => ({ model, taskId, protocol, state, error, measurements })),
  );
}

/**
 * Where speed and memory of imported models come from: a CSV table, or a run by its id.
 *
 * @throws {UsageError} if it is neither
 */
export async function performanceCells(name: string, context: CliContext): Promise<readonly ScoreboardCell[]> {
  if (existsSync(context.path(name))) return tableCells(name, context);
  if (/\.(csv|tsv)$/iu.test(name) || (await openExistingStore(context)) === undefined) {
    throw new UsageError(`--performance ${name}: neither a file nor a run`, {
      hint: 'Name a CSV table or a run of perbench list.',
    });
  }
  const { store, runs } = await findRuns([name], context);
  const cells = await Promise.all(runs.map(async ({ id }) => store.cells(id)));
  return cells.flat();
}
