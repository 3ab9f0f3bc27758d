import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Cell } from '../../src/core/cell.ts';
import { placeFakeSmi } from '../setup/fake-smi.ts';
import { openStoreIn, type PerbenchProcess, startPerbench, temporaryFolder } from './perbench-process.ts';

const server = join(import.meta.dirname, '../fixtures/fake-server.mjs');

function writeSuite(
  folder: string,
  words: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
): string {
  const command = [process.execPath, server, '--port', '{port}', '--name', '{model}', ...words];
  const model = { source: 'fake', style: 'base', engineOptions: { loglikelihood: 'none' }, server: { command } };
  const file = join(folder, 'suite.json');
  const common = { launches: 1, windowSeconds: 1, latencyRequests: 3, concurrency: 2, limit: 4 };
  writeFileSync(file, JSON.stringify({ models: [model], ...common, ...settings }));
  return file;
}

async function cellsIn(folder: string): Promise<readonly Cell[]> {
  await using store = await openStoreIn(folder);
  const run = await store.latestRun();
  return await store.cells(run?.id ?? '');
}

function isAlive(pid: number): boolean {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return stat !== '' && !/\) [ZX] /.test(stat);
}

async function until(isReached: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !isReached(); tries += 1) await sleep(100);
  expect(isReached()).toBe(true);
}

function startKillable(folder: string, ...words: readonly string[]): PerbenchProcess {
  const perbench = startPerbench(folder, ...words);
  onTestFinished(() => void perbench.child.kill('SIGKILL'));
  return perbench;
}

describe('a suite with a server of its own', () => {
  it('starts one server for all its tasks, keeps its log, and counts energy and price', async () => {
    using folder = temporaryFolder();
    const row = [
      '0',
      'GPU-a',
      'NVIDIA A10',
      '23028 MiB',
      '9 MiB',
      '80 %',
      '100.00 W',
      '150.00 W',
      '60',
      '1500 MHz',
      '0x0',
      '[N/A]',
    ];
    const smi = placeFakeSmi({ rows: [row], everyMs: 100, gpus: ['NVIDIA A10'] });
    const path = process.env['PATH'] ?? '';
    process.env['PATH'] = `${smi.folder}:${path}`;
    onTestFinished(() => void (process.env['PATH'] = path));
    // The task by log-likelihood can't be done; that must not cost a second start.
    const suite = writeSuite(folder.path, [], { tasks: ['hellaswag/mini@1', 'arc_easy/mini@2'], pricePerHour: 3.6 });
    const perbench = startKillable(folder.path, 'run', suite);
    await perbench.ended;
    const [unable, able] = await cellsIn(folder.path);
    expect(unable?.state).toBe('unavailable');
    expect(able).toMatchObject({
      state: 'done',
      measurements: {
        energyPerItem: { status: 'measured', unit: 'J/item' },
        // Nothing that the fake answers is right.
        energyPerCorrect: { status: 'unavailable', reason: 'no_correct_answers' },
        pricePerThousand: { status: 'derived', unit: 'price/1000 items' },
      },
    });
    await startKillable(folder.path, 'report', '-o', 'told.md', '-o', 'told.server.csv').ended;
    expect(readFileSync(join(folder.path, 'told.md'), 'utf8')).toContain("### The server's times: ");
    const [headings = '', ...rows] = readFileSync(join(folder.path, 'told.server.csv'), 'utf8').trim().split(/\r?\n/);
    const queueAt = headings.split(',').indexOf('queue_mean_ms');
    // Each request of the fake waits for 10 ms, or so it says.
    expect(rows.map((line) => Number(line.split(',')[queueAt]).toFixed(3))).toEqual(['10.000', '10.000']);
    const runs = join(folder.path, '.perbench', 'runs');
    const [run = ''] = readdirSync(runs);
    const logs = readdirSync(join(runs, run)).filter((name) => name.endsWith('.log'));
    expect(logs).toHaveLength(1);
    expect(readFileSync(join(runs, run, logs[0] ?? ''), 'utf8')).toContain('INFO ready');
    await using store = await openStoreIn(folder.path);
    const manifest = (await store.latestRun())?.manifest;
    expect(manifest?.models['fake']?.serverCommand).toContain('fake-server.mjs');
  });

  it('stops the server and its children at Ctrl-C', async () => {
    using folder = temporaryFolder();
    const children = join(folder.path, 'children.json');
    const suite = writeSuite(folder.path, ['--children', children], { tasks: ['arc_easy/mini@2'], windowSeconds: 60 });
    const perbench = startKillable(folder.path, 'run', suite);
    await until(() => perbench.events().some(({ event, pass }) => event === 'pass-start' && pass === 'throughput'));
    const pids = JSON.parse(readFileSync(children, 'utf8')) as number[];
    expect(pids.filter(isAlive)).toEqual(pids);
    perbench.child.kill('SIGINT');
    expect(await perbench.ended).toBe(130);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('says why a server did not start, with the end of its log, and goes on', async () => {
    using folder = temporaryFolder();
    const perbench = startKillable(
      folder.path,
      'run',
      writeSuite(folder.path, ['--fault', 'exit'], { tasks: ['arc_easy/mini@2'] }),
    );
    expect(await perbench.ended).toBe(3);
    const [cell] = await cellsIn(folder.path);
    expect(cell).toMatchObject({ state: 'failed', error: { code: 'PB_SERVER' } });
    expect(cell?.error?.message).toContain('  | ValueError: unknown architecture "nonsense"');
  });
});
