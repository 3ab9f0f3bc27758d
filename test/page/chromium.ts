import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Chromium of this machine; undefined where there is none, and then the tests of pages are skipped. */
export const chromiumPath = [process.env['PERBENCH_CHROMIUM'], ...usualPlaces].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
);

export const noChromium = 'needs Chromium: apt-get install chromium, or name one in PERBENCH_CHROMIUM';

export function startChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(noChromium);
  // Its sandbox refuses to run as root, as in containers; the pages are our own.
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
}

/** A page that notes what must not happen in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, and messages of the console that are errors or warnings. */
  readonly complaints: string[];
  /** Addresses asked for, beside the page's own. */
  readonly requests: string[];
}

export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (request.url() !== address.replace(/#.*/u, '')) requests.push(request.url());
  });
  await page.goto(address);
  return { page, complaints, requests };
}
