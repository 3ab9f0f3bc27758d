import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from '../setup/perbench-process.ts';
import type { CellSummary, RunsPage, RunSummary } from '../../src/page/viewer-data.ts';
import { violations } from './axe.ts';
import { chromiumPath, noChromium, openPage, startChromium, type WatchedPage } from './chromium.ts';
import { ensurePage } from './ensure-page.ts';
import { brokenNames, scrolledSideways } from './narrow-page.ts';
import { hostileAnswer, hostileName, perbenchIn, runHostileSuite, writeHostileSuite } from './hostile-run.ts';

let folder = '';
let viewer: Running;
let address = '';
let runId = '';
let browser: Browser | undefined;

beforeAll(async () => {
  ensurePage();
  folder = mkdtempSync(join(tmpdir(), 'perbench-view-'));
  await runHostileSuite(folder);
  viewer = perbenchIn(folder, 'view', '--port', '0', '--json');
  const { promise, resolve } = Promise.withResolvers<string>();
  viewer.child.stdout?.on('data', (chunk: Buffer) => {
    const found = /"address":"([^"]+)"/u.exec(chunk.toString());
    if (found?.[1] !== undefined) resolve(found[1]);
  });
  address = await promise;
  const { runs } = await api<RunsPage>('/api/runs');
  runId = runs[0]?.id ?? '';
  if (chromiumPath !== undefined) browser = await startChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  viewer.child.kill('SIGINT');
  await viewer.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** A path of the viewer with the token of its address. */
function inside(path: string): URL {
  const url = new URL(path, address);
  url.searchParams.set('access', new URL(address).searchParams.get('access') ?? '');
  return url;
}

async function api<Answer>(path: string): Promise<Answer> {
  const response = await fetch(inside(path));
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

/** Status of a request with headers that fetch wouldn't let through. */
async function statusOf(headers: Readonly<Record<string, string>>, method = 'GET', path = '/'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request(inside(path), { method, headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

describe('the viewer as a server', () => {
  it('answers its own address alone, and only reads', async () => {
    const { host } = new URL(address);
    expect(new URL(address).hostname).toBe('127.0.0.1');
    expect(await statusOf({ host })).toBe(200);
    expect(await statusOf({ host: host.replace('127.0.0.1', 'localhost') })).toBe(200);
    expect(await statusOf({ host: 'evil.example' })).toBe(403);
    expect(await statusOf({ host: '127.0.0.1' })).toBe(403);
    expect(await statusOf({ host, origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf({ host, origin: 'null' })).toBe(403);
    expect(await statusOf({ host, origin: `http://${host}` })).toBe(200);
    expect(await statusOf({ host }, 'POST', '/api/runs')).toBe(405);
    expect(await statusOf({ host }, 'DELETE', `/api/runs/${runId}`)).toBe(405);
    expect(await statusOf({ host: 'evil.example' }, 'GET', '/api/runs')).toBe(403);
  });

  it('lets in only who has the token of its address, or the cookie that the page got for it', async () => {
    const others = ['/', '/?access=', '/api/runs?access=guess', `/api/runs/${runId}`, '/api/events', '/nowhere'];
    for (const path of others) {
      const response = await fetch(new URL(path, address));
      expect(response.status).toBe(403);
      expect(await response.text()).toBe('Forbidden: open the address that perbench view printed, with its token.\n');
    }
    const { headers } = await fetch(address);
    const cookie = headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^perbench-viewer-\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
    const asked = async (sent: string): Promise<number> =>
      (await fetch(new URL('/api/runs', address), { headers: { cookie: sent } })).status;
    expect(await asked(cookie.split(';')[0] ?? '')).toBe(200);
    expect(await asked(`${(cookie.split(';')[0] ?? '').slice(0, -1)}!`)).toBe(403);
  });

  it('sends a policy that lets in nothing from elsewhere, with every answer', async () => {
    for (const path of ['/', '/api/runs', '/nowhere']) {
      const { headers } = await fetch(inside(path));
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toMatch(/script-src 'sha256-[^ ]+'/u);
      expect(policy).not.toMatch(/script-src[^;]*unsafe/u);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('says in a line when its port is taken, or there is nothing to view', async () => {
    const taken = await perbenchIn(folder, 'view', '--port', new URL(address).port).ended;
    expect(taken.code).toBe(5);
    expect(taken.stderr).toMatch(
      /^error: the viewer cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*\nhint: .*--port/u,
    );
    const empty = await perbenchIn(folder, 'view', '--store', 'nowhere.db').ended;
    expect(empty.code).toBe(2);
    expect(empty.stderr).toMatch(/^error: no runs: .*nowhere\.db does not exist/u);
  });

  it('says in a line what is wrong with a request', async () => {
    const asked = async (path: string): Promise<readonly [number, unknown]> => {
      const response = await fetch(inside(path));
      return [response.status, ((await response.json()) as { readonly error: unknown }).error];
    };
    expect(await asked('/api/runs/nobody')).toEqual([404, 'no run "nobody"']);
    expect(await asked('/api/items')).toEqual([400, 'expected 1 to 32 cells, got 0']);
    expect(await asked('/api/items?cell=x&wrong=y')).toEqual([400, 'wrong: "y" is none of the cells']);
    expect(await asked('/api/runs?limit=0')).toEqual([400, 'limit: expected 1 to 1000, got "0"']);
    expect(await asked('/api/runs/nobody/answer')).toEqual([404, 'no run "nobody"']);
    expect(await asked('/api/item?cell=x&item=y')).toEqual([404, 'no item "y"']);
    expect(await asked('/nowhere')).toEqual([404, 'not found']);
  });
});

describe.skipIf(chromiumPath === undefined)(`perbench view (${noChromium})`, () => {
  async function opened(path: string, options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
    if (browser === undefined) throw new Error(noChromium);
    return openPage(browser, `${address}#${path}`, options);
  }

  async function cellsOf(model: string): Promise<CellSummary> {
    const cells = await api<readonly CellSummary[]>(`/api/runs/${runId}/cells`);
    const found = cells.find((cell) => cell.model === model && cell.taskId.startsWith('imdb'));
    if (found === undefined) throw new Error(`no cell of ${model}`);
    return found;
  }

  async function listedItems(page: Page): Promise<readonly string[]> {
    return page.locator('button.item').evaluateAll((items) => items.map((item) => item.dataset['item'] ?? ''));
  }

  it('lists runs with answer, models and host, shows one, and complains of nothing', async () => {
    const { page, complaints, requests } = await opened('/runs');
    const { runs } = await api<RunsPage>('/api/runs');
    const { models, host } = runs[0] as RunSummary;
    const { answer } = await api<{ readonly answer: string }>(`/api/runs/${runId}/answer`);
    await page.waitForSelector('.run-answer:not(.none)');
    expect(await page.locator('.run-answer').innerText()).toBe(answer);
    expect(await page.locator('.run-facts dd').first().innerText()).toContain('and 2 more models');
    await page.click('text=and 2 more models');
    expect(await page.locator('.run-facts li bdi').allInnerTexts()).toEqual(models.slice(2));
    await page.locator('.run-facts summary').last().click();
    expect(await page.locator('.run-facts > div > dd').last().innerText()).toContain(host?.hostname);
    await page.fill('input[type="search"]', 'no run has this');
    await page.waitForSelector('text=No run matches.');
    await page.fill('input[type="search"]', 'GAMMA');
    await page.waitForSelector('text=1 of 1 runs');
    await page.click(`text=${runId}`);
    await page.waitForSelector('#board-2');
    expect(await page.locator('[data-state="done"]').count()).toBe(6);
    expect(await page.locator('[data-state="failed"]').count()).toBe(2);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'hacked') as unknown)).toBeUndefined();
    expect(complaints).toEqual([]);
    expect(requests.filter((asked) => !asked.startsWith(new URL(address).origin))).toEqual([]);
  });

  it('shows a hostile answer as text, with what would hide or act made visible', async () => {
    const cell = await cellsOf(hostileName);
    const query = new URLSearchParams({ task: cell.taskId, cells: cell.id });
    const { page, complaints } = await opened(`/runs/${runId}/samples?${query.toString()}`);
    const output = await page.locator('pre[aria-label^="Output of"]').innerText();
    expect(output).toContain('<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>');
    expect(output).toContain('␛[31mred␛[0m⟨U+202E⟩esrever');
    expect(output).not.toContain('\u001B');
    expect(output.length).toBeGreaterThan(hostileAnswer.length);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'hacked') as unknown)).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('filters by what became of an item in each model, searches, and puts all models side by side', async () => {
    const [alpha, gamma] = [await cellsOf('alpha-1b'), await cellsOf('gamma-7b')];
    const { page } = await opened(`/runs/${runId}/samples?${new URLSearchParams({ task: alpha.taskId }).toString()}`);
    await page.waitForSelector('text=40 of 40 items');
    await page.waitForSelector('text=Models: all 4 shown');
    const all = await listedItems(page);
    expect(await page.locator('.items thead th').allInnerTexts()).toHaveLength(5);
    expect(await page.locator('.answers h3 .model').allInnerTexts()).toHaveLength(4);
    const firstRow = await page.locator('.items tbody tr').first().innerText();
    expect(firstRow).not.toContain(all[0]);
    expect(firstRow).toMatch(/^1 \w+ \w+/u);
    await page.getByLabel('Answers of A, alpha-1b').selectOption('right');
    await page.getByLabel('Answers of C, gamma-7b').selectOption('wrong');
    const cells = `cell=${alpha.id}&cell=${gamma.id}`;
    const { count } = await api<{ readonly count: number }>(
      `/api/items/count?${cells}&right=${alpha.id}&wrong=${gamma.id}`,
    );
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(40);
    await page.waitForSelector(`text=${count} of ${count} items`);
    await page.waitForSelector('text=only items with A right, C wrong');
    const found = await listedItems(page);
    expect(all.filter((id) => found.includes(id))).toEqual(found);
    // The address holds the choice.
    await page.reload();
    await page.waitForSelector(`text=${count} of ${count} items`);
    expect(await listedItems(page)).toEqual(found);
    await page.getByLabel('Answers of A, alpha-1b').selectOption('');
    await page.getByLabel('Answers of C, gamma-7b').selectOption('');
    await page.locator('.model-choice input').nth(1).uncheck();
    await page.locator('.model-choice input').nth(3).uncheck();
    await page.waitForSelector('text=Models: 2 of 4 shown');
    await page.getByLabel('Only where the scores differ').check();
    const differing = await api<{ readonly count: number }>(`/api/items/count?${cells}&disputed=`);
    await page.waitForSelector(`text=${differing.count} of ${differing.count} items`);
    expect(await page.locator('.items thead th').allTextContents()).toEqual(['Item', 'A: alpha-1b', 'C: gamma-7b']);
    await page.getByLabel('Only where the scores differ').uncheck();
    await page.waitForSelector('text=40 of 40 items');
    const [, second = ''] = await listedItems(page);
    await page.fill('input[type="search"]', second.toUpperCase());
    await page.waitForFunction(() => document.querySelectorAll('button.item').length < 40);
    expect(await listedItems(page)).toContain(second);
    await page.fill('input[type="search"]', 'nothing has this in it');
    await page.waitForSelector('text=No item matches.');
  });

  it('moves between items by the keyboard', async () => {
    const cell = await cellsOf('alpha-1b');
    const query = new URLSearchParams({ task: cell.taskId, cells: cell.id });
    const { page } = await opened(`/runs/${runId}/samples?${query.toString()}`);
    await page.waitForSelector('text=40 of 40 items');
    const [, second] = await listedItems(page);
    await page.locator('button.item').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector(`.detail:has-text("${second}")`);
    expect(await page.locator('button.item[aria-pressed="true"]').getAttribute('data-item')).toBe(second);
    expect(page.url()).toContain(`item=${second}`);
  });

  /** Every page, and what shows that it is there. */
  async function places(): Promise<readonly (readonly [path: string, selector: string])[]> {
    const { taskId } = await cellsOf('alpha-1b');
    const sides = new URLSearchParams({ a: `${runId}:alpha-1b`, b: `${runId}:gamma-7b` }).toString();
    return [
      ['/runs', '.run-answer:not(.none)'],
      [`/runs/${runId}`, '#board-1'],
      [`/runs/${runId}/samples?${new URLSearchParams({ task: taskId }).toString()}`, '.detail pre'],
      [`/compare?${sides}`, '#comparison-2'],
    ];
  }

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)(
    'has no violation of accessibility in %s at %i px',
    async (colorScheme, width) => {
      for (const [path, selector] of await places()) {
        const { page } = await opened(path, { colorScheme, viewport: { width, height: 844 } });
        await page.waitForSelector(selector);
        expect([path, await violations(page)]).toEqual([path, []]);
        await page.close();
      }
    },
    60_000,
  );

  it.each([390, 640])('needs no scrolling sideways at %i px, and breaks no name within a word', async (width) => {
    for (const [path, selector] of await places()) {
      const { page } = await opened(path, { viewport: { width, height: 844 } });
      await page.waitForSelector(selector);
      expect([path, await scrolledSideways(page)]).toEqual([path, []]);
      expect([path, await brokenNames(page)]).toEqual([path, []]);
      await page.close();
    }
  });

  it('compares two models of one run, picked from lists', async () => {
    const { page } = await opened('/compare');
    await page.waitForSelector('select');
    await page.getByLabel('Run').first().selectOption(runId);
    await page.waitForSelector('#comparison-2');
    const chosen = async (): Promise<readonly string[]> =>
      page.getByLabel('Model').evaluateAll((lists) => lists.map((list) => (list as HTMLSelectElement).value));
    expect(await chosen()).toEqual(['alpha-1b', hostileName]);
    await page.getByLabel('Model').nth(1).selectOption('gamma-7b');
    await page.waitForSelector('.verdict-line:has-text("gamma-7b against alpha-1b")');
    expect(page.url()).toContain(encodeURIComponent(`${runId}:gamma-7b`));
    await page.getByLabel('Model').nth(1).selectOption('alpha-1b');
    await page.waitForSelector('text=A and B are the same.');
  });

  it('follows a run while it goes on, without being loaded again; then compares the two', async () => {
    const { page } = await opened('/runs');
    await page.waitForSelector('text=live');
    await page.evaluate(() => Reflect.set(globalThis, 'isTheSamePage', true));
    const suite = await writeHostileSuite(folder, 'slow.json', 10);
    const running = perbenchIn(folder, 'run', suite, '--fresh');
    await page.waitForSelector('text=running');
    await page.waitForSelector('text=the run goes on');
    expect(await page.locator('.run').count()).toBe(2);
    const newest = await page.locator('.run h2').first().innerText();
    await page.click(`text=${newest}`);
    await page.waitForSelector('[data-state="done"]');
    await running.ended;
    await page.waitForSelector('text=side by side');
    await page.waitForFunction(() => document.querySelectorAll('[data-state="done"]').length === 6);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'isTheSamePage') as unknown)).toBe(true);
    await page.goto(`${address}#/compare?a=${runId}&b=${newest}`);
    await page.waitForSelector('#comparison-1 td:has-text("~ no clear difference")');
    expect(await violations(page)).toEqual([]);
  }, 60_000);
});
