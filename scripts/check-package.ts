/**
 * Packs the npm package, looks at what is in it, and starts its command as a user's installation would.
 *
 * Background: a file that `files` in package.json forgets is missed by every test, because tests run in the checkout.
 *
 * Usage: npm run build && node scripts/check-package.ts
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageFiles } from './page-build.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'perbench-package-'));
const isWindows = process.platform === 'win32';

try {
  const packed = pack();
  checkContent(packed.files);
  execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', folder]);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const version = run(['package/bin/perbench.cjs', '--version']);
  run(['package/bin/perbench.cjs', '--help']);
  console.log(
    `perbench ${version.trim()}: ${packed.files.length} files, ${packed.unpackedSize} bytes; the command starts`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly string[];
}

function pack(): Packed {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const output = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: isWindows,
  });
  const [entry] = JSON.parse(output) as { filename: string; unpackedSize: number; files: { path: string }[] }[];
  if (entry === undefined) throw new Error('npm pack packed nothing');
  return { ...entry, files: entry.files.map((file) => file.path) };
}

/** Every module and asset of `src`, and nothing that is only ours. */
function checkContent(files: readonly string[]): void {
  const built = globSync('src/**/*.*', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('.test.') && !path.startsWith('src/page/browser/'))
    .map((path) => path.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
  const pages = pageFiles.map((name) => `dist/pages/${name}`);
  const wanted = [...built, ...pages, 'bin/perbench.cjs', 'dist/index.d.ts', 'package.json', 'README.md', 'LICENSE'];
  const missing = wanted.filter((path) => !files.includes(path));
  const surplus = files.filter((path) => /\.test\.|^src\/|^test\/|^bench\/|^scripts\/|\.(gguf|parquet)$/.test(path));
  if (missing.length > 0) throw new Error(`not in the package: ${missing.join(', ')}`);
  if (surplus.length > 0) throw new Error(`should not be in the package: ${surplus.join(', ')}`);
}

function run(args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
