import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImportError } from '../../src/core/errors.ts';
import type { ForeignFile, Imported } from '../../src/formats/format.ts';

/** Files that lm-eval 0.4.13, Inspect 0.3.285 and Every Eval Ever 0.3.0 wrote about items made up for tests. */
export const foreignFolder = join(import.meta.dirname, '../fixtures/foreign');

export function fixture(name: string): ForeignFile {
  return { name, bytes: readFileSync(join(foreignFolder, name)) };
}

export function foreignFile(name: string, content: string | Uint8Array): ForeignFile {
  return { name, bytes: typeof content === 'string' ? Buffer.from(content) : content };
}

export function textOf({ bytes }: ForeignFile): string {
  return new TextDecoder().decode(bytes);
}

/** What the user is told, or that there was nothing to tell. */
export function importProblem(read: () => Imported): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ImportError) return error.message;
    throw error;
  }
  return 'was read';
}
