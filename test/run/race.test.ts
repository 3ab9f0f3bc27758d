import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RaceRecord } from '../../src/core/race.ts';
import type { Store } from '../../src/core/store.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { fullAccuracies, memoryStore, race, racePlan, rightAnswers, steadyEngine, verdictOf } from './race-plan.ts';
import { slowRacePlan } from './slow-race.ts';
import { toyDependencies } from './toy-plan.ts';

const steadyDependencies = (store: Store) => toyDependencies(store, { openEngine: steadyEngine() });

it('finds the cheapest model that passes a gate, as the full run does, from fewer answers', async () => {
  await using store = await memoryStore();
  const models = {
    weak: { answers: rightAnswers(2), tokenMs: 1 },
    good: { answers: rightAnswers(8), tokenMs: 2 },
    dear: { answers: rightAnswers(9), tokenMs: 12 },
  };
  const plan = await racePlan('cheapest with accuracy >= 0.6', { models, count: 400 });
  const { certificates, events, runId } = await race(plan, steadyDependencies(store));
  const [certificate] = certificates;
  expect(certificate).toMatchObject({ outcome: 'winner', named: ['good'], delta: 0, items: 400, estimand: 'F' });
  expect(certificate?.cost.items).toBeLessThan(certificate?.cost.fullItems ?? 0);
  expect(verdictOf(certificate, 'weak')).toMatchObject({ status: 'eliminated', tau: 0.6 });
  expect(verdictOf(certificate, 'good')).toMatchObject({ status: 'passed', isNamed: true });
  expect(verdictOf(certificate, 'dear')).toMatchObject({ status: 'pruned', n: 0 });
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', failedCells: 0 });

  const full = await fullAccuracies(plan, toyDependencies(store));
  expect(full['weak']).toBeLessThan(0.6);
  expect(full['good']).toBeGreaterThanOrEqual(0.6);

  // What was stopped early has no mean anywhere: not in its cell, not in its verdict.
  for (const cell of await store.cells(runId)) {
    const { accuracy } = verdictOf(certificate, cell.model) ?? {};
    const isWhole = accuracy?.kind === 'exact';
    expect([cell.model, cell.state]).toEqual([cell.model, 'done']);
    expect(cell.measurements.accuracy?.status).toBe(isWhole ? 'measured' : 'unavailable');
    const { low, high } = accuracy?.kind === 'interval' ? accuracy : { low: 0, high: 1 };
    expect(full[cell.model]).toBeGreaterThanOrEqual(low);
    expect(full[cell.model]).toBeLessThanOrEqual(high);
  }
  const stored = (await store.getRun(runId))?.manifest.race;
  expect(stored).toMatchObject({ question: { text: 'cheapest with accuracy >= 0.6' }, confidence: 0.95 });
  expect(stored?.tasks['toy/letters@1']?.certificate).toEqual(JSON.parse(JSON.stringify(certificate)));
});

it('finds the cheapest model that is near the best, whoever that is, and asks the dear one no more than that takes', async () => {
  await using store = await memoryStore();
  const models = {
    weak: { answers: rightAnswers(2), tokenMs: 1 },
    good: { answers: rightAnswers(7), tokenMs: 2 },
    best: { answers: rightAnswers(8), tokenMs: 12 },
  };
  const plan = await racePlan('cheapest with accuracy within 0.25 of the best', { models, count: 400 });
  const { certificates, runId } = await race(plan, steadyDependencies(store));
  const [certificate] = certificates;
  expect(certificate).toMatchObject({ outcome: 'winner', named: ['good'] });
  const full = await fullAccuracies(plan, toyDependencies(store));
  const best = Math.max(...Object.values(full));
  expect(full['weak']).toBeLessThan(best - 0.25);
  expect(full['good']).toBeGreaterThanOrEqual(best - 0.25);
  expect(verdictOf(certificate, 'weak')).toMatchObject({ status: 'eliminated', isNamed: false });
  expect(verdictOf(certificate, 'good')).toMatchObject({
    isNamed: true,
    reason: 'no model is more accurate by more than 0.25',
  });
  expect(verdictOf(certificate, 'best')).toMatchObject({ status: 'pruned', accuracy: { kind: 'interval' } });
  expect((await store.cells(runId)).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
});

it('names the winner by PER-A, launches finalists again, and says what each of the others would have needed', async () => {
  await using store = await memoryStore();
  const models = {
    small: { answers: rightAnswers(2), tokenMs: 4, memoryBytes: 50 * 2 ** 20 },
    best: { answers: rightAnswers(9), tokenMs: 4, memoryBytes: 80 * 2 ** 20 },
    huge: { answers: rightAnswers(10), tokenMs: 5, memoryBytes: 4000 * 2 ** 20 },
  };
  const plan = await racePlan('winner', { models, count: 60 });
  const { certificates } = await race(plan, steadyDependencies(store));
  const [certificate] = certificates;
  expect(certificate).toMatchObject({ outcome: 'winner', named: ['best'], score: 'PER-A/toy' });
  const small = verdictOf(certificate, 'small');
  expect(small).toMatchObject({ status: 'eliminated', isNamed: false });
  expect(small?.reason).toBe(`PER-A is below that of best, by their answers to the same ${small?.n} items`);
  expect(verdictOf(certificate, 'huge')).toMatchObject({
    status: 'pruned',
    score: null,
    n: 0,
    reason: 'needs an accuracy above 1 to beat best: too slow or too large',
  });
  // One finalist is launched until its launches tell how far they differ.
  expect(verdictOf(certificate, 'best')?.launches).toBe(7);
  expect(certificate?.spread).toMatchObject({ assumed: 0.06, source: 'assumed', degrees: 6, isLarger: false });
  expect(certificate?.changes).toContain(`closest: small, ruled out after ${small?.n} of 60 items`);
});

it('calls equals a tie that more launches could settle', async () => {
  await using store = await memoryStore();
  const twin = { answers: rightAnswers(7), tokenMs: 4 };
  const plan = await racePlan('winner', { models: { one: twin, two: twin }, count: 40 });
  const { certificates } = await race(plan, steadyDependencies(store));
  const [certificate] = certificates;
  expect(certificate?.outcome).toBe('tie');
  expect(certificate?.named.toSorted()).toEqual(['one', 'two']);
  expect(certificate?.models.map(({ status, launches }) => [status, launches])).toEqual([
    ['full', 4],
    ['full', 4],
  ]);
  expect(certificate?.changes[0]).toContain('more launches would separate them, more items would not');
});

it('answers with one model, and with none that passes', async () => {
  await using store = await memoryStore();
  const models = { only: { answers: rightAnswers(5), tokenMs: 2 } };
  const alone = await race(await racePlan('winner', { models, count: 40 }), toyDependencies(store));
  expect(alone.certificates[0]).toMatchObject({ outcome: 'winner', named: ['only'] });
  const plan = await racePlan('cheapest with accuracy >= 0.95', { models, count: 200 });
  const { certificates } = await race(plan, toyDependencies(store));
  expect(certificates[0]).toMatchObject({ outcome: 'none', named: [], models: [{ status: 'eliminated' }] });
  expect(certificates[0]?.changes).toEqual([
    expect.stringMatching(/^closest: only, with an accuracy of at most 0\.\d+$/),
    expect.stringMatching(/^a minimum accuracy of 0\.\d+ would accept only$/),
  ]);
});

it('goes to the last item where the accuracy is the gate, and is then exact', async () => {
  await using store = await memoryStore();
  const models = { only: { answers: rightAnswers(5), tokenMs: 1 } };
  const question = (gate: number): string => `cheapest with accuracy >= ${gate}`;
  const probe = await racePlan(question(0.5), { models, count: 50 });
  const { only = 0 } = await fullAccuracies(probe, toyDependencies(store));
  const { certificates } = await race(await racePlan(question(only), { models, count: 50 }), toyDependencies(store));
  expect(certificates[0]).toMatchObject({
    outcome: 'winner',
    models: [{ status: 'full', n: 50, accuracy: { kind: 'exact', value: only } }],
  });
});

it('keeps the limits on memory and latency', async () => {
  await using store = await memoryStore();
  const models = {
    slow: { answers: rightAnswers(9), tokenMs: 15 },
    large: { answers: rightAnswers(9), tokenMs: 1, memoryBytes: 900 * 2 ** 20 },
    fit: { answers: rightAnswers(9), tokenMs: 1 },
  };
  const text = 'cheapest with accuracy >= 0.5 and memory <= 500 MiB and latency p50 <= 12 ms';
  const { certificates } = await race(await racePlan(text, { models, count: 120 }), steadyDependencies(store));
  const [certificate] = certificates;
  expect(certificate).toMatchObject({ outcome: 'winner', named: ['fit'] });
  expect(verdictOf(certificate, 'large')?.reason).toBe(
    'needs 900 MiB (926 MiB with a margin), above the limit of 500 MiB',
  );
  expect(verdictOf(certificate, 'slow')?.reason).toMatch(/^latency p50 is above 12 ms \(\d+ requests\)$/);
});

it('stops when it is told to, and goes on to the same certificate', async () => {
  await using store = await memoryStore();
  await using whole = await memoryStore();
  const plan = await slowRacePlan();
  const expected = await race(plan, toyDependencies(whole));
  const stop = new AbortController();
  const first = await race(plan, toyDependencies(store, { signal: stop.signal }), (event) => {
    if (event.type === 'pass-progress' && event.pass === 'accuracy') stop.abort();
  });
  expect(first.events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
  expect(first.certificates).toEqual([]);
  const stored = async () => Object.values((await store.getRun(first.runId))?.manifest.race?.tasks ?? {})[0];
  expect((await stored())?.open?.candidates).toEqual(['near']);
  const second = await race(plan, toyDependencies(store));
  expect(second.runId).toBe(first.runId);
  expect((await stored())?.open).toBeUndefined();
  const [before, after] = [expected, second].map(({ certificates }) => certificates[0]?.models[0]);
  expect(after).toMatchObject({ status: before?.status, n: before?.n, logE: before?.logE });
});

it('is killed in the middle, and the same race goes on with the same evidence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-race-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.db');
  const runner = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/race-runner.ts'), file]);
  let said = '';
  runner.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.split('\n').length > 2) runner.kill('SIGKILL');
  });
  await once(runner, 'close');
  expect(said).not.toContain('end');

  await using store = await openSqliteStore({ file });
  await using whole = await memoryStore();
  const kept = (await store.sampleSummary((await store.cells((await store.latestRun())?.id ?? ''))[0]?.id ?? '')).items;
  expect(kept).toBeGreaterThan(16);
  const plan = await slowRacePlan();
  const { certificates, events } = await race(plan, toyDependencies(store, { leaseMs: 600 }));
  expect(events[0]).toMatchObject({ isResumed: true });
  const expected = await race(plan, toyDependencies(whole));
  const [after, before] = [certificates, expected.certificates].map(([certificate]) => certificate?.models[0]);
  expect(after).toMatchObject({ status: before?.status, n: before?.n, logE: before?.logE });
  expect(certificates[0]?.questionSha256).toBe(expected.certificates[0]?.questionSha256);
});

it('asks all models the same items for a winner, and each its own where a gate decides', async () => {
  const ordersFor = async (decide: string) => {
    await using store = await memoryStore();
    const models = { one: { answers: rightAnswers(7), tokenMs: 4 }, two: { answers: rightAnswers(6), tokenMs: 4 } };
    const plan = await racePlan(decide, { models, count: 400 });
    const { runId } = await race(plan, steadyDependencies(store));
    const cells = await store.cells(runId);
    const first = async ({ id }: { readonly id: string }): Promise<ReadonlySet<string>> => {
      const asked = new Set<string>();
      for await (const { itemId } of store.scores(id)) asked.add(itemId);
      return asked;
    };
    return await Promise.all(cells.map(first));
  };
  const isPrefix = ([a, b]: readonly ReadonlySet<string>[]): boolean =>
    a?.isSubsetOf(b ?? a) || b?.isSubsetOf(a ?? b) || false;
  expect(isPrefix(await ordersFor('winner'))).toBe(true);
  expect(isPrefix(await ordersFor('cheapest with accuracy >= 0.4'))).toBe(false);
});

it('keeps the spread that it began with, and withdraws what launches contradict', async () => {
  await using store = await memoryStore();
  const models = { one: { answers: rightAnswers(8), tokenMs: 4 }, two: { answers: rightAnswers(7), tokenMs: 4 } };
  const spread = { throughput: 0.001, latency: 0.001, memory: 0.001, source: 'measured in 9 earlier launches' };
  // Launches of the steady engine differ by one percent.
  const asked = await racePlan('winner', { models, count: 400 });
  const { manifest } = asked;
  const assumed = { ...(manifest.race as RaceRecord), assumedSpread: spread };
  const plan = { ...asked, manifest: { ...manifest, race: assumed } };
  const { certificates, runId } = await race(plan, steadyDependencies(store));
  expect((await store.getRun(runId))?.manifest.race?.assumedSpread).toEqual(spread);
  const [certificate] = certificates;
  expect(certificate).toMatchObject({
    outcome: 'withdrawn',
    named: [],
    spread: { assumed: 0.001, isLarger: true, inDoubt: ['two'] },
  });
});

it('does not go on with an unfinished race of the earlier rule', async () => {
  await using store = await memoryStore();
  const plan = await slowRacePlan();
  const { version: _, ...older } = plan.manifest.race ?? {};
  const stored = { ...plan, manifest: { ...plan.manifest, race: older as typeof plan.manifest.race } };
  await expect(race(stored, toyDependencies(store))).rejects.toThrow(
    /^run \S+ is a race of an earlier perbench, which this one can't continue$/,
  );
});

it('refuses to go on when stored answers were changed behind its back', async () => {
  await using store = await memoryStore();
  const models = { weak: { answers: rightAnswers(2) }, good: { answers: rightAnswers(9), tokenMs: 6 } };
  const plan = await racePlan('cheapest with accuracy >= 0.6', { models, count: 100 });
  const stop = new AbortController();
  const { runId } = await race(plan, toyDependencies(store, { signal: stop.signal }), (event) => {
    if (event.type === 'decision') stop.abort();
  });
  const [weak] = await store.cells(runId);
  const right = { value: 1, answer: 'A', isUnparsed: false, metrics: {} };
  async function* better() {
    for await (const { itemId } of store.scores(weak?.id ?? '')) yield { itemId, score: right };
  }
  await store.replaceScores(weak?.id ?? '', better(), {});
  await expect(race(plan, toyDependencies(store))).rejects.toThrow(
    'the stored answers of weak no longer lead to the stored decision about it',
  );
});
