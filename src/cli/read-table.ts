import { readFile } from 'node:fs/promises';
import { UsageError } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** What messages call a table. */
export function tableName(file: string): string {
  return file === '-' ? 'stdin' : file;
}

/**
 * A table of measurements as text.
 *
 * @param file a path, or `-` for stdin
 * @throws {UsageError} if it can't be read
 */
export async function readTable(file: string, context: CliContext): Promise<string> {
  if (file === '-') return context.readStdin();
  try {
    return await readFile(context.path(file), 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const what = error.code === 'ENOENT' ? 'no such file' : error.message;
    throw new UsageError(`${file}: ${what}`, { cause: error, hint: 'Name a CSV file, or - for stdin.' });
  }
}
