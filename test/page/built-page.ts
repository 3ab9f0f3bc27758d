import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LoadedPage } from '../../src/page/page-data.ts';
import { reportPage, type Prerender } from '../../src/page/write-page.ts';

/**
 * Writes a report file from data as `perbench report -o` does.
 *
 * @param pages where the built pages are
 * @returns the file's address
 */
export async function writeBuiltPage(pages: string, file: string, page: LoadedPage): Promise<string> {
  const { prerenderReport } = (await import(pathToFileURL(join(pages, 'prerender.js')).href)) as {
    readonly prerenderReport: Prerender;
  };
  writeFileSync(file, reportPage(readFileSync(join(pages, 'report.html'), 'utf8'), prerenderReport, page));
  return pathToFileURL(file).href;
}
