import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InlineConfig } from 'vite';

const root = join(import.meta.dirname, '..');
const sources = join(root, 'src/page/browser');

/** What the pages are made of; beside each other in dist/pages. */
export const pageFiles = ['report.html', 'viewer.html', 'prerender.js'] as const;

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
  const alias = { 'd3-interpolate': join(sources, 'browser-substitutes.ts') };
  try {
    for (const name of ['report.html', 'viewer.html']) {
      await build({
        ...base,
        resolve: { alias },
        plugins: [viteSingleFile({ removeViteModuleLoader: true })],
        build: { ...base.build, rolldownOptions: { input: join(sources, name) } },
      });
    }
    await build({
      ...base,
      ssr: { noExternal: true },
      build: { ...base.build, ssr: join(sources, 'prerender.tsx'), copyPublicDir: false },
    });
    rmSync(target, { recursive: true, force: true });
    renameSync(beside, target);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  return pageFiles.map((name) => ({ name, bytes: statSync(join(target, name)).size }));
}
