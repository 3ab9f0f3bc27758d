import { sizeText } from '../core/amount-text.ts';
import { UsageError } from '../core/errors.ts';
import { quantities } from '../core/quantities.ts';

/** How much of a file from outside is taken into memory: what is damaged, or made to fill it, is refused instead. */
export interface FileLimits {
  /** Of a file, unpacked. */
  readonly fileBytes: number;
  /** Of a line, where each is a row. */
  readonly lineBytes: number;
}

export const defaultFileLimits: FileLimits = { fileBytes: 400 * 2 ** 20, lineBytes: 32 * 2 ** 20 };

const variables = { fileBytes: 'PERBENCH_MAX_FILE_SIZE', lineBytes: 'PERBENCH_MAX_LINE_SIZE' } as const;

/** What exceeds a limit, as the end of a sentence, with the way to raise it. */
export function beyondLimit(limit: keyof FileLimits, limits: FileLimits): string {
  const what = limit === 'fileBytes' ? 'that perbench reads of a file' : 'that a line of a file may have';
  return `larger than the ${sizeText(limits[limit])} ${what}, unpacked; ${variables[limit]} sets another limit`;
}

/**
 * The limits that an environment sets, with `PERBENCH_MAX_FILE_SIZE` and `PERBENCH_MAX_LINE_SIZE`.
 *
 * @throws {UsageError} for a size that is none
 */
export function fileLimitsFrom(environment: Readonly<Record<string, string | undefined>>): FileLimits {
  const read = (limit: keyof FileLimits): number => {
    const text = environment[variables[limit]]?.trim() ?? '';
    if (text === '') return defaultFileLimits[limit];
    const bytes = quantities.size.parse(text);
    if (bytes !== undefined && bytes >= 1) return bytes;
    throw new UsageError(`${variables[limit]}: expected ${quantities.size.expected}, got "${text}"`);
  };
  return { fileBytes: read('fileBytes'), lineBytes: read('lineBytes') };
}
