import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { libraryContext } from '../../src/app/run.ts';
import type { WorkOptions, WorkOutcome } from '../../src/app/cluster/work-options.ts';
import { workOnRun } from '../../src/app/cluster/work-on-run.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { HostFacts } from '../../src/core/manifest.ts';
import type { Store } from '../../src/core/store.ts';
import { readHostFacts } from '../../src/meters/host-facts.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { briefSuite, clusterFolder, slowMocks, writeRun } from '../setup/cluster-workers.ts';
import { makeGguf } from '../setup/make-gguf.ts';

interface Worked {
  readonly outcome: WorkOutcome;
  readonly said: readonly string[];
}

/** A worker in this process. */
async function worked(
  store: Store,
  runId: string,
  folder: string,
  { machine = {}, ...options }: Partial<WorkOptions> & { readonly machine?: Partial<HostFacts> } = {},
): Promise<Worked> {
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error(`no run ${runId}`);
  const context = {
    ...libraryContext({ workingFolder: folder, environment: { XDG_CACHE_HOME: folder } }),
    hostFacts: async () => ({ ...(await readHostFacts()), ...machine }),
  };
  const said: string[] = [];
  const events: AsyncGenerator<RunEvent, WorkOutcome, void> = workOnRun(run, context, {
    signal: new AbortController().signal,
    waitMs: 0,
    ...options,
    store,
  });
  while (true) {
    const { done, value } = await events.next();
    if (done === true) return { outcome: value, said };
    if (value.type === 'note' || value.type === 'warning') said.push(value.message);
  }
}

function writeModel(path: string, name: string): void {
  const entries = [
    ['general.architecture', 'llama'],
    ['general.name', name],
    ['tokenizer.ggml.model', 'gpt2'],
  ] as const;
  writeFileSync(path, makeGguf(entries, [{ name: 'w', shape: [2, 10], offset: 0 }], 80));
}

const brief = { ...briefSuite, launches: 1, tasks: ['imdb/mini'] };
const own = { task: './own.csv', input: 'text', target: 'label' };

it('does what it can where a model is another file, and says so', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  const file = join(folder, 'm.gguf');
  writeModel(file, 'one');
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await writeRun(store, folder, { ...brief, models: ['./m.gguf', ...slowMocks(['a'], 0)] });
  writeModel(file, 'other');
  const { outcome, said } = await worked(store, runId, folder);
  const problem = expect.stringMatching(
    /^m: .*m\.gguf is another file than the run began with: sha256 [\da-f]{12}…, expected [\da-f]{12}… Put the same file there, .*--model-dir FOLDER\.$/,
  ) as string;
  expect(outcome).toEqual({ failedCells: 0, missing: [problem], isOtherHardware: false });
  expect(said).toContainEqual(problem);
  expect((await store.cells(runId)).map(({ state }) => state)).toEqual(['pending', 'done']);
  expect(await store.workers(runId)).toMatchObject([{ state: 'failed', note: problem }]);
});

it('finds model files in other folders by their names', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  mkdirSync(join(folder, 'theirs'));
  mkdirSync(join(folder, 'ours'));
  writeModel(join(folder, 'theirs/m.gguf'), 'one');
  writeModel(join(folder, 'ours/m.gguf'), 'other');
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await writeRun(store, folder, { ...brief, models: ['./theirs/m.gguf'] });
  rmSync(join(folder, 'theirs/m.gguf'));
  const nowhere = await worked(store, runId, folder);
  expect(nowhere.outcome.missing).toEqual([
    `m: ${join(folder, 'theirs/m.gguf')} is not here. Put the file there, or name the folder that has it: --model-dir FOLDER.`,
  ]);
  const wrong = await worked(store, runId, folder, { modelFolders: [join(folder, 'ours')] });
  expect(wrong.outcome.missing).toEqual([expect.stringContaining(`${join(folder, 'ours/m.gguf')} is another file`)]);
});

it('leaves models that need more GPUs than are here', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  await using store = await openSqliteStore({ file: ':memory:' });
  const server = { preset: 'vllm', tensorParallel: 4 } as const;
  const runId = await writeRun(store, folder, { ...brief, models: [{ name: 'big', source: 'owner/big', server }] });
  const { outcome } = await worked(store, runId, folder, { machine: { gpus: ['H100'] } });
  expect(outcome.missing).toEqual(['big needs 4 GPUs, and 1 are here']);
  expect(await store.workers(runId)).toMatchObject([{ state: 'failed', note: 'big needs 4 GPUs, and 1 are here' }]);
});

it('ends with one line where the data are others', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  const rows = Array.from({ length: 40 }, (_, index) => `text ${index},${index % 2 === 0 ? 'yes' : 'no'}`);
  const write = (lines: readonly string[]): void =>
    writeFileSync(join(folder, 'own.csv'), ['text,label', ...lines].join('\n'));
  write(rows);
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await writeRun(store, folder, { ...brief, tasks: [own], models: slowMocks(['a'], 0) });
  write(rows.toReversed());
  await expect(worked(store, runId, folder)).rejects.toMatchObject({
    code: 'PB_DATA',
    message: expect.stringMatching(/^the data of own.* here are not those that run .* began with$/) as string,
  });
  expect(await store.workers(runId)).toMatchObject([{ state: 'failed' }]);
  expect((await store.cells(runId)).map(({ state }) => state)).toEqual(['pending']);
  expect((await store.getRun(runId))?.status).toBe('interrupted');
});

it('refuses models that the run lacks, and items that are not split', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await writeRun(store, folder, { ...brief, models: slowMocks(['a', 'b'], 0) });
  await expect(worked(store, runId, folder, { models: ['c'] })).rejects.toThrow(
    `run ${runId} has no model "c"; it has a, b`,
  );
  await expect(worked(store, runId, folder, { accuracyOnly: true })).rejects.toThrow(
    `the items of run ${runId} are not split: none can be answered apart`,
  );
});

it('says when its clock is minutes off the store’s', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  await using store = await openSqliteStore({ file: ':memory:', now: () => Date.now() + 300_000 });
  const runId = await writeRun(store, folder, { ...brief, models: slowMocks(['a'], 0) });
  const { said, outcome } = await worked(store, runId, folder, { machine: { hostname: 'n1' } });
  expect(said.filter((line) => line.includes('clock'))).toEqual([
    expect.stringMatching(/^the clock of n1 is (?:299|300|301) s behind the store's: /),
  ]);
  expect(outcome.missing).toEqual([]);
  expect((await store.cells(runId)).map(({ state }) => state)).toEqual(['done']);
});

it('takes a race as a whole, or leaves it', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await writeRun(store, folder, {
    ...brief,
    models: slowMocks(['a', 'b'], 0),
    decide: 'cheapest with accuracy >= 0.9',
  });
  const [first] = await store.cells(runId);
  const claim = await store.claimCell(first?.id ?? '', 'somebody', 20_000);
  const left = await worked(store, runId, folder);
  expect(left.said).toContain(`run ${runId} answers a question, so one worker does all of it: another one does`);
  if (claim !== undefined) await store.releaseCell(claim);
  await worked(store, runId, folder);
  expect(await store.getRun(runId)).toMatchObject({
    status: 'finished',
    manifest: { hardwareClass: expect.any(String) as string },
  });
});

it('lets nobody join a race between two of its tasks', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await writeRun(store, folder, {
    ...briefSuite,
    launches: 1,
    models: slowMocks(['a', 'b'], 0),
    decide: 'cheapest with accuracy >= 0.9',
  });
  let second: Worked | undefined;
  /** Another comes when the first cell has ended. */
  const visited: Store = {
    ...store,
    async endCell(...asked) {
      await store.endCell(...asked);
      second ??= await worked(store, runId, folder);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  await worked(visited, runId, folder);
  expect(second?.said).toContain(`run ${runId} answers a question, so one worker does all of it: another one does`);
  expect(await store.getRun(runId)).toMatchObject({ status: 'finished' });
  expect((await store.cells(runId)).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
});

it('lets another take a race whose worker died', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  const clock = { aheadMs: 0 };
  await using store = await openSqliteStore({ file: ':memory:', now: () => Date.now() + clock.aheadMs });
  const runId = await writeRun(store, folder, {
    ...briefSuite,
    launches: 1,
    models: slowMocks(['a', 'b'], 0),
    decide: 'cheapest with accuracy >= 0.9',
  });
  for (const { id } of await store.cells(runId)) await store.claimCell(id, 'dead', 30_000);
  expect((await worked(store, runId, folder)).said).toContainEqual(expect.stringMatching(/: another one does$/));
  clock.aheadMs = 30_000;
  await worked(store, runId, folder);
  expect(await store.getRun(runId)).toMatchObject({ status: 'finished' });
});

it('measures no run that a process began by itself on other hardware', { timeout: 60_000 }, async () => {
  const folder = clusterFolder();
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await writeRun(store, folder, { ...brief, models: slowMocks(['a', 'b'], 0) });
  const [first] = await store.cells(runId);
  await store.claimCell(first?.id ?? '', 'perbench run', 20_000);
  const { outcome, said } = await worked(store, runId, folder, { machine: { hostname: 'n2', cpuModel: 'another' } });
  expect(outcome).toEqual({ failedCells: 0, missing: [], isOtherHardware: true });
  expect(said[0]).toMatch(/^worker on n2, another, .*: does nothing \(times are measured on /);
  expect(said.at(-1)).toMatch(/^run \S+ is left to other machines: times are measured on .*, and this is another, /);
});
