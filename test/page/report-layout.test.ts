import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedPage } from '../../src/page/page-data.ts';
import { writeBuiltPage } from './built-page.ts';
import { chromiumPath, noChromium, openPage, startChromium } from './chromium.ts';
import { ensurePage } from './ensure-page.ts';
import { storeLabelledRun } from '../setup/labelled-run.ts';
import { paperPage, storedPages } from './stored-pages.ts';

const longName = 'organisation/a-model-with-a-very-long-name-that-goes-on-and-on-2.5-0.5B-instruct-q4_k_m';

/** The same page with a name for one of its models that fits no line. */
function withLongName({ data, numbers }: LoadedPage): LoadedPage {
  const text = JSON.stringify(data).replaceAll('"small-135m"', JSON.stringify(longName));
  return { data: JSON.parse(text) as LoadedPage['data'], numbers };
}

const addresses: Record<string, string> = {};
let folder = '';
let browser: Browser | undefined;

beforeAll(async () => {
  const pages = ensurePage();
  folder = mkdtempSync(join(tmpdir(), 'perbench-layout-'));
  await using stored = await storedPages();
  addresses['16 models, 5 tasks'] = await writeBuiltPage(pages, join(folder, 'paper.html'), paperPage());
  addresses['a run, a long name'] = await writeBuiltPage(pages, join(folder, 'run.html'), withLongName(stored.page));
  await using labelled = await storedPages(storeLabelledRun);
  addresses['labels and thoughts'] = await writeBuiltPage(pages, join(folder, 'labelled.html'), labelled.page);
  if (chromiumPath !== undefined) browser = await startChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function opened(which: string, options: BrowserContextOptions = {}): Promise<Page> {
  if (browser === undefined) throw new Error(noChromium);
  const { page } = await openPage(browser, `${addresses[which]}#?minAccuracy=0.1&price=2`, options);
  if (options.javaScriptEnabled !== false) await page.waitForSelector('html.js .page-foot');
  return page;
}

async function openDetails(page: Page): Promise<void> {
  await page.$$eval('details', (all) => {
    for (const details of all) details.open = true;
  });
}

/** Sizes of the texts of charts as they are on screen, the smallest. */
async function smallestChartText(page: Page): Promise<number> {
  return page.$$eval('.chart > svg', (charts) =>
    Math.min(
      ...charts.flatMap((svg) => {
        const scale = svg.getBoundingClientRect().width / Number(svg.getAttribute('viewBox')?.split(' ')[2]);
        return Array.from(
          svg.querySelectorAll('text'),
          (text) => Number.parseFloat(getComputedStyle(text).fontSize) * scale,
        );
      }),
    ),
  );
}

/** Elements wider than the place that they have, where that cuts them off. */
async function cutOff(page: Page): Promise<readonly string[]> {
  return page.$$eval('main *', (all) =>
    all
      .filter((element) => {
        const { overflowX } = getComputedStyle(element);
        const isHidden = element.closest('.off-screen, svg, details:not([open]) > :not(summary)') !== null;
        return !isHidden && overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1;
      })
      .map((element) => `${element.tagName} ${element.className}: ${element.textContent.slice(0, 60)}`),
  );
}

const sizes = [
  ['a desktop', 1280],
  ['200 % zoom', 640],
  ['a phone', 390],
] as const;

describe.skipIf(chromiumPath === undefined)(`the layout of report.html (${noChromium})`, () => {
  describe.each(['16 models, 5 tasks', 'a run, a long name', 'labels and thoughts'])('of %s', (which) => {
    it.each(sizes)('fits %s without sideways scrolling, with readable charts', async (_, width) => {
      const page = await opened(which, { viewport: { width, height: 800 } });
      await openDetails(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      // The command to reproduce the run is one line, which scrolls in its frame; so do wide tables of details, and
      // matrices of many labels anywhere.
      const cut = await cutOff(page);
      expect(
        cut.filter(
          (text) =>
            !text.startsWith('PRE') && !text.includes('matrix') && (width < 800 || !text.includes('table-scroll')),
        ),
      ).toEqual([]);
      expect(await smallestChartText(page)).toBeGreaterThanOrEqual(9);
    });

    it('fits a phone without JavaScript too', async () => {
      const page = await opened(which, { viewport: { width: 390, height: 800 }, javaScriptEnabled: false });
      expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBeLessThanOrEqual(390);
      expect(await smallestChartText(page)).toBeGreaterThanOrEqual(9);
    });

    it('draws charts for the paper, whatever the screen was', async () => {
      const page = await opened(which, { viewport: { width: 390, height: 800 } });
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 1032, height: 703 });
      expect(await page.locator('#trade-off .chart > svg').getAttribute('width')).toBe('1000');
      expect(await smallestChartText(page)).toBeGreaterThanOrEqual(9);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1032);
    });

    it('keeps headings with what follows them on paper, and fills its sheets', async () => {
      const page = await opened(which, { viewport: { width: 1032, height: 703 } });
      await page.emulateMedia({ media: 'print' });
      // Columns break as sheets do, and can be measured.
      await page.addStyleTag({
        content: 'main { columns: 1032px; column-gap: 0; column-fill: auto; height: 703px; width: 1032px; }',
      });
      expect(await strandedHeadings(page)).toEqual([]);
      const fills = await sheetFills(page);
      expect(fills.length).toBeGreaterThan(2);
      for (const share of fills.slice(0, -1)) expect(share).toBeGreaterThan(0.5);
    });
  });

  it('finds a stranded heading: the check above can fail', async () => {
    const page = await opened('16 models, 5 tasks', { viewport: { width: 1032, height: 703 } });
    await page.emulateMedia({ media: 'print' });
    await page.addStyleTag({
      content:
        'main { columns: 1032px; column-gap: 0; column-fill: auto; height: 703px; width: 1032px; } .block-head { break-after: column !important; }',
    });
    expect((await strandedHeadings(page)).length).toBeGreaterThan(3);
  });
});

/** Headings that stand on another sheet than the start of what follows them. */
async function strandedHeadings(page: Page): Promise<readonly string[]> {
  return page.$$eval('main .block-head, main h3', (heads) =>
    heads.flatMap((head) => {
      const next = head.nextElementSibling;
      const first = next?.querySelector('tbody tr, svg, li, dt, pre') ?? next;
      if (first === null || first.getClientRects().length === 0) return [];
      const sheet = (element: Element): number => Math.floor((element.getClientRects()[0]?.left ?? 0) / 1032);
      return sheet(head) === sheet(first) ? [] : [head.textContent.slice(0, 40)];
    }),
  );
}

/** How far down each sheet something stands. */
async function sheetFills(page: Page): Promise<readonly number[]> {
  return page.$$eval('main *', (all) => {
    const top = document.querySelector('main')?.getBoundingClientRect().top ?? 0;
    const bottoms = new Map<number, number>();
    for (const element of all) {
      if (element.children.length > 0 && element.tagName !== 'svg') continue;
      for (const { left, bottom, height } of element.getClientRects()) {
        const sheet = Math.floor(left / 1032);
        if (height > 0 && element.closest('.off-screen') === null)
          bottoms.set(sheet, Math.max(bottoms.get(sheet) ?? 0, bottom - top));
      }
    }
    return [...bottoms].toSorted(([one], [other]) => one - other).map(([, bottom]) => bottom / 703);
  });
}
