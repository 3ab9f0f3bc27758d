/**
 * Makes the README's pictures of the terminal, the report and the viewer from stored runs, in Chromium.
 *
 * The viewer's picture shows prompts, so it takes a run on the built-in mini set: benchmark items are not ours to show.
 *
 * Usage: node scripts/make-pictures.ts --store FILE --run ID --viewer-store FILE --viewer-run ID [--out docs/pictures]
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import type { Browser } from 'playwright-core';
import { openPage, startChromium } from '../test/page/chromium.ts';

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    run: { type: 'string' },
    'viewer-store': { type: 'string' },
    'viewer-run': { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../docs/pictures') },
  },
});
const { store, run, 'viewer-store': viewerStore, 'viewer-run': viewerRun, out } = values;
if (store === undefined || run === undefined || viewerStore === undefined || viewerRun === undefined) {
  throw new Error('give --store, --run, --viewer-store and --viewer-run');
}
const program = join(import.meta.dirname, '../bin/perbench.cjs');
const terminalColumns = 84;

function perbench(args: readonly string[]): string {
  const env = { ...process.env, COLUMNS: String(terminalColumns), NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`perbench ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stripVTControlCharacters(stdout);
}

/** The text of a terminal as a page: the command as it is typed, and what it printed. */
function terminalPage(command: string, printed: string): string {
  const font = pathToFileURL(fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf'))).href;
  const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<!doctype html><meta charset="utf-8"><style>
    @font-face { font-family: Mono; src: url('${font}'); }
    body { margin: 0; background: #fff; display: inline-block; }
    pre { margin: 0; padding: 20px 24px; border-radius: 10px; background: #16181d; color: #d7dae0;
          font: 13px/1.5 Mono, monospace; }
    b { color: #7fd1b9; font-weight: normal; }
  </style><pre><b>$ ${escape(command)}</b>\n${escape(printed.trimEnd())}</pre>`;
}

async function pictureTerminal(browser: Browser, folder: string): Promise<void> {
  const page = join(folder, 'terminal.html');
  writeFileSync(page, terminalPage('perbench report', perbench(['report', run ?? '', '--store', store ?? ''])));
  const opened = await openPage(browser, pathToFileURL(page).href, { deviceScaleFactor: 1 });
  await opened.page.locator('pre').screenshot({ path: join(out, 'terminal.png') });
}

async function pictureReport(browser: Browser, folder: string): Promise<void> {
  const file = join(folder, 'report.html');
  perbench(['report', run ?? '', '--store', store ?? '', '-o', file]);
  const opened = await openPage(browser, pathToFileURL(file).href);
  await opened.page.screenshot({ path: join(out, 'report.png') });
}

async function pictureViewer(browser: Browser): Promise<void> {
  const viewer = spawn(process.execPath, [program, 'view', '--port', '0', '--store', viewerStore ?? ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(viewer.stdout, 'data')) as [Buffer];
    const address = /http:\/\/\S+/.exec(line.toString())?.[0];
    if (address === undefined) throw new Error(`the viewer said ${line.toString()}`);
    const opened = await openPage(browser, new URL(`#/runs/${viewerRun}/samples`, address).href);
    // Until its first items are there; then the first is shown whole.
    await opened.page.locator('[role=option], tbody tr').first().click();
    await opened.page.waitForTimeout(500);
    await opened.page.screenshot({ path: join(out, 'viewer.png') });
  } finally {
    viewer.kill('SIGINT');
  }
}

mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'perbench-pictures-'));
const browser = await startChromium();
try {
  await pictureTerminal(browser, folder);
  await pictureReport(browser, folder);
  await pictureViewer(browser);
  for (const name of ['terminal', 'report', 'viewer']) {
    console.log(`${join(out, `${name}.png`)}: ${readFileSync(join(out, `${name}.png`)).length} bytes`);
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
