import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Answers,
  compareRuns,
  costDocument,
  costsOfFile,
  costsOfRun,
  gateRuns,
  openSqliteStore,
  readPrices,
  documentFormats,
  reportDocument,
  reportRuns,
  run,
  type RunRecord,
  type ScoringChoice,
  type Store,
} from '../../src/index.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import { testFolder, type TestFolder } from '../setup/test-settings.ts';

let folder: TestFolder;
let store: Store;
let runs: readonly RunRecord[];

function model(name: string, answer: string, memoryBytes: number): object {
  return { name, source: 'none', engine: 'mock', engineOptions: { answers: [answer], tokenMs: 1, memoryBytes } };
}

async function runModels(...models: readonly object[]): Promise<void> {
  const suite = { models, tasks: ['imdb/mini', 'arc_easy/mini'], protocol: 'paper', limit: 10, waitQuiet: 0 };
  await Array.fromAsync(run(suite as Parameters<typeof run>[0], { store }));
}

/** Records of one kind that a command prints under `--json`. */
async function records(event: string, ...argv: readonly string[]): Promise<readonly object[]> {
  const { stdout, stderr } = await runInProcess([...argv, '--json'], { folder: folder.path });
  const lines = stdout.trimEnd().split('\n');
  const all = lines.map((line) => JSON.parse(line) as { readonly event: string });
  if (all.length < 3) throw new Error(stderr);
  return all.filter((record) => record.event === event);
}

/** A value as such a record. */
function asRecord(event: string, value: object): object {
  return { event, ...(JSON.parse(JSON.stringify(value)) as object) };
}

/** The runs of the store, newest first. */
function nth(index: number): RunRecord {
  const found = runs[index];
  if (found === undefined) throw new Error(`the store has no run ${index}`);
  return found;
}

beforeAll(async () => {
  folder = await testFolder();
  store = await openSqliteStore({ file: join(folder.path, '.perbench/perbench.db') });
  await runModels(model('one', 'Positive', 2 ** 28), model('two', 'A', 2 ** 29), model('three', 'B', 2 ** 30));
  await runModels(model('one', 'Negative', 2 ** 28), model('two', 'B', 2 ** 29), model('three', 'C', 2 ** 30));
  runs = await store.listRuns();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const choices: readonly (readonly [ScoringChoice, readonly string[]])[] = [
  [{}, []],
  [
    { anchors: 'none', weights: { accuracy: 0.4, throughput: 0.2, latency: 0.2, memory: 0.2 } },
    ['--anchors', 'none', '--weights', 'acc=0.4,thr=0.2,lat=0.2,mem=0.2'],
  ],
  [
    { anchors: 'paper-gpu', limits: { minAccuracy: 0.1 }, card: true },
    ['--anchors', 'paper-gpu', '--min-accuracy', '0.1', '--card'],
  ],
];

it.each(choices)('makes the report of the command, scored by %j', async (scoring, flags) => {
  const report = await reportRuns(store, [nth(0)], { projectDir: folder.path, scoring });
  expect(await records('scoreboard', 'report', nth(0).id, ...flags)).toEqual(
    report.scoreboards.map((board) => asRecord('scoreboard', board)),
  );
});

it('makes the files of the command, also of two runs', async () => {
  const both = [nth(0), nth(1)];
  const report = await reportRuns(store, both, { projectDir: folder.path, tasks: ['imdb'] });
  await records('scoreboard', 'report', ...both.map(({ id }) => id), '-t', 'imdb', '-o', 'all.json', '-o', 'all.csv');
  const written = async (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8');
  expect(await written('all.json')).toBe(documentFormats.report.json.write(reportDocument(report)));
  expect(await written('all.csv')).toBe(documentFormats.report.csv.write(reportDocument(report)));
});

it('makes the decision of the command', async () => {
  const { answers } = await reportRuns(store, [nth(0)], {
    projectDir: folder.path,
    tasks: [
      { name: 'imdb', weight: 2 },
      { name: 'arc_easy', weight: 1 },
    ],
    scoring: { limits: { maxMemory: 2 ** 29 + 2 ** 20 } },
  });
  const argv = ['decide', nth(0).id, '-t', 'imdb=2,arc_easy=1', '--max-memory', '513MiB'];
  expect(await records('decision', ...argv)).toEqual([
    { answer: expect.any(String) as string, ...asRecord('decision', answers as Answers) },
  ]);
});

it('makes the comparison and the gate of the command', async () => {
  const names = [nth(1).id, nth(0).id] as const;
  const { cells } = await compareRuns(store, ...names);
  expect(await records('comparison', 'compare', ...names)).toEqual(cells.map((cell) => asRecord('comparison', cell)));
  const limits = { maxAccuracyDrop: 0.05, maxMemoryRise: 0.1 };
  const { result } = await gateRuns(store, ...names, { limits, tasks: ['imdb'] });
  const argv = ['gate', '--baseline', names[0], '--candidate', names[1], '-t', 'imdb'];
  const flags = ['--max-accuracy-drop', '0.05', '--max-memory-rise', '0.1'];
  expect(await records('check', ...argv, ...flags)).toEqual(result.checks.map((check) => asRecord('check', check)));
});

it('makes the costs of the command', async () => {
  const prices = { currency: 'EUR', models: { 'gpt-x': { input: 0.15, output: 0.6 } } };
  await writeFile(join(folder.path, 'prices.json'), JSON.stringify(prices));
  const options = {
    pricePerHour: 1.2,
    answersPerDay: 48,
    prices: await readPrices(join(folder.path, 'prices.json'), ''),
  };
  const costs = await costsOfRun(store, nth(0), options);
  const argv = ['cost', nth(0).id, '--price-per-hour', '1.2', '--load', '2/h', '--prices', 'prices.json'];
  expect(await records('cost', ...argv)).toEqual(costs.map((one) => asRecord('cost', one)));
  expect(costDocument(costs).verdict).toContain('gpt-x takes');
  await runInProcess(['export', nth(0).id, '--format', 'run', '-o', 'base.json'], { folder: folder.path });
  expect(await costsOfFile(join(folder.path, 'base.json'), 'base.json', options)).toEqual(costs);
});
