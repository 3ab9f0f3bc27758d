import { expect, it } from 'vitest';
import {
  childrenOf,
  enginesOf,
  openStoreIn,
  scoresIn,
  startPerbench,
  temporaryFolder,
  until,
} from './perbench-process.ts';

const model = ['-m', 'smollm2-135m-instruct'];
const mini = ['run', ...model, '-t', 'mini', '--protocol', 'paper', '--limit', '2', '--concurrency', '2'];
const likelihood = ['run', ...model, '-t', 'hellaswag/mini', '--limit', '12', '--concurrency', '1'];
const brief = ['--launches', '1', '--window-seconds', '0.2', '--latency-requests', '3'];

const isOf = (type: string) => (event: Readonly<Record<string, unknown>>) =>
  event['event'] === type || event['type'] === type;

it('runs a real model on all five tasks of the mini set', async () => {
  using folder = temporaryFolder();
  const run = startPerbench(folder.path, ...mini);
  const code = await run.ended;
  // So few items tell nothing.
  expect([code, run.stderr()]).toEqual([6, expect.any(String)]);
  await using store = await openStoreIn(folder.path);
  const stored = await store.latestRun();
  expect(stored?.status).toBe('finished');
  const cells = await store.cells(stored?.id ?? '');
  expect(cells.map(({ taskId, state }) => [taskId, state])).toEqual([
    ['imdb/mini@2', 'done'],
    ['hellaswag/mini@1', 'done'],
    ['arc_easy/mini@2', 'done'],
    ['squad2/mini@3', 'done'],
    ['gsm8k/mini@2', 'done'],
  ]);
  for (const { measurements } of cells) {
    expect(measurements.accuracy).toMatchObject({ status: 'measured', n: 2 });
    expect(measurements.throughput).toMatchObject({ status: 'measured' });
    // 135M parameters in four to five bits are about 92 MiB, and must be seen in resident memory.
    const memory = measurements.memory?.status === 'measured' ? measurements.memory.value : 0;
    expect(memory).toBeGreaterThan(92 * 2 ** 20);
    expect(memory).toBeLessThan(2 * 2 ** 30);
  }
  expect(stored?.manifest.models['smollm2-135m-instruct']).toMatchObject({
    promptStyle: 'chat',
    architecture: 'llama',
  });
  expect(stored?.cost?.engineCpuMs).toBeGreaterThan(0);
});

it('is killed in mid-run, goes on by the same command, and ends with the same scores', async () => {
  using whole = temporaryFolder();
  using cut = temporaryFolder();
  expect(await startPerbench(whole.path, ...likelihood, ...brief).ended).toBe(0);

  const first = startPerbench(cut.path, ...likelihood, ...brief);
  await until(() => first.events().some(isOf('pass-progress')), 'the first progress');
  const engines = enginesOf(first.child.pid ?? 0);
  first.child.kill('SIGKILL');
  await first.ended;
  expect(engines.length).toBeGreaterThan(0);
  await until(() => engines.every((pid) => !childrenOf(1).includes(pid)), 'the orphaned engine to end itself');

  // It waits for the lease of the killed process to run out.
  expect(await startPerbench(cut.path, ...likelihood, ...brief).ended).toBe(0);
  const scores = await scoresIn(cut.path);
  expect(scores).toHaveLength(12);
  expect(scores).toEqual(await scoresIn(whole.path));
  await using store = await openStoreIn(cut.path);
  expect(await store.listRuns()).toHaveLength(1);
});

it('fails the cell whose engine was killed, runs the next, and repairs the failed one when asked', async () => {
  using folder = temporaryFolder();
  const tasks = [
    'run',
    ...model,
    '-t',
    'squad2/mini,hellaswag/mini',
    '--protocol',
    'paper',
    '--limit',
    '12',
    '--concurrency',
    '2',
  ];
  const run = startPerbench(folder.path, ...tasks);
  await until(() => run.events().some(isOf('pass-start')), 'the first pass');
  const engines = enginesOf(run.child.pid ?? 0);
  expect(engines).toHaveLength(1);
  for (const pid of engines) process.kill(pid, 'SIGKILL');
  expect(await run.ended).toBe(3);
  {
    await using store = await openStoreIn(folder.path);
    const cells = await store.cells((await store.latestRun())?.id ?? '');
    expect(cells.map(({ state }) => state)).toEqual(['failed', 'done']);
    expect(cells[0]?.error?.message).toContain('SIGKILL');
  }
  expect(await startPerbench(folder.path, 'resume').ended).toBe(6);
  await using store = await openStoreIn(folder.path);
  const cells = await store.cells((await store.latestRun())?.id ?? '');
  expect(cells.map(({ state }) => state)).toEqual(['done', 'done']);
});
