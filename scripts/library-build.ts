import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '..');
/** Vite makes the pages into dist/pages; see page-build.ts. */
const pageFolder = 'pages';
const pageSources = 'src/page/browser/';

interface BuiltLibrary {
  readonly modules: number;
  /** Files that aren't TypeScript: built-in items, WebAssembly. */
  readonly assets: number;
}

/**
 * Builds the command and the library into `dist`, without the pages: beside it first, then each folder is renamed, so that
 * whoever imports them meanwhile finds them whole.
 *
 * @throws {Error} if TypeScript isn't installed, or the sources don't compile
 */
export function buildLibrary(): BuiltLibrary {
  const tsc = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc');
  const target = join(root, 'dist');
  const beside = join(target, `.${process.pid}.part`);
  rmSync(beside, { recursive: true, force: true });
  try {
    const args = ['-p', 'tsconfig.build.json', '--outDir', beside];
    execFileSync(process.execPath, [tsc, ...args], { cwd: root, stdio: 'inherit' });
    const assets = globSync('src/**/*.*', { cwd: root })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => !path.endsWith('.ts') && !path.startsWith(pageSources));
    for (const path of assets) cpSync(join(root, path), join(beside, path.slice('src/'.length)));
    const modules = globSync('**/*.js', { cwd: beside }).length;
    for (const name of readdirSync(target)) {
      if (name !== pageFolder && !name.endsWith('.part')) rmSync(join(target, name), { recursive: true, force: true });
    }
    for (const name of readdirSync(beside)) renameSync(join(beside, name), join(target, name));
    return { modules, assets: assets.length };
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Whether `dist` is as new as what it is made of, the pages aside. */
export function isLibraryBuilt(): boolean {
  const changedAtMs = (path: string): number => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync('src/**/*.*', { cwd: root }).filter((path) => !/\.test\.tsx?$/.test(path));
  return Math.max(...sources.map(changedAtMs)) < changedAtMs('dist/index.js');
}
