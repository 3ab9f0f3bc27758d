import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './planted-tree.ts';

/** Folder of `src` to the folders that it may import, read from the table in docs/architecture.md. */
export function readAllowedImports(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(repositoryRoot, 'docs/architecture.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `src\/([a-z]+)\/` +\|[^|]*\| ([^|]+?) +\|$/gm)];
  const folders = rows.map(([, folder = '']) => folder);
  const allowed = rows.map(([, folder = '', cell = '']): [string, readonly string[]] => {
    const [, exceptions = ''] = /^everything(?: but (.+))?$/.exec(cell) ?? [];
    if (cell.startsWith('everything'))
      return [folder, folders.filter((name) => !exceptions.split(', ').includes(name))];
    if (cell === 'nothing of ours') return [folder, []];
    return [folder, cell.split(', ')];
  });
  return new Map(allowed);
}
