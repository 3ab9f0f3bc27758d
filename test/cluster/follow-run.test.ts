import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelRun } from '../../src/app/cluster/cancel-run.ts';
import { followRun } from '../../src/app/cluster/follow-run.ts';
import { FollowedJobs } from '../../src/app/cluster/followed-jobs.ts';
import { FollowedWorkers } from '../../src/app/cluster/followed-workers.ts';
import {
  folderOfWorkers,
  launchRun,
  type LaunchedRun,
  type LaunchOptions,
  openOrders,
} from '../../src/app/cluster/launch-run.ts';
import { createRunState } from '../../src/cli/progress/run-state.ts';
import { isWorkedOn } from '../../src/app/cluster/followed-workers.ts';
import type { JobRecord, Launcher, StoredWorker, WorkerOrder } from '../../src/core/cluster.ts';
import { LauncherError } from '../../src/core/errors.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Store } from '../../src/core/store.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toyPlan } from '../run/toy-plan.ts';
import { eventually } from '../conformance/launcher-orders.ts';
import { asProcesses, LocalLauncher, type StartWorker } from '../setup/local-launcher.ts';

const leaseMs = 600;
const graceMs = 300;
let folder: string;
let file: string;
let store: Store;
let engine: LocalLauncher;

/** Processes of `toy-worker.ts` on the store, whose models take so long for a token. */
function toyWorkers(tokenMs: number): StartWorker {
  const program = join(import.meta.dirname, '../fixtures/toy-worker.ts');
  return asProcesses(({ models }) => [process.execPath, program, file, models.join(','), String(tokenMs)]);
}

const failing = asProcesses(() => ['sh', '-c', 'echo starting; echo "node: command not found" >&2; exit 127']);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perbench-cluster-'));
  file = join(folder, 'results.db');
  store = await openSqliteStore({ file });
  engine = new LocalLauncher(toyWorkers(0));
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const plan = (models: Record<string, object> = { one: {}, two: {} }): RunPlan =>
  toyPlan({ models: { ...models } as never });

async function launch(toy: RunPlan, change: Partial<LaunchOptions> = {}): Promise<LaunchedRun> {
  const options = { store, launcher: engine, workingFolder: folder, storeUrl: file, workers: undefined };
  return launchRun(toy, { ...options, ...change });
}

interface Followed {
  readonly events: readonly RunEvent[];
  readonly said: readonly string[];
}

/** Follows until the end, or until `onEvent` aborts. */
async function follow(
  runId: string,
  onEvent: (event: RunEvent, detach: AbortController) => void | Promise<void> = () => undefined,
  launcher: Launcher | 'none' = engine,
): Promise<Followed> {
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error('the run is stored');
  const detach = new AbortController();
  const options = { signal: detach.signal, isResumed: false, storeEveryMs: 20, jobsEveryMs: 40, leaseMs, graceMs };
  const events: RunEvent[] = [];
  for await (const event of followRun(store, run, launcher === 'none' ? undefined : async () => launcher, options)) {
    events.push(event);
    await onEvent(event, detach);
  }
  const said = events.flatMap((event) => (event.type === 'note' || event.type === 'warning' ? [event.message] : []));
  return { events, said };
}

const last = ({ events }: Followed): unknown => events.at(-1);

describe('a run whose workers are elsewhere', { timeout: 60_000 }, () => {
  it('is followed to its end in the events that its own display would get', async () => {
    const { runId, submitted } = await launch(plan());
    expect(submitted.map(({ handle }) => handle)).toEqual(['100']);
    const followed = await follow(runId);
    expect(last(followed)).toEqual({ type: 'run-end', runId, status: 'finished', failedCells: 0 });
    const state = createRunState();
    for (const event of followed.events) state.handle(event);
    expect(state.cells.map((view) => [view.state, view.measurements.accuracy?.status])).toEqual(
      Array.from({ length: 4 }, () => ['done', 'measured']),
    );
    for (const { endedPasses } of state.cells) {
      expect([...endedPasses].toSorted()).toEqual(
        ['accuracy:0', 'latency:0', 'latency:1', 'throughput:0', 'throughput:1'], // both launches
      );
    }
    const ofFirst = followed.events.filter((event) => 'cellId' in event && event.cellId === `${runId}.0`);
    expect(ofFirst[0]?.type).toBe('cell-start');
    expect(ofFirst.at(-1)?.type).toBe('cell-end');
    const passes = (type: string): readonly string[] =>
      ofFirst.flatMap((event) => ('pass' in event && event.type === type ? [`${event.pass}:${event.launch}`] : []));
    // Each begins before it ends, once.
    expect(passes('pass-start').toSorted()).toEqual(passes('pass-end').toSorted());
    expect((await store.jobs(runId)).map(({ state: job }) => job)).toEqual(['done']);
  });

  it('goes on when who follows it detaches, and can be followed again', async () => {
    engine = new LocalLauncher(toyWorkers(2));
    const { runId } = await launch(plan());
    const first = await follow(runId, (event, detach) => {
      if (event.type === 'pass-progress') detach.abort();
    });
    expect(last(first)).toMatchObject({ type: 'run-end', status: 'running' });
    const again = await follow(runId);
    expect(last(again)).toMatchObject({ type: 'run-end', status: 'finished' });
    expect(again.events.filter(({ type }) => type === 'cell-end')).toHaveLength(4);
  });

  it('is cancelled, waiting and running: what waits never starts, what is answered stays', async () => {
    engine = new LocalLauncher(toyWorkers(5), 1);
    const { runId } = await launch(plan());
    let cancelling: Promise<unknown> | undefined;
    const followed = await follow(runId, (event) => {
      if (event.type === 'pass-progress') cancelling ??= cancelRun(store, { id: runId }, async () => engine);
    });
    expect(await cancelling).toMatchObject({ cancelled: [`pb-${runId}-g0-a1`], problems: [] });
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    expect(followed.said.join('\n')).toMatch(/job 100_1 waits: Resources/);
    expect((await store.openWork(runId, leaseMs)).held).toBe(0);
    const answered = [...(await store.sampleCounts(runId)).values()].reduce((sum, count) => sum + count, 0);
    expect(answered).toBeGreaterThan(0);
    engine.slots = 2;
    // The same command takes it up again, with another attempt.
    const again = await launch(plan());
    expect(again).toMatchObject({ runId, isResumed: true });
    expect(again.submitted.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a2`]);
    expect(last(await follow(runId))).toMatchObject({ status: 'finished' });
  });

  it('is cancelled without its engine: the workers find the flag', async () => {
    engine = new LocalLauncher(toyWorkers(5));
    const { runId } = await launch(plan());
    let cancelling: Promise<unknown> | undefined;
    const followed = await follow(runId, (event) => {
      if (event.type !== 'pass-progress') return;
      engine.isReachable = false;
      cancelling ??= cancelRun(store, { id: runId }, async () => engine);
    });
    expect(await cancelling).toMatchObject({ cancelled: [], problems: ['the controller does not answer'] });
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
  });

  it('is submitted again when its workers die, once their leases have run out, and ends with every item once', async () => {
    engine = new LocalLauncher(toyWorkers(2));
    const { runId } = await launch(plan());
    let kills = 0;
    const followed = await follow(runId, async (event) => {
      if (event.type !== 'pass-progress' || kills > 0) return;
      kills += 1;
      await Promise.all([engine.kill('100_0'), engine.kill('100_1')]);
    });
    expect(last(followed)).toMatchObject({ status: 'finished' });
    expect(engine.submitted).toEqual([`pb-${runId}-g0-a1`, `pb-${runId}-g0-a2`]);
    expect(followed.said.join('\n')).toMatch(/(job 100_\d is|2 workers of slurm job 100 are) lost: node failure/);
    for (const cell of await store.cells(runId)) expect((await store.sampleSummary(cell.id)).items).toBe(40);
    const jobs = await store.jobs(runId);
    expect(jobs.map(({ attempt, state }) => [attempt, state])).toEqual([
      [1, 'lost'],
      [2, 'done'],
    ]);
  });

  it('is given up after three submissions that came to nothing, with what the last one said', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan({ one: {} }));
    const followed = await follow(runId);
    expect(engine.submitted).toHaveLength(3);
    expect(followed.said.filter((line) => line.includes('failed: node: command not found'))).toHaveLength(3);
    expect(followed.said.slice(-2)).toEqual([
      `pb-${runId}-g0 was submitted 3 times and nothing came of it (exit code 127): 2 cells are left`,
      'nobody works on this run any more: 2 cells are left',
    ]);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    // Whoever mends the node goes on with the same run.
    const again = await launch(plan({ one: {} }));
    expect(again.submitted.map(({ attempt }) => attempt)).toEqual([4]);
  });

  it('is given up after three submissions that its engine refused, which is said once', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan({ one: {} }));
    const refuse = new LauncherError('too many jobs', { hint: 'Wait.', isRefusal: true });
    const submit = (): Promise<never> => Promise.reject(refuse);
    const followed = await follow(runId, undefined, { ...launcherOf(engine), submit });
    expect(followed.said).toEqual([
      'slurm job 100_0 failed: node: command not found',
      'too many jobs. Wait.',
      `pb-${runId}-g0 was submitted 3 times and nothing came of it (too many jobs): 2 cells are left`,
      'nobody works on this run any more: 2 cells are left',
    ]);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    // Nothing is left that would be submitted for ever.
    expect((await follow(runId, undefined, { ...launcherOf(engine), submit })).said).toHaveLength(2);
    const again = await launch(plan({ one: {} }));
    expect(again.submitted.map(({ attempt }) => attempt)).toEqual([2]);
  });

  it('says once that nothing can be submitted, where an engine answers everything else', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan({ one: {} }));
    let tries = 0;
    const submit = (order: WorkerOrder): Promise<string> => {
      tries += 1;
      return tries < 4 ? Promise.reject(new LauncherError('no answer in time')) : engine.submit(order);
    };
    const followed = await follow(runId, undefined, { ...launcherOf(engine), submit });
    expect(followed.said.filter((line) => line.includes('answer'))).toEqual([
      'slurm: no answer in time. Following the store meanwhile.',
      'slurm answers again',
    ]);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
  });

  it('says of a log why its program ended, not what to do about it', async () => {
    const log = ['error: cannot reach db:5432', 'hint: Start the server.'].map((line) => `echo '${line}' >&2`);
    engine = new LocalLauncher(asProcesses(() => ['sh', '-c', [...log, 'exit 5'].join('; ')]));
    const { runId } = await launch(plan({ one: {} }));
    expect((await follow(runId)).said).toContain('slurm job 100_0 failed: cannot reach db:5432');
  });

  it('is cancelled and taken up at once, while its engine still ends the workers', async () => {
    engine = new LocalLauncher(toyWorkers(5));
    const { runId } = await launch(plan());
    await eventually(
      'answers',
      async () => store.sampleCounts(runId),
      (counts) => counts.size > 0,
    );
    engine.isEnding = true;
    await cancelRun(store, { id: runId }, async () => engine);
    // Whoever follows it meanwhile takes it for cancelled, too.
    await follow(runId);
    expect((await store.jobs(runId)).map(({ state }) => state)).toEqual(['cancelled']);
    const again = await launch(plan());
    expect(again.submitted.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a2`]);
    const followed = await follow(runId, (event) => {
      if (event.type === 'cell-end') engine.isEnding = false;
    });
    expect(last(followed)).toMatchObject({ status: 'finished' });
    expect(followed.said.filter((line) => line.includes('cancelled'))).toEqual([]);
  });

  it('asks for each job the engine that has it', async () => {
    engine = new LocalLauncher(toyWorkers(0), 0);
    const { runId } = await launch(plan({ one: {} }));
    const settings = { address: 'http://head:8265', resources: {}, labels: {}, program: 'perbench' };
    const ray = new LocalLauncher(toyWorkers(0), 0, 'ray');
    await using _ray = ray;
    const launched = await launch(plan({ one: {} }), { launcher: ray, cluster: { ray: settings } });
    expect(launched.submitted.map(({ attempt }) => attempt)).toEqual([2]);
    const opened: unknown[] = [];
    const cancelled = await cancelRun(store, { id: runId }, async (name, cluster) => {
      opened.push([name, cluster]);
      return name === 'ray' ? ray : engine;
    });
    expect(cancelled).toMatchObject({ cancelled: [`pb-${runId}-g0-a1`, `pb-${runId}-g0-a2`], problems: [] });
    expect(opened).toEqual([
      ['slurm', {}],
      ['ray', { ray: settings }],
    ]);
    ray.slots = 1;
    await launch(plan({ one: {} }), { launcher: ray });
    const run = await store.getRun(runId);
    if (run === undefined) throw new Error('the run is stored');
    const options = {
      signal: new AbortController().signal,
      isResumed: true,
      storeEveryMs: 20,
      jobsEveryMs: 40,
      leaseMs,
    };
    const asked = new Set<string>();
    for await (const event of followRun(store, run, async (name) => (asked.add(name), ray), options)) void event;
    expect([...asked]).toEqual(['ray']);
    expect((await store.getRun(runId))?.status).toBe('finished');
  });

  it('that its engine has forgotten is done where nothing is left', async () => {
    const { runId } = await launch(plan({ one: {} }));
    const detached = await follow(runId, (event, detach) => {
      if (event.type === 'cell-start') detach.abort();
    });
    expect(last(detached)).toMatchObject({ status: 'running' });
    while ((await store.cells(runId)).some(({ state }) => state !== 'done')) await sleep(20);
    while ((await engine.list(runId)).some(({ state }) => state === 'running')) await sleep(20);
    engine.forgetEnded();
    expect(last(await follow(runId))).toMatchObject({ status: 'finished' });
    expect((await store.jobs(runId)).map(({ state }) => state)).toEqual(['done']);
    expect(engine.submitted).toHaveLength(1);
  });

  it('says once that its engine does not answer, and goes on with the store', async () => {
    engine = new LocalLauncher(toyWorkers(2));
    const { runId } = await launch(plan());
    engine.isReachable = false;
    const followed = await follow(runId, (event) => {
      if (event.type === 'pass-end') engine.isReachable = true;
    });
    const about = followed.said.filter((line) => /answer/.test(line));
    expect(about).toEqual([
      'slurm: the controller does not answer. Start it. Following the store meanwhile.',
      'slurm answers again',
    ]);
    expect(last(followed)).toMatchObject({ status: 'finished' });
  });

  it('waits for no answer of an engine that hangs', async () => {
    const { runId } = await launch(plan());
    const hanging = { ...launcherOf(engine), list: async () => new Promise<never>(() => undefined) };
    const followed = await follow(runId, undefined, hanging);
    expect(last(followed)).toEqual({ type: 'run-end', runId, status: 'finished', failedCells: 0 });
  });

  it('is followed without an engine, and left when nobody holds anything for as long as a lease lasts', async () => {
    const { runId } = await launch(plan(), { launcher: new LocalLauncher(toyWorkers(0), 0) });
    for (const job of await store.jobs(runId)) await store.putJob({ ...job, state: 'done' });
    const followed = await follow(runId, undefined, 'none');
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    expect(followed.said).toEqual(['nobody works on this run any more: 4 cells are left']);
  });
});

describe('several who follow one run', { timeout: 60_000 }, () => {
  it('submit each attempt once between them, and give up alike', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan({ one: {} }));
    const all = await Promise.all([follow(runId), follow(runId), follow(runId)]);
    const names = [1, 2, 3].map((attempt) => `pb-${runId}-g0-a${attempt}`);
    expect(engine.submitted).toEqual(names);
    expect((await store.jobs(runId)).map(({ name, tries }) => [name, tries])).toEqual(
      names.map((name, i) => [name, i + 1]),
    );
    const again = all.flatMap(({ said }) => said.filter((line) => line.startsWith('submitted again')));
    expect(again).toHaveLength(2);
    for (const followed of all) {
      expect(followed.said.at(-2)).toContain(`pb-${runId}-g0 was submitted 3 times and nothing came of it`);
    }
  });

  it('start all workers in the folder of the first', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan({ one: {} }), { workingFolder: '/first' });
    await follow(runId);
    expect((await store.jobs(runId)).map((job) => job.workingFolder)).toEqual(
      Array.from({ length: 3 }, () => '/first'),
    );
    const options = { resumeId: runId, here: '/second' };
    expect(await folderOfWorkers(plan({ one: {} }), store, options)).toBe('/first');
    expect(await folderOfWorkers(plan({ one: {} }), store, { isFresh: true, here: '/second' })).toBe('/second');
  });
});

describe('what workers say', { timeout: 60_000 }, () => {
  const worker = { hostname: 'node-1', hardwareClass: 'a CPU', state: 'failed', note: 'no model file x.gguf' } as const;

  it('is why a run is given up, at once where all say the same', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan());
    const job = `pb-${runId}-g0-a1`;
    await store.putWorker({ ...worker, id: 'w1', runId, job });
    await store.putWorker({ ...worker, id: 'w2', runId, job });
    const followed = await follow(runId);
    expect(engine.submitted).toEqual([job]);
    expect(followed.said.at(-2)).toBe(
      `${job} isn't submitted again, as it would fail again (no model file x.gguf): 4 cells are left`,
    );
  });

  it('is tried again where they differ', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan());
    const job = `pb-${runId}-g0-a3`;
    await store.putWorker({ ...worker, id: 'w1', runId, job });
    await store.putWorker({ ...worker, id: 'w2', runId, job, note: 'no memory' });
    const { said } = await follow(runId);
    expect(engine.submitted).toHaveLength(3);
    expect(said.at(-2)).toContain('nothing came of it (no model file x.gguf; no memory)');
  });

  it.each([2, 75])('needs no words where their exit code is %i', async (code) => {
    engine = new LocalLauncher(asProcesses(() => ['sh', '-c', `exit ${code}`]));
    const { runId } = await launch(plan({ one: {} }));
    const { said } = await follow(runId);
    expect(engine.submitted).toHaveLength(1);
    expect(said.at(-2)).toContain(`isn't submitted again, as it would fail again (exit code ${code})`);
  });

  it('is missed once when they fall silent; of the dead before, nothing is said', async () => {
    const workers = new FollowedWorkers(1000);
    const of = (id: string, silentMs: number, job?: string): StoredWorker => ({
      ...worker,
      state: 'working',
      id,
      runId: 'r',
      job,
      seenAtMs: 0,
      silentMs,
      note: undefined,
      hostname: id,
    });
    const job = { name: 'j', state: 'running' } as JobRecord;
    const said = (...found: StoredWorker[]): readonly unknown[] =>
      workers.look(found, [job]).map((event) => 'message' in event && event.message);
    expect(said(of('dead', 9_000), of('hung', 5_000, 'j'), of('well', 10))).toEqual([
      'a worker started on well (a CPU)',
      'no sign of life from hung for 5 s',
    ]);
    expect(said(of('dead', 9_000), of('hung', 6_000, 'j'), of('well', 2_001))).toEqual([
      'no sign of life from well for 2 s',
    ]);
    expect(said(of('well', 3_000))).toEqual([]);
  });
});

describe('an engine that lists nothing', { timeout: 60_000 }, () => {
  it('is given time before what was submitted is lost', async () => {
    engine = new LocalLauncher(toyWorkers(0), 0);
    const { runId } = await launch(plan({ one: {} }));
    const blind = { ...launcherOf(engine), list: async () => [] };
    const jobs = new FollowedJobs({ store, runId, open: async () => blind, leaseMs, graceMs: 60_000 });
    for (let looks = 0; looks < 3; looks += 1) expect(await jobs.look()).toEqual([]);
    expect(jobs.mayWork).toBe(true);
    expect((await launch(plan({ one: {} }), { launcher: blind })).submitted).toEqual([]);
    expect(engine.submitted).toHaveLength(1);
    const impatient = new FollowedJobs({ store, runId, open: async () => blind, leaseMs, graceMs: 0 });
    expect(await impatient.look()).toMatchObject([{ message: expect.stringContaining('submitted again') as string }]);
  });
});

describe('a launch', { timeout: 60_000 }, () => {
  it('submits nothing twice, and nothing that nobody needs', async () => {
    engine = new LocalLauncher(toyWorkers(2), 0);
    const { runId } = await launch(plan());
    expect((await launch(plan())).submitted).toEqual([]);
    expect(engine.submitted).toEqual([`pb-${runId}-g0-a1`]);
    engine.slots = 2;
  });

  it('that is made twice at once submits once', async () => {
    engine = new LocalLauncher(toyWorkers(0), 0);
    // Neither sees the other's job in its queue yet.
    const slow = {
      ...launcherOf(engine),
      list: async () => [],
      submit: async (order: WorkerOrder) => {
        await sleep(100);
        sent.push(order.name);
        return '1';
      },
    };
    const sent: string[] = [];
    const { runId } = await launch(plan({ one: {} }), {
      launcher: { ...slow, submit: () => Promise.reject(new Error('x')) },
    }).catch(async () => ({ runId: (await store.latestRun())?.id ?? '' }));
    await Promise.all([1, 2, 3].map(async () => launch(plan({ one: {} }), { launcher: slow })));
    expect(sent).toEqual([`pb-${runId}-g0-a1`]);
  });

  it('is printed with the name that it would have', async () => {
    engine = new LocalLauncher(failing);
    const { runId } = await launch(plan({ one: {} }));
    const { orders } = await openOrders(plan({ one: {} }), { store, storeUrl: file, workers: undefined });
    expect(orders.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a2`]);
  });

  it('that crashed between record and submission is submitted under the same name by whoever follows it', async () => {
    const refusing = { ...launcherOf(engine), submit: () => Promise.reject(new Error('crashed here')) };
    await expect(launch(plan(), { launcher: refusing })).rejects.toThrow('crashed here');
    const run = await store.latestRun();
    const runId = run?.id ?? '';
    const jobs = await store.jobs(runId);
    expect(jobs.map(({ name, handle, state }) => [name, handle, state])).toEqual([
      [`pb-${runId}-g0-a1`, undefined, 'lost'],
    ]);
    const followed = await follow(runId);
    expect(last(followed)).toMatchObject({ status: 'finished' });
    expect(engine.submitted).toEqual([`pb-${runId}-g0-a1`]);
    expect(followed.said).toContain(`submitted: pb-${runId}-g0-a1 as slurm job 100`);
  });

  it('that crashed there is taken up by the same command, too', async () => {
    const refusing = { ...launcherOf(engine), submit: () => Promise.reject(new Error('crashed here')) };
    await expect(launch(plan(), { launcher: refusing })).rejects.toThrow('crashed here');
    const again = await launch(plan());
    expect(again.isResumed).toBe(true);
    expect(engine.submitted).toEqual([`pb-${again.runId}-g0-a1`]);
  });

  it('goes on with what its engine took, and says what it refused', async () => {
    const one = plan();
    const server = { preset: 'vllm', tensorParallel: 2 };
    const models = one.models.map(({ spec, ...model }) => ({
      ...model,
      spec: spec.name === 'two' ? { ...spec, engine: 'managed', engineOptions: { server } } : spec,
    }));
    const toy = { ...one, models };
    const submit = (order: WorkerOrder): Promise<string> =>
      order.models.includes('two')
        ? Promise.reject(new LauncherError(`no node for ${order.name}`, { isRefusal: true }))
        : engine.submit(order);
    const launcher = { ...launcherOf(engine), submit };
    const { runId, submitted, problems } = await launch(toy, { launcher });
    expect(submitted.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a1`]);
    expect(problems).toEqual([`no node for pb-${runId}-g1-a1`]);
    const followed = await follow(runId, undefined, launcher);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    expect(followed.said).toContain(
      `pb-${runId}-g1 was submitted 3 times and nothing came of it (no node for pb-${runId}-g1-a1): 2 cells are left`,
    );
    expect((await store.cells(runId)).map(({ state }) => state)).toEqual(['done', 'done', 'pending', 'pending']);
  });

  it('that is taken for nothing leaves nothing behind that anybody would submit', async () => {
    const launcher = {
      ...launcherOf(engine),
      submit: () => Promise.reject(new LauncherError('no node', { isRefusal: true })),
    };
    await expect(launch(plan(), { launcher })).rejects.toThrow('no node');
    const { id = '' } = (await store.latestRun()) ?? {};
    expect(await store.jobs(id)).toMatchObject([{ state: 'failed', reason: 'no node' }]);
    expect(await isWorkedOn(store, id)).toBe(false);
    expect((await launch(plan())).submitted.map(({ name }) => name)).toEqual([`pb-${id}-g0-a1`]);
  });

  it('that crashed isn’t taken up once the run is cancelled', async () => {
    const refusing = { ...launcherOf(engine), submit: () => Promise.reject(new Error('crashed here')) };
    await expect(launch(plan(), { launcher: refusing })).rejects.toThrow('crashed here');
    const { id = '' } = (await store.latestRun()) ?? {};
    await store.requestStop(id, true);
    expect(last(await follow(id))).toMatchObject({ status: 'interrupted' });
    expect(engine.submitted).toEqual([]);
  });

  it('writes nothing where the engine refuses', async () => {
    engine.refusal = 'no partition "gpus"';
    await expect(launch(plan())).rejects.toThrow('no partition "gpus"');
    expect(await store.listRuns()).toEqual([]);
  });
});

/** Its methods as properties, of which a test replaces one. */
function launcherOf(local: LocalLauncher): Launcher {
  return {
    name: local.name,
    check: () => local.check(),
    submit: (order) => local.submit(order),
    list: (runId) => local.list(runId),
    cancel: (names) => local.cancel(names),
    tail: (status) => local.tail(status),
    print: (orders) => local.print(orders),
  };
}
