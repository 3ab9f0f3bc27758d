import { readFileSync } from 'node:fs';

/** Where the operating system describes itself; other folders in tests. */
export interface SystemFolders {
  /** `/proc`. */
  readonly proc: string;
  /** `/sys`. */
  readonly sys: string;
  /** `/`, for the marks that containers leave. */
  readonly root: string;
}

export const systemFolders: SystemFolders = { proc: '/proc', sys: '/sys', root: '/' };

/** The text of a file, or undefined where it is missing, forbidden, or its process has ended. */
export function readIfThere(path: string): string | undefined {
  return ifTold(() => readFileSync(path, 'utf8'));
}

/** The whole number that a file holds, or undefined where there is none. */
export function readNumberIfThere(path: string): number | undefined {
  const text = readIfThere(path)?.trim();
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

/** What the system tells, or undefined where it refuses. */
export function ifTold<Value>(ask: () => Value): Value | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
