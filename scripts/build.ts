/**
 * Builds `dist/`: what the npm package ships.
 *
 * Background: Node runs the sources as they are, but refuses TypeScript below node_modules. `tsc` alone translates;
 * files that aren't TypeScript (the built-in items, WebAssembly) are copied; then the result is started once, because
 * a path that works from source can be wrong in `dist/`.
 *
 * Usage: npm run build
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildPage } from './page-build.ts';

const root = join(import.meta.dirname, '..');
const tsc = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
const modules = globSync('dist/**/*.js', { cwd: root }).length;
const assets = copyAssets();
const pages = await buildPage();
checkCommand();
await checkLibrary();
console.log(
  `dist/: ${modules} modules, ${assets} other files, ${pages.length} page files; the command and the library start`,
);

/** What Vite made into dist/page. */
function isPageSource(path: string): boolean {
  return path.replaceAll('\\', '/').startsWith('src/report/page/');
}

function copyAssets(): number {
  const paths = globSync('src/**/*.*', { cwd: root }).filter((path) => !path.endsWith('.ts') && !isPageSource(path));
  for (const path of paths) cpSync(join(root, path), join(root, path.replace(/^src/, 'dist')));
  return paths.length;
}

/** bin/perbench.cjs prefers the sources where they exist, so the built command is started past it. */
function checkCommand(): void {
  const start = "import { main } from './dist/cli/main.js'; main();";
  const args = ['--input-type=module', '--eval', start, '--', 'perbench', '--help'];
  const help = execFileSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!help.includes('Usage: perbench')) throw new Error(`the built command's --help says:\n${help}`);
}

async function checkLibrary(): Promise<void> {
  const entry = join(root, 'dist/index.js');
  if (!existsSync(entry)) throw new Error('dist/index.js is missing');
  const library = (await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>;
  if (Object.keys(library).length === 0) throw new Error('dist/index.js exports nothing');
}
