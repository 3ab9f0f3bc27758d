import { gzipSync } from 'node:zlib';
import { escapeHtml, visibleText } from '../present/sanitise.ts';
import type { LoadedPage, PageData } from './page-data.ts';

/** Where the shell takes what differs from report to report. */
const shellMarks = {
  title: '<!--perbench:title-->',
  body: '<!--perbench:body-->',
  data: '<!--perbench:data-->',
} as const;

/** Prints the page's content as HTML; made together with the shell. */
export type Prerender = (page: LoadedPage) => string;

/** Base64 has no character that could end a script element, whatever the data holds. */
function dataScript(id: string, bytes: Uint8Array): string {
  return `<script type="text/plain" id="${id}">${gzipSync(bytes, { level: 9 }).toString('base64')}</script>\n`;
}

function pageTitle({ report, runs }: PageData): string {
  const name = runs[0]?.name ?? report.run?.name;
  return name === undefined ? 'perbench report' : `${name} – perbench report`;
}

/**
 * One self-contained page: the shell, its content as HTML (it reads without JavaScript), and the data behind it.
 *
 * @param shell the built page, with its marks
 */
export function reportPage(shell: string, prerender: Prerender, page: LoadedPage): string {
  const { data, numbers } = page;
  const parts = {
    title: escapeHtml(visibleText(pageTitle(data))),
    body: prerender(page),
    data:
      dataScript('perbench-data', Buffer.from(JSON.stringify(data))) +
      dataScript('perbench-numbers', new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)),
  };
  // Split, not replace: `$&` in model names would mean something there.
  return (Object.keys(shellMarks) as (keyof typeof shellMarks)[]).reduce((html, part) => {
    const [before, after, ...more] = html.split(shellMarks[part]);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`the page's shell must hold ${shellMarks[part]} once`);
    }
    return before + parts[part] + after;
  }, shell);
}
