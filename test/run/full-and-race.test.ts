/** What a race shares with a full run: the same settings and the same faults give the same results in both. */
import { describe, expect, it } from 'vitest';
import type { PassResult } from '../../src/core/cell.ts';
import type { Engine, EngineOptions, LoadedModel } from '../../src/core/engine.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Store } from '../../src/core/store.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openRun } from '../../src/run/open-run.ts';
import type { RunDependencies, RunPlan } from '../../src/run/plan.ts';
import { runSuite } from '../../src/run/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { racePlan, rightAnswers } from './race-plan.ts';
import { quietMeter, toyDependencies, toyLetters, toyPlan, type ToyOptions } from './toy-plan.ts';

const plans = {
  full: async (options: ToyOptions): Promise<RunPlan> => toyPlan({ tasks: [toyLetters], ...options }),
  race: (options: ToyOptions): Promise<RunPlan> => racePlan('cheapest with accuracy >= 0.5', options),
};

interface Outcome {
  readonly runId: string;
  readonly events: readonly RunEvent[];
  readonly passes: readonly PassResult[];
  readonly cell: Awaited<ReturnType<Store['cells']>>[number] | undefined;
}

/** A served model: its times are taken by perbench as a client. */
function servedEngine(onOpen: (options: EngineOptions) => void = () => {}): Engine {
  const engine = createMockEngine();
  return {
    ...engine,
    async open(model, options, signal): Promise<LoadedModel> {
      onOpen(options);
      const loaded = await engine.open(model, options, signal);
      return { ...loaded, capabilities: { ...loaded.capabilities, isTimedByClient: true } };
    },
  };
}

/** Runs one model that answers well, and gives what is stored of its cell. */
async function outcomeOf(
  kind: keyof typeof plans,
  { suite = {}, ...options }: ToyOptions = {},
  change: Partial<RunDependencies> = {},
  onEvent: (event: RunEvent) => void = () => {},
): Promise<Outcome> {
  await using own = await openSqliteStore({ file: ':memory:' });
  const store = change.store ?? own;
  const models = { only: { answers: rightAnswers(9), tokenMs: 1 } };
  const plan = await plans[kind]({ models, count: 80, ...options, suite: { launches: 1, ...suite } });
  const dependencies = toyDependencies(store, { openEngine: async () => servedEngine(), ...change });
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  const events: RunEvent[] = [];
  for await (const event of runSuite({ plan, dependencies, ...opened })) {
    events.push(event);
    onEvent(event);
  }
  const [cell] = await store.cells(opened.runId);
  return { runId: opened.runId, events, passes: await store.passResults(cell?.id ?? ''), cell };
}

const throughputOf = ({ passes }: Outcome): PassResult | undefined => passes.find(({ pass }) => pass === 'throughput');

function reasonsIn({ passes }: Pick<Outcome, 'passes'>): readonly string[] {
  return [...new Set(passes.flatMap(({ warnings }) => warnings.map(({ reason }) => reason)))].toSorted();
}

describe.each(['full', 'race'] as const)('a %s run', (kind) => {
  it('sends requests at the rate that is asked', async () => {
    const outcome = await outcomeOf(kind, { suite: { requestRate: 200, windowSeconds: 0.3 } });
    expect(throughputOf(outcome)?.load).toMatchObject({ requestRate: 200 });
    expect(throughputOf(outcome)?.latencies?.endToEndMs).not.toHaveLength(0);
    expect(outcome.cell?.measurements).toMatchObject({
      loadLatencyP50: expect.anything(),
      offeredRate: { status: 'nominal', value: 200, unit: 'items/s' },
    });
    expect(throughputOf(outcome)?.load?.asked).toBe(60);
  });

  it('counts the requests that keep the limits of goodput', async () => {
    const outcome = await outcomeOf(kind, { suite: { goodput: 'e2el:1s' } });
    expect(throughputOf(outcome)?.load).toMatchObject({ limits: { e2el: 1000 } });
    expect(outcome.cell?.measurements.goodput).toMatchObject({ status: 'measured', unit: 'items/s' });
  });

  it('says that the client was the limit where it came near its ceiling', async () => {
    const ceiling = { requestsPerSecond: 1, streamedTokensPerSecond: 1 };
    const outcome = await outcomeOf(kind, {}, { ceiling });
    expect(throughputOf(outcome)?.warnings).toContainEqual(
      expect.objectContaining({ reason: 'client_bound', detail: expect.stringContaining('of the 1 that') }),
    );
  });

  it('gives engines the log folder of its run', async () => {
    const folders = new Set<string | undefined>();
    const openEngine = async (): Promise<Engine> => servedEngine(({ logFolder }) => folders.add(logFolder));
    const { runId } = await outcomeOf(kind, {}, { logFolder: '/logs', openEngine });
    expect([...folders]).toEqual([`/logs/${runId}`]);
  });

  it('says that throughput still rose where the search for a concurrency ended', async () => {
    // A window of its own for every pass of the search would take minutes: this cell has found its end before.
    await using store = await openSqliteStore({ file: ':memory:' });
    const earlier = {
      pass: 'accuracy',
      launch: 7,
      concurrency: 512,
      warnings: [] as PassResult['warnings'],
    } as PassResult;
    const searched: Store = { ...store, passResults: async (id) => [earlier, ...(await store.passResults(id))] };
    const plan = await plans[kind]({
      models: { only: { answers: rightAnswers(9) } },
      suite: { concurrency: 'auto', launches: 1 },
    });
    const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
    const dependencies = toyDependencies(searched);
    const warned = new Map<string, readonly string[]>();
    for await (const event of runSuite({ plan, dependencies, ...opened })) {
      if (event.type !== 'pass-end') continue;
      warned.set(
        event.pass,
        event.result.warnings.map(({ reason }) => reason),
      );
    }
    expect(warned.get('throughput')).toContain('unsaturated');
    expect(warned.get('latency')).not.toContain('unsaturated');
  });

  it('says when its cell is begun', async () => {
    const { events, cell } = await outcomeOf(kind);
    expect(events).toContainEqual({
      type: 'cell-start',
      cellId: cell?.id,
      attempt: 1,
      finishedItems: 0,
      finishedPasses: [],
    });
  });

  it('marks passes in which others used the processor', async () => {
    const outcome = await outcomeOf(kind, {}, { meter: quietMeter({ otherShare: 0.4 }) });
    expect(reasonsIn(outcome)).toContain('host_busy');
    for (const { pass, warnings } of outcome.passes) expect([pass, warnings[0]?.reason]).toEqual([pass, 'host_busy']);
  });

  it('asks engines for what the suite says of them', async () => {
    const asked: EngineOptions[] = [];
    const openEngine = async (): Promise<Engine> => servedEngine((options) => asked.push(options));
    await outcomeOf(
      kind,
      { suite: { hangSeconds: 7, threads: 3, contextTokens: 512, concurrency: 5 } },
      { openEngine },
    );
    expect(asked[0]).toMatchObject({
      hangMs: 7000,
      threads: 3,
      contextTokens: 512,
      concurrency: 5,
      clientProcesses: 1,
    });
  });

  it('finds the concurrency that pays, once, and keeps it', async () => {
    // Answers of this engine come one after the other, however many are asked at once.
    const openEngine = async (): Promise<Engine> => ({ ...servedEngine(), maxConcurrency: 1 });
    const { passes } = await outcomeOf(kind, { suite: { concurrency: 'auto', launches: 2 } }, { openEngine });
    const found = passes.filter(({ pass }) => pass !== 'latency').map(({ concurrency }) => concurrency);
    expect(new Set(found)).toEqual(new Set([1]));
    expect(passes.find(({ pass }) => pass === 'throughput')?.warnings).toContainEqual(
      expect.objectContaining({ reason: 'unsaturated', detail: expect.stringContaining('at a concurrency of 1,') }),
    );
  });

  it('ends the cell of a model whose engine dies, hangs or cannot do the task', async () => {
    const ends: unknown[] = [];
    const suite = { hangSeconds: 0.05 };
    for (const fault of [{ crashAtRequest: 3 }, { hangAtRequest: 3 }]) {
      const { cell } = await outcomeOf(kind, { models: { only: fault }, suite });
      ends.push([cell?.state, cell?.error?.code, cell?.error?.message]);
    }
    expect(ends).toEqual([
      ['failed', 'PB_ENGINE', 'only: the mock engine died at request 3'],
      ['failed', 'PB_ENGINE', 'only: no progress for 50 ms, the engine was stopped'],
    ]);
    const openEngine = async (): Promise<Engine> => {
      const engine = createMockEngine();
      return {
        ...engine,
        async open(model, options, signal) {
          const loaded = await engine.open(model, options, signal);
          return { ...loaded, capabilities: { ...loaded.capabilities, generate: false } };
        },
      };
    };
    const { cell } = await outcomeOf(kind, {}, { openEngine });
    expect(cell).toMatchObject({ state: 'unavailable', error: { code: 'PB_UNSUPPORTED' } });
  });

  it('needs a served model for a request rate', async () => {
    const openEngine = async (): Promise<Engine> => createMockEngine();
    const { cell } = await outcomeOf(kind, { suite: { requestRate: 200 } }, { openEngine });
    expect(cell).toMatchObject({ state: 'unavailable', error: { message: expect.stringContaining('needs a server') } });
  });

  it('says which items failed, and counts them as wrong', async () => {
    const { events, cell, passes } = await outcomeOf(kind, { models: { only: { contextTokens: 3 } } });
    const failed = passes.reduce((sum, { failedRequests }) => sum + failedRequests, 0);
    expect(failed).toBeGreaterThan(0);
    expect(reasonsIn({ passes })).toContain('errors');
    expect(cell?.measurements.accuracy?.status).toBe(kind === 'full' ? 'measured' : 'unavailable');
    expect(events.at(-1)).toMatchObject({ type: 'run-end' });
  });

  it('keeps what a launch and a first prompt tell in the manifest', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const { runId } = await outcomeOf(kind, {}, { store });
    const manifest = (await store.getRun(runId))?.manifest;
    expect(manifest?.models['only']).toMatchObject({ engineBuild: 'mock 1' });
    expect(manifest?.tasks['toy/letters@1']?.firstPrompts['only']).toMatchObject({ sha256: expect.any(String) });
  });

  it('prices answers, and counts the devices behind a server', async () => {
    const openEngine = async (): Promise<Engine> => {
      const engine = servedEngine();
      return {
        ...engine,
        async open(model, options, signal) {
          const loaded = await engine.open(model, options, signal);
          return { ...loaded, info: { ...loaded.info, deviceCount: 4 } };
        },
      };
    };
    const { cell, passes } = await outcomeOf(kind, { suite: { pricePerHour: 3.6 } }, { openEngine });
    expect(passes.every(({ devices }) => devices === 4)).toBe(true);
    const { pricePerThousand } = cell?.measurements ?? {};
    expect(pricePerThousand).toMatchObject({ status: 'derived', unit: 'price/1000 items' });
  });

  it('gives its cell back when it is told to stop', async () => {
    const stop = new AbortController();
    const { events, cell } = await outcomeOf(kind, {}, { signal: stop.signal }, ({ type }) => {
      if (type === 'pass-end') stop.abort();
    });
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
    expect(cell).toMatchObject({ state: 'pending', attempt: 1 });
  });
});
