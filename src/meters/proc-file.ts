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
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
