import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InlineConfig } from 'vite';
import { bundledPackages, collectModules, noticesText } from './third-party-notices.ts';

const root = join(import.meta.dirname, '..');
const sources = join(root, 'src/page/browser');

/** What the pages are made of; beside each other in dist/pages. */
export const pageFiles = ['report.html', 'viewer.html', 'prerender.js', 'THIRD-PARTY-NOTICES.txt'] as const;

interface BuiltFile {
  readonly name: string;
  readonly bytes: number;
}

function common(outDir: string): InlineConfig {
  return {
    root: sources,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir, emptyOutDir: false, target: 'es2023', reportCompressedSize: false },
  };
}

/**
 * Builds the pages into a folder, written beside and renamed, so that nobody sees half of one.
 *
 * @throws {Error} if Vite isn't installed, or the sources don't compile
 */
export async function buildPage(target = join(root, 'dist/pages')): Promise<readonly BuiltFile[]> {
  const { build } = await import('vite');
  const { viteSingleFile } = await import('vite-plugin-singlefile');
  const beside = `${target}.${process.pid}.part`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true });
  const base = common(beside);
  const modules = {
    'report.html': new Set<string>(),
    'viewer.html': new Set<string>(),
    'prerender.js': new Set<string>(),
  };
  const substitutes = join(sources, 'browser-substitutes.ts');
  const alias = { 'd3-interpolate': substitutes, 'd3-format': substitutes };
  try {
    for (const name of ['report.html', 'viewer.html'] as const) {
      await build({
        ...base,
        resolve: { alias },
        plugins: [collectModules(modules[name]), viteSingleFile({ removeViteModuleLoader: true })],
        build: { ...base.build, rolldownOptions: { input: join(sources, name) } },
      });
    }
    await build({
      ...base,
      ssr: { noExternal: true },
      plugins: [collectModules(modules['prerender.js'])],
      build: { ...base.build, ssr: join(sources, 'prerender.tsx'), copyPublicDir: false },
    });
    for (const [name, ids] of Object.entries(modules)) addNotices(join(beside, name), ids);
    const all = bundledPackages(Object.values(modules).flatMap((ids) => [...ids]));
    writeFileSync(
      join(beside, 'THIRD-PARTY-NOTICES.txt'),
      noticesText(all).replace('This file contains', 'The files beside this one contain'),
    );
    rmSync(target, { recursive: true, force: true });
    renameSync(beside, target);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  return pageFiles.map((name) => ({ name, bytes: statSync(join(target, name)).size }));
}

/** Licences want their notices in every copy, and a report is handed on as one file. */
function addNotices(path: string, modules: ReadonlySet<string>): void {
  const content = readFileSync(path, 'utf8');
  const notices = noticesText(bundledPackages(modules));
  const written = path.endsWith('.html')
    ? content.replace('</body>', () => `<!--\n${notices.replaceAll('--', '- -')}-->\n</body>`)
    : `/*!\n${notices.replaceAll('*/', '* /')}*/\n${content}`;
  if (written === content) throw new Error(`${path} has no body`);
  writeFileSync(path, written);
}
