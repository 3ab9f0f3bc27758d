import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, InvalidItemError } from '../../src/core/errors.ts';
import type { DataSource } from '../../src/core/task-definition.ts';
import { type OwnTable, readOwnTable } from '../../src/sources/datasets/own-table.ts';
import { testFolder } from './test-settings.ts';

/** Content by path. */
export type OwnFiles = Readonly<Record<string, string | Uint8Array>>;

export interface ReadHere extends Partial<DataSource> {
  readonly skipInvalid?: boolean;
}

/** Reads one of some files, or a folder of them; texts and errors name them without the folder of the test. */
export async function readOwnFiles(files: OwnFiles, name: string, settings: ReadHere = {}): Promise<OwnTable> {
  await using folder = await testFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), content);
  }
  const { skipInvalid, ...source } = settings;
  const { signal } = new AbortController();
  const table = await readOwnTable({ path: join(folder.path, name), ...source }, { skipInvalid, signal }).catch(
    (error: unknown) => {
      if (error instanceof DataError || error instanceof InvalidItemError) {
        error.message = error.message.replaceAll(`${folder.path}/`, '');
      }
      throw error;
    },
  );
  const short = (texts: readonly string[]): readonly string[] =>
    texts.map((text) => text.replaceAll(`${folder.path}/`, ''));
  return { ...table, notes: short(table.notes), warnings: short(table.warnings) };
}

export async function readOne(
  content: string | Uint8Array,
  name = 'tickets.csv',
  settings: ReadHere = {},
): Promise<OwnTable> {
  return readOwnFiles({ [name]: content }, name, settings);
}

export const valuesOf = ({ rows }: OwnTable): readonly unknown[] => rows.map(({ values }) => values);
export const linesOf = ({ rows }: OwnTable): readonly number[] => rows.map(({ line }) => line);

/** A text in UTF-16. */
export function utf16(text: string, isBig: boolean, hasMark: boolean): Buffer {
  const bytes = Buffer.from(hasMark ? `\uFEFF${text}` : text, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
}
