import type { Format } from '../../present/formats.ts';
import { perbenchVersion } from '../version.ts';
import { loadPrerender, readShell } from './page-files.ts';

/** The report as one page for the browser. It reads the built page from disk, so it isn't among the pure formats. */
export const htmlFormat: Format = {
  summary: 'one page for the browser: decision, tables, charts, manifest',
  extensions: ['html', 'htm'],
  isBinary: true,
  async write({ report }) {
    if (report === undefined) throw new Error('only reports have a page');
    // Imported on first use: every command that writes files knows this format, few write it.
    const [{ makePage }, { reportPage }] = await Promise.all([
      import('../../report/make-page.ts'),
      import('../../report/write-page.ts'),
    ]);
    const [shell, prerender] = await Promise.all([readShell('report.html'), loadPrerender()]);
    const page = makePage(report, { createdAtMs: Date.now(), perbenchVersion: perbenchVersion() });
    return Buffer.from(reportPage(shell, prerender, page));
  },
};
