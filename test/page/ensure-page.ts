import { execFileSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pageFiles } from '../../scripts/page-build.ts';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'dist/pages');

function changedAtMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Builds the pages where they are older than what they are made of, and says where they are. */
export function ensurePage(): string {
  const built = Math.min(...pageFiles.map((name) => changedAtMs(join(target, name))));
  const sources = globSync(
    '{src/{core,stats,scoring,present,page}/**/*.*,scripts/{page-build,third-party-notices}.ts}',
    { cwd: root },
  );
  const newest = Math.max(...sources.map((path) => changedAtMs(join(root, path))));
  // In a process of its own: Vitest's settings would make another page than the one that ships.
  if (newest > built) {
    const { NODE_ENV: _, ...environment } = process.env;
    execFileSync(process.execPath, [join(root, 'scripts/build-page.ts')], { env: environment, stdio: 'pipe' });
  }
  return target;
}
