import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from '../setup/perbench-process.ts';
import type { CellSummary, RunSummary } from '../../src/page/viewer-data.ts';
import { seriousViolations } from './axe.ts';
import { chromiumPath, noChromium, openPage, startChromium, type WatchedPage } from './chromium.ts';
import { ensurePage } from './ensure-page.ts';
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
  const [run] = await api<readonly RunSummary[]>('/api/runs');
  runId = run?.id ?? '';
  if (chromiumPath !== undefined) browser = await startChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  viewer.child.kill('SIGINT');
  await viewer.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function api<Answer>(path: string): Promise<Answer> {
  const response = await fetch(new URL(path, address));
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

/** Status of a request with headers that fetch wouldn't let through. */
async function statusOf(headers: Readonly<Record<string, string>>, method = 'GET', path = '/'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request(new URL(path, address), { method, headers }, (response) => {
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

  it('sends a policy that lets in nothing from elsewhere, with every answer', async () => {
    for (const path of ['/', '/api/runs', '/nowhere']) {
      const { headers } = await fetch(new URL(path, address));
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
      const response = await fetch(new URL(path, address));
      return [response.status, ((await response.json()) as { readonly error: unknown }).error];
    };
    expect(await asked('/api/runs/nobody')).toEqual([404, 'no run "nobody"']);
    expect(await asked('/api/items')).toEqual([400, 'expected 1 to 32 cells, got 0']);
    expect(await asked('/api/items?cell=x&filter=odd')).toEqual([400, 'unknown filter "odd"']);
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
    return page.locator('button.item').allInnerTexts();
  }

  it('lists runs, shows one with its cells and report, and complains of nothing', async () => {
    const { page, complaints, requests } = await opened('/runs');
    await page.click(`text=${runId}`);
    await page.waitForSelector('#board-2');
    expect(await page.locator('td[data-state="done"]').count()).toBe(6);
    expect(await page.locator('td[data-state="failed"]').count()).toBe(2);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'hacked') as unknown)).toBeUndefined();
    expect(complaints).toEqual([]);
    expect(requests.filter((asked) => !asked.startsWith(address))).toEqual([]);
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

  it('filters, searches and puts two models side by side', async () => {
    const [alpha, gamma] = [await cellsOf('alpha-1b'), await cellsOf('gamma-7b')];
    const query = new URLSearchParams({ task: alpha.taskId, cells: alpha.id });
    const { page } = await opened(`/runs/${runId}/samples?${query.toString()}`);
    await page.waitForSelector('text=40 of 40 items');
    await page.getByLabel('Wrong').check();
    await page.waitForFunction(() => !document.querySelector('.items .count')?.textContent.startsWith('40'));
    const wrong = await listedItems(page);
    expect(wrong.length).toBeGreaterThan(0);
    const answered = await api<{ readonly count: number }>(`/api/items/count?cell=${alpha.id}&filter=wrong`);
    expect(wrong.length).toBe(answered.count);
    await page.getByLabel('gamma-7b').check();
    await page.getByLabel('Models disagree').check();
    await page.waitForSelector('th.narrow >> nth=1');
    await page.waitForSelector('.answers article >> nth=1');
    expect(await page.locator('.answers h3 bdi').allInnerTexts()).toEqual(['alpha-1b', 'gamma-7b']);
    const disagreeing = await api<{ readonly count: number }>(
      `/api/items/count?cell=${alpha.id}&cell=${gamma.id}&filter=disagreement`,
    );
    expect((await listedItems(page)).length).toBe(disagreeing.count);
    await page.getByLabel('All', { exact: true }).check();
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
    await page.waitForSelector(`.detail h2:has-text("${second}")`);
    expect(await page.locator('button.item[aria-pressed="true"]').innerText()).toBe(second);
    expect(page.url()).toContain(`item=${second}`);
  });

  it.each(['light', 'dark'] as const)('has no serious violation of accessibility in %s', async (colorScheme) => {
    const cell = await cellsOf('alpha-1b');
    const query = new URLSearchParams({ task: cell.taskId, cells: cell.id });
    const { page } = await opened(`/runs/${runId}/samples?${query.toString()}`, { colorScheme });
    await page.waitForSelector('.detail pre');
    expect(await seriousViolations(page)).toEqual([]);
    await page.goto(`${address}#/runs/${runId}`);
    await page.waitForSelector('#board-1');
    expect(await seriousViolations(page)).toEqual([]);
  });

  it('follows a run while it goes on, without being loaded again; then compares the two', async () => {
    const { page } = await opened('/runs');
    await page.waitForSelector('text=live');
    await page.evaluate(() => Reflect.set(globalThis, 'isTheSamePage', true));
    const suite = await writeHostileSuite(folder, 'slow.json', 10);
    const running = perbenchIn(folder, 'run', suite, '--fresh');
    await page.waitForSelector('text=running');
    expect(await page.locator('tbody tr').count()).toBe(2);
    const newest = await page.locator('tbody a.model').first().innerText();
    await page.click(`text=${newest}`);
    await page.waitForSelector('td[data-state="done"]');
    await running.ended;
    await page.waitForSelector('text=all models side by side');
    await page.waitForFunction(() => document.querySelectorAll('td[data-state="done"]').length === 6);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'isTheSamePage') as unknown)).toBe(true);
    await page.goto(`${address}#/compare?a=${runId}&b=${newest}`);
    await page.waitForSelector('#comparison-1 td:has-text("~ same")');
    expect(await seriousViolations(page)).toEqual([]);
  }, 60_000);
});
