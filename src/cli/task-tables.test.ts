import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { quietMeter } from '../../test/run/toy-plan.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import type { LocalContext } from '../app/local-context.ts';
import { prepareRun, withTimeLimit } from '../app/prepare-run.ts';
import { localRun } from '../app/run.ts';
import { suiteSchema } from '../core/suite.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import { openRun } from '../run/open-run.ts';
import type { RunPlan } from '../run/plan.ts';
import { sourceSettingsFrom } from '../sources/source-settings.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { CliContext } from './context.ts';
import { createOutput } from './output.ts';
import type { Progress } from './progress/progress.ts';
import { createTaskTables } from './task-tables.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-tables-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function localContext(): LocalContext {
  return {
    settings: sourceSettingsFrom({}, homedir()),
    environment: {},
    workingFolder: folder,
    dataDir: undefined,
    commandLine: [],
    perbenchVersion: 'test',
    ownTasks: undefined,
    logFolder: undefined,
    readCeiling: async () => undefined,
    meter: quietMeter(),
    hostFacts: () => readHostFacts(),
    onPull: undefined,
    onStep: undefined,
  };
}

async function timedPlan(limitMs = 600_000): Promise<RunPlan> {
  const models = ['alpha', 'beta'].map((source) => ({ source, engine: 'mock' }));
  const suite = suiteSchema.parse({
    models,
    tasks: ['imdb/mini', 'arc_easy/mini'],
    protocol: 'paper',
    concurrency: 2,
    allowBusy: true,
  });
  return withTimeLimit(await prepareRun(suite, localContext(), new AbortController().signal), limitMs);
}

it('prints the table of a task as soon as its last model has answered', async () => {
  const plan = await timedPlan();
  await using store = await openSqliteStore({ file: ':memory:' });
  const happened: string[] = [];
  const sink = {
    write: (text: string) => text.trim() !== '' && happened.push(/(imdb|arc_easy)\/mini/.exec(text)?.[0] ?? 'no task'),
  };
  const output = createOutput({
    stdout: sink,
    stderr: sink,
    isJson: false,
    isQuiet: false,
    verbosity: 0,
    hasColor: false,
  });
  const { signal } = new AbortController();
  const context = { output, workingFolder: folder, interruption: { signal }, environment: {}, globals: { verbose: 0 } };
  const tables = createTaskTables(store, context as unknown as CliContext, {});
  const display = { aside: (write: () => void) => write() } as Progress;
  for await (const event of localRun(plan, localContext(), { store, signal })) {
    if (event.type === 'cell-end') happened.push('a cell ends');
    await tables.follow(event, display);
  }
  expect(happened).toEqual(['a cell ends', 'a cell ends', 'imdb/mini', 'a cell ends', 'a cell ends', 'arc_easy/mini']);
  expect([...tables.shown]).toEqual(['imdb/mini@2', 'arc_easy/mini@2']);
});

async function resume(plan: RunPlan): Promise<EndedInProcess> {
  {
    await using store = await openSqliteStore({ file: join(folder, '.perbench', 'perbench.db') });
    await openRun(plan, store, { now: new Date(), random: Math.random });
  }
  return runInProcess(['resume'], { folder });
}

it('a run within a time is resumed as one, and prints each table once', async () => {
  const { stdout, stderr } = await resume(await timedPlan());
  expect(stderr).toContain(', resumed');
  for (const task of ['imdb/mini@2', 'arc_easy/mini@2']) expect(stdout.split(task)).toHaveLength(2);
  expect(stdout.indexOf('imdb/mini@2')).toBeLessThan(stdout.indexOf('arc_easy/mini@2'));
});

it('says what it left out for want of time, and that nothing is known', async () => {
  const { stdout, code } = await resume(await timedPlan(1));
  expect(stdout).toMatch(/^Left out for want of time: imdb\/mini@2, arc_easy\/mini@2\. Raise --minutes,/m);
  expect(stdout).not.toContain('alpha');
  expect(code).toBe(6);
});
