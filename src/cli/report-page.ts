import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EnvironmentError } from '../core/errors.ts';
import type { Prerender } from '../page/write-page.ts';
import type { Format } from '../present/formats.ts';
import { perbenchVersion } from './version.ts';

/** The same place from the sources and from the package: both lie two folders below its parent. */
const folder = join(import.meta.dirname, '../../dist/pages');

function missing(path: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(`the pages are not built: ${path} is missing`, {
    hint: 'In a clone, run npm run build:page (npm ci does, unless scripts are disabled); else reinstall the package.',
    cause,
  });
}

/**
 * The built page.
 *
 * @throws {EnvironmentError} if it wasn't built
 */
export async function readShell(name: 'report.html' | 'viewer.html'): Promise<string> {
  const path = join(folder, name);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw missing(path, error);
  }
}

/**
 * What writes a report's content as HTML.
 *
 * @throws {EnvironmentError} if it wasn't built
 */
async function loadPrerender(): Promise<Prerender> {
  const path = join(folder, 'prerender.js');
  try {
    const built = (await import(pathToFileURL(path).href)) as { readonly prerenderReport: Prerender };
    return built.prerenderReport;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') throw missing(path, error);
    throw error;
  }
}

/** The report as one page for the browser. It reads the built page from disk, so it isn't among the pure formats. */
export const htmlFormat: Format = {
  summary: 'one page for the browser: decision, tables, charts, manifest',
  extensions: ['html', 'htm'],
  isBinary: true,
  async write({ report }) {
    if (report === undefined) throw new Error('only reports have a page');
    // Imported on first use: every command that writes files knows this format, few write it.
    const [{ makePage }, { reportPage }] = await Promise.all([
      import('../page/make-page.ts'),
      import('../page/write-page.ts'),
    ]);
    const [shell, prerender] = await Promise.all([readShell('report.html'), loadPrerender()]);
    const page = makePage(report, { createdAtMs: Date.now(), perbenchVersion: perbenchVersion() });
    return Buffer.from(reportPage(shell, prerender, page));
  },
};
