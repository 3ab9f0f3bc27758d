import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot } from './planted-tree.ts';

const notOurs = new Set(['.git', 'node_modules', 'dist', 'coverage', '.perbench']);

/** Paths of all files that belong to the repository, relative to its root, with forward slashes. */
export function repositoryFiles(): readonly string[] {
  return filesBelow(repositoryRoot).map((path) => relative(repositoryRoot, path).replaceAll('\\', '/'));
}

export function readRepositoryFile(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

export function repositoryFileBytes(path: string): number {
  return statSync(join(repositoryRoot, path)).size;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
