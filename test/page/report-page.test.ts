import { readFile } from 'node:fs/promises';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePage } from '../../src/page/make-page.ts';
import type { Scoreboard } from '../../src/scoring/scoreboard.ts';
import { violations } from './axe.ts';
import { writeBuiltPage } from './built-page.ts';
import { chromiumPath, noChromium, openPage, startChromium, type WatchedPage } from './chromium.ts';
import { degenerateReports } from './degenerate-reports.ts';
import { ensurePage } from './ensure-page.ts';
import { hostileName, perbenchIn, runHostileSuite } from './hostile-run.ts';

interface Written {
  readonly folder: string;
  readonly file: string;
  readonly address: string;
  readonly scoreboards: readonly Scoreboard[];
}

let written: Written;
let pages = '';
let browser: Browser | undefined;

beforeAll(async () => {
  pages = ensurePage();
  const folder = mkdtempSync(join(tmpdir(), 'perbench-page-'));
  const { stdout } = await runHostileSuite(folder);
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly event: string; readonly path?: string });
  const file = records.find(({ event }) => event === 'page')?.path ?? 'no page was written';
  written = {
    folder,
    file,
    address: pathToFileURL(file).href,
    scoreboards: records.filter(({ event }) => event === 'scoreboard') as unknown as readonly Scoreboard[],
  };
  if (chromiumPath !== undefined) browser = await startChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(written.folder, { recursive: true, force: true });
});

async function opened(address = written.address, options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  if (browser === undefined) throw new Error(noChromium);
  const watched = await openPage(browser, address, options);
  if (options.javaScriptEnabled !== false) await watched.page.waitForSelector('html.js .page-foot');
  return watched;
}

/** Values behind the cells of one table's column, by model. */
async function columnValues(page: Page, table: string, column: string): Promise<Readonly<Record<string, number>>> {
  const entries = await page.$$eval(
    `#${table} > .table-area tbody tr`,
    (rows, name) =>
      rows.map((row): [string, number] => [
        row.querySelector('[data-column="model"] bdi')?.textContent ?? '',
        Number(row.querySelector(`[data-column="${name}"]`)?.getAttribute('data-value') ?? Number.NaN),
      ]),
    column,
  );
  return Object.fromEntries(entries.filter(([, value]) => !Number.isNaN(value)));
}

describe('the file', () => {
  it('is small, and its shell smaller', async () => {
    expect(readFileSync(join(pages, 'report.html')).length).toBeLessThan(230_000);
    expect((await readFile(written.file)).length).toBeLessThan(1_000_000);
  });

  it('holds no address to load from, and the policy that would forbid it', async () => {
    const html = await readFile(written.file, 'utf8');
    expect(html.includes(`content="default-src 'none';`)).toBe(true);
    expect(html.match(/<(?:script|link|img|iframe)[^>]+(?:src|href)=/gu)).toBeNull();
    // Of the scripts that are there, none was ended early by the data.
    expect(html.match(/<\/script>/gu)).toHaveLength(3);
  });

  it('is also written where -o asks for it', async () => {
    const { code, stderr } = await perbenchIn(written.folder, 'report', '-o', 'other.html', '-t', 'imdb').ended;
    expect([code, stderr.includes('wrote')]).toEqual([0, true]);
    const html = await readFile(join(written.folder, 'other.html'), 'utf8');
    expect(html.includes('id="board-1"')).toBe(true);
    expect(html.includes('id="board-2"')).toBe(false);
  });
});

describe.skipIf(chromiumPath === undefined)(`report.html (${noChromium})`, () => {
  it('shows the numbers that --json prints', async () => {
    const { page } = await opened();
    expect(written.scoreboards.length).toBe(2);
    for (const [index, { rows, answer }] of written.scoreboards.entries()) {
      for (const metric of ['accuracy', 'throughput', 'latency', 'memory'] as const) {
        const wanted = rows.flatMap(({ model, measurements }) => {
          const measurement = measurements[metric];
          return measurement === undefined || measurement.status === 'unavailable' ? [] : [[model, measurement.value]];
        });
        expect(await columnValues(page, `board-${index + 1}`, metric)).toEqual(Object.fromEntries(wanted));
      }
      const scores = rows.flatMap(({ model, anchored }) => (anchored === undefined ? [] : [[model, anchored.score]]));
      expect(scores.length).toBe(3);
      expect(await columnValues(page, `board-${index + 1}`, 'score')).toEqual(Object.fromEntries(scores));
      const first = answer?.candidates.flatMap(({ model, support }) =>
        support === undefined ? [] : [[model, support]],
      );
      expect(await columnValues(page, `board-${index + 1}`, 'first')).toEqual(Object.fromEntries(first ?? []));
    }
  });

  it('loads nothing and complains of nothing', async () => {
    const { page, complaints, requests } = await opened();
    await page.click('text=Your own limits and weights');
    await page.emulateMedia({ media: 'print' });
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
  });

  it('shows foreign text as text', async () => {
    const { page } = await opened();
    expect(await page.locator('#board-1 .model bdi', { hasText: hostileName }).count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'hacked') as unknown)).toBeUndefined();
    expect(await page.locator('[onmouseover], [onerror], main script, main img').count()).toBe(0);
  });

  it('holds its content once, and reads without JavaScript', async () => {
    const { page } = await opened();
    expect(await page.locator('#trade-off figure.chart > svg').count()).toBe(1);
    expect(await page.locator('h1').count()).toBe(1);
    const { page: bare } = await opened(written.address, { javaScriptEnabled: false });
    expect(await bare.locator('h1').innerText()).toBe(await page.locator('h1').innerText());
    expect(await bare.locator('#board-1 tbody tr').first().isVisible()).toBe(true);
    expect(await bare.locator('.controls').isVisible()).toBe(false);
  });

  it('says when in the reader’s own time zone, and in UTC without JavaScript', async () => {
    const timezoneId = 'America/New_York';
    const { page } = await opened(written.address, { timezoneId });
    expect(await page.locator('.page-foot').innerText()).toMatch(/\d\d:\d\d E[SD]T\./u);
    const { page: bare } = await opened(written.address, { timezoneId, javaScriptEnabled: false });
    expect(await bare.locator('.page-foot').innerText()).toMatch(/\d\d:\d\d UTC\./u);
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('has no violation of accessibility, %s and %i wide', async (colorScheme, width) => {
    const settings = `${written.address}#?maxMemory=500MiB&price=2`;
    const { page } = await opened(settings, { colorScheme, viewport: { width, height: 900 } });
    await page.$$eval('details', (all) => {
      for (const details of all) details.open = true;
    });
    expect(await violations(page)).toEqual([]);
  });

  it('sorts by the keyboard, says so, and keeps it in the address', async () => {
    const { page } = await opened();
    const heading = page.locator('#board-1 > .table-area th', { hasText: 'Memory' });
    await heading.locator('button').focus();
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    const names = async (): Promise<readonly string[]> =>
      page.locator('#board-1 > .table-area tbody [data-column="model"] bdi').allInnerTexts();
    const ascending = await names();
    expect(ascending[2]).toBe(hostileName);
    await page.keyboard.press('Enter');
    expect((await names())[0]).toBe(hostileName);
    expect(page.url()).toContain('board-1.sort=-memory');
    const { page: again } = await opened(page.url());
    expect(await again.locator('#board-1 > .table-area th[aria-sort="descending"]').innerText()).toContain('Memory');
  });

  it('recomputes scores, ranks and the decision when a slider moves, and goes back', async () => {
    const { page } = await opened();
    const report = await columnValues(page, 'board-1', 'score');
    await page.click('text=Your own limits and weights');
    // Answers at chance score 0 as long as accuracy counts.
    await page.getByRole('slider', { name: 'Accuracy', exact: true }).focus();
    await page.keyboard.press('Home');
    await page.waitForFunction(() => location.hash.includes('weights=0_25_25_25'));
    await page.waitForSelector('text=With your settings');
    expect(await columnValues(page, 'board-1', 'score')).not.toEqual(report);
    expect(await page.locator('#board-1 .subtitle').innerText()).toContain('recomputed from 1000 resamples');
    await page.click('text=Reset to the settings');
    expect(await columnValues(page, 'board-1', 'score')).toEqual(report);
    expect(page.url()).not.toContain('weights');
  });

  it('leaves models that miss a limit without a score', async () => {
    const { page } = await opened(`${written.address}#?minAccuracy=1`);
    expect(await columnValues(page, 'board-1', 'score')).toEqual({});
    expect(await page.locator('#board-1').innerText()).toContain('is below 1.000');
    expect(await page.locator('h1').innerText()).toBe('Not measured well enough on IMDB and ARC-Easy.');
  });

  it('takes a limit that is typed, says what it expects, and keeps it in the address', async () => {
    const { page } = await opened();
    await page.click('text=Your own limits and weights');
    const field = page.getByLabel('Maximum memory, typed');
    await field.fill('1 MB');
    await field.press('Enter');
    await page.waitForFunction(() => location.hash.includes('maxMemory=1MB'));
    expect(await columnValues(page, 'board-1', 'score')).toEqual({});
    await field.fill('a lot');
    await field.press('Enter');
    expect(await page.locator('.expected').innerText()).toContain('expected a size such as 2GiB or 800MB');
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    const slider = page.getByRole('slider', { name: 'Maximum memory' });
    await slider.focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => !location.hash.includes('maxMemory'));
    expect(Object.keys(await columnValues(page, 'board-1', 'score')).length).toBe(3);
  });

  it('limits prices once an hour has one', async () => {
    const { page } = await opened();
    await page.click('text=Your own limits and weights');
    expect(await page.getByRole('slider', { name: /price/u }).count()).toBe(0);
    const field = page.getByLabel('Price per hour of one device');
    await field.fill('2.5');
    await field.press('Enter');
    const slider = page.getByRole('slider', { name: 'Maximum price per 1,000 answers' });
    await slider.focus();
    await page.keyboard.press('Home');
    await page.waitForFunction(() => location.hash.includes('maxPrice='));
    expect(await page.locator('#board-1').innerText()).toContain('price per 1,000 answers');
  });

  it('explains a term to mouse and keyboard', async () => {
    const { page } = await opened();
    const heading = page.locator('#board-1 > .table-area th', { hasText: 'Memory' }).locator('button');
    await heading.hover();
    expect(await page.locator('.tip').innerText()).toContain('Peak memory of the engine');
    await page.keyboard.press('Escape');
    expect(await page.locator('.tip').isVisible()).toBe(false);
    await page.locator('.quality .term').focus();
    expect(await page.locator('.tip').innerText()).toContain('Some doubts: a warning');
  });

  it('leads from a letter to its note and keeps the settings', async () => {
    const { page } = await opened(`${written.address}#?weights=40_20_20_20`);
    await page.locator('#board-1 .refs a').first().click();
    expect(await page.evaluate(() => document.activeElement?.id)).toMatch(/^note-[a-z]+$/u);
    expect(page.url()).toContain('weights=40_20_20_20');
  });

  it('copies a block and saves a chart', async () => {
    const { page } = await opened();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('#board-1 button[aria-label$="as LaTeX"]');
    await page.waitForSelector('#board-1 .said:has-text("Copied")');
    const latex = await page.evaluate(async () => navigator.clipboard.readText());
    expect(latex).toContain(String.raw`\toprule`);
    expect(latex).toContain(String.raw`beta\textless{}/script\textgreater{}`);
    const [svg] = await Promise.all([
      page.waitForEvent('download'),
      page.click('#trade-off button[aria-label$="as SVG"]'),
    ]);
    expect(await readFile(await svg.path(), 'utf8')).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/u);
    const [png] = await Promise.all([
      page.waitForEvent('download'),
      page.click('#trade-off button[aria-label$="as PNG"]'),
    ]);
    expect((await readFile(await png.path())).subarray(1, 4).toString()).toBe('PNG');
  });

  it('prints as paper, without buttons', async () => {
    const { page } = await opened();
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: false });
    expect(pdf.subarray(0, 4).toString()).toBe('%PDF');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.actions').first().isVisible()).toBe(false);
    expect(await page.locator('#board-1 tbody tr').first().isVisible()).toBe(true);
  });

  it.each(degenerateReports())('says what there is to say of $what', async ({ report, headline }) => {
    const page = makePage(report, { createdAtMs: 0, perbenchVersion: '0' });
    const address = await writeBuiltPage(pages, join(written.folder, 'degenerate.html'), page);
    const { page: shown, complaints } = await opened(address);
    expect((await shown.locator('h1').innerText()).slice(0, headline.length)).toBe(headline);
    expect(complaints).toEqual([]);
    expect(await shown.locator('main').innerText()).not.toMatch(/NaN|undefined|null/u);
  });
});
