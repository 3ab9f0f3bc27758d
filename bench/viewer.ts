/**
 * How fast the viewer answers over a store with 400,000 samples, 16 models on 25,000 items, beside 3,000 small runs.
 *
 * Background: people leave viewers that make them wait. The bars are one second until the first paint of a run, and
 * 200 ms for a filter. The store is filled once, into a folder that is named, and used again by the next run; answers
 * are timed as the page asks them, the first of each kind apart (cold), and the page itself where Chromium is installed.
 *
 * Usage: node bench/viewer.ts [folder] [items per cell]
 */
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { perbenchBin, startPerbench } from '../test/setup/perbench-process.ts';
import { outcomes } from '../src/core/store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import type { CellSummary, RunsPage, RunSummary } from '../src/page/viewer-data.ts';
import { chromiumPath, startChromium } from '../test/page/chromium.ts';
import { fillRuns, fillStore } from './viewer-store.ts';

const folder = process.argv[2] ?? join(tmpdir(), 'perbench-viewer-bench');
const itemsPerCell = Number(process.argv[3] ?? 25_000);
const models = 16;
const smallRuns = 3000;
const rounds = 7;

mkdirSync(folder, { recursive: true });
const file = join(folder, `${models}x${itemsPerCell}+${smallRuns}.db`);
if (!existsSync(file)) {
  const startMs = performance.now();
  await using store = await openSqliteStore({ file });
  await fillStore(store, models, itemsPerCell);
  await fillRuns(store, smallRuns);
  console.log(
    `filled ${models * itemsPerCell} samples and ${smallRuns} runs in ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
  );
}

const viewer = startPerbench(['view', '--port', '0', '--json', '--store', file], {
  workingFolder: folder,
  homeFolder: folder,
});
const said = Promise.withResolvers<string>();
viewer.child.stdout?.on('data', (chunk: Buffer) => {
  const found = /"address":"([^"]+)"/u.exec(chunk.toString())?.[1];
  if (found !== undefined) said.resolve(found);
});
try {
  const address = await said.promise;
  await measureAnswers(address);
  if (chromiumPath === undefined) console.log(`no Chromium: the page itself is not timed (${perbenchBin})`);
  else await measurePaint(address);
} finally {
  viewer.child.kill('SIGINT');
  await viewer.ended;
}

async function ask<Answer>(address: string, path: string): Promise<Answer> {
  const url = new URL(path, address);
  url.searchParams.set('access', new URL(address).searchParams.get('access') ?? '');
  return (await (await fetch(url)).json()) as Answer;
}

/** Cold, then the median and the slowest of the rounds; an action that gives a number has timed itself. */
async function time(what: string, action: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startMs = performance.now();
    const own = await action();
    times.push(typeof own === 'number' ? own : performance.now() - startMs);
  }
  const [cold = 0, ...warm] = times;
  const sorted = warm.toSorted((left, right) => left - right);
  const shown = [cold, sorted[Math.floor(rounds / 2)] ?? 0, sorted.at(-1) ?? 0].map((ms) => ms.toFixed(0).padStart(6));
  console.log(`${what.padEnd(44)} cold ${shown[0]} ms  median ${shown[1]} ms  slowest ${shown[2]} ms`);
}

async function newestRun(address: string): Promise<RunSummary | undefined> {
  return (await ask<RunsPage>(address, '/api/runs')).runs[0];
}

async function measureAnswers(address: string): Promise<void> {
  await time('list of runs, the first 50', () => ask(address, '/api/runs'));
  await time('list of runs, the first 1000', () => ask(address, '/api/runs?limit=1000'));
  await time('list of runs, a search', () => ask(address, '/api/runs?search=model-3b'));
  await time('names of all runs', () => ask(address, '/api/run-heads'));
  await time('answer of a small run', () => ask(address, '/api/runs/small-0001/answer'));
  const run = await newestRun(address);
  await time('cells of the run', () => ask(address, `/api/runs/${run?.id}/cells`));
  const cells = await ask<readonly CellSummary[]>(address, `/api/runs/${run?.id}/cells`);
  const [first, second] = cells;
  const one = `cell=${first?.id}`;
  const two = `${one}&cell=${second?.id}`;
  const all = cells.map(({ id }) => `cell=${id}`).join('&');
  const wanted = {
    'any answer': one,
    ...Object.fromEntries(outcomes.map((outcome) => [outcome, `${one}&${outcome}=${first?.id}`])),
    'A right, B wrong': `${two}&right=${first?.id}&wrong=${second?.id}`,
    'different scores': `${two}&disputed=`,
    '16 models side by side': all,
    '16 models, different scores': `${all}&disputed=`,
    '16 models, all wrong': `${all}&${cells.map(({ id }) => `wrong=${id}`).join('&')}`,
  };
  for (const [what, query] of Object.entries(wanted)) {
    await time(`items, ${what}`, () => ask(address, `/api/items?${query}`));
    await time(`count, ${what}`, () => ask(address, `/api/items/count?${query}`));
  }
  await time('search for a common word', () => ask(address, `/api/items?${one}&search=answer`));
  await time('search for a rare word', () => ask(address, `/api/items?${one}&search=item-24999`));
  await time('search for what is not there', () => ask(address, `/api/items?${one}&search=nowhere-at-all`));
  await time('the report of the run', () => ask(address, `/api/runs/${run?.id}`));
  await time('one item, 2 models', () => ask(address, `/api/item?${two}&item=item-12345`));
}

/** Notes in a page when a frame with the selector was painted: asking from outside would wait for what comes after it. */
function noteWhenPainted(selector: string): string {
  return `{
    const look = () => {
      if (globalThis.paintedMs !== undefined || document.querySelector(${JSON.stringify(selector)}) === null) return;
      requestAnimationFrame(() => setTimeout(() => (globalThis.paintedMs ??= performance.now())));
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  }`;
}

function whenPainted(): string {
  return `new Promise((resolve) => {
    const look = () =>
      globalThis.paintedMs === undefined ? setTimeout(look, 20) : resolve(globalThis.paintedMs);
    look();
  })`;
}

async function measurePaint(address: string): Promise<void> {
  const run = await newestRun(address);
  const browser = await startChromium();
  const places = {
    'Chromium: the list of runs': ['/runs', '.run'],
    'Chromium: a run, its frame': [`/runs/${run?.id}`, 'main'],
    'Chromium: a run, its cells': [`/runs/${run?.id}`, '[data-state]'],
    'Chromium: samples, the first item': [`/runs/${run?.id}/samples`, '.detail pre'],
  } as const;
  try {
    for (const [what, [path, selector]] of Object.entries(places)) {
      // By the page's own clock, from the start of its navigation.
      await time(what, async () => {
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
        await context.addInitScript(noteWhenPainted(selector));
        const page = await context.newPage();
        await page.goto(`${address}#${path}`);
        const ms = await page.evaluate<number>(whenPainted());
        await context.close();
        return ms;
      });
    }
  } finally {
    await browser.close();
  }
}
