/**
 * Builds `dist/`: what the npm package ships, and what `import … from 'perbench'` finds in a clone.
 *
 * Background: Node runs the sources as they are, but refuses TypeScript below node_modules. `tsc` alone translates;
 * files that aren't TypeScript (the built-in items, WebAssembly) are copied; then the result is started once, because
 * a path that works from source can be wrong in `dist/`. `npm ci` does it in a clone, by way of the script `prepare`.
 *
 * Usage: npm run build [-- --if-possible]
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildLibrary } from './library-build.ts';
import { buildPage } from './page-build.ts';

const root = join(import.meta.dirname, '..');

const isOptional = process.argv.includes('--if-possible');
try {
  const { modules, assets } = buildLibrary();
  const pages = await buildPage();
  checkCommand();
  checkLibrary();
  console.log(
    `dist/: ${modules} modules, ${assets} other files, ${pages.length} page files; the command and the library start`,
  );
} catch (error) {
  if (!isOptional || !isMissing(error)) throw error;
  console.log('dist/ was not built: TypeScript or Vite is not installed (the library, report.html and view need it)');
}

/** Both are development dependencies: an installation without those has the command alone. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** bin/perbench.cjs prefers the sources where they exist, so the built command is started past it. */
function checkCommand(): void {
  const help = evaluate("import { main } from './dist/cli/main.js'; main();", ['perbench', '--help']);
  if (!help.includes('Usage: perbench')) throw new Error(`the built command's --help says:\n${help}`);
}

/** By its name, as users import it. */
function checkLibrary(): void {
  const names = evaluate("import * as library from 'perbench'; console.log(Object.keys(library).length);");
  if (!(Number(names) > 0)) throw new Error(`dist/index.js exports ${names}`);
}

function evaluate(program: string, args: readonly string[] = []): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program, '--', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
