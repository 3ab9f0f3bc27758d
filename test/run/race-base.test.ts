import { expect, it } from 'vitest';
import type { Engine, LoadedModel } from '../../src/core/engine.ts';
import { fullAccuracies, memoryStore, race, racePlan, steadyEngine, verdictOf } from './race-plan.ts';
import { toyDependencies } from './toy-plan.ts';

/** Right in so many of 100 questions: the more are left out, the more answers differ from those of 80. */
function right(from: number, to: number): readonly string[] {
  return Array.from({ length: 100 }, (_, index) => (index >= from && index < to ? 'A' : 'B'));
}

const models = {
  q8: { answers: right(0, 80), tokenMs: 2 },
  q4: { answers: right(1, 81), tokenMs: 1 },
  q2: { answers: right(20, 80), tokenMs: 0.5 },
};
const question = 'cheapest not worse than base by 0.04 and memory <= 2 GiB';

it('finds the cheapest that is not worse than the base, as the full run does, from fewer answers', async () => {
  await using store = await memoryStore();
  const plan = await racePlan(question, { models, count: 500 });
  const { certificates, events, runId } = await race(plan, toyDependencies(store, { openEngine: steadyEngine() }));
  const [certificate] = certificates;
  expect(certificate).toMatchObject({
    outcome: 'winner',
    named: ['q4'],
    question: 'cheapest not worse than q8 by 0.04 and memory <= 2 GiB',
    base: { model: 'q8', maxDrop: 0.04 },
  });
  const full = await fullAccuracies(plan, toyDependencies(store));
  const drop = (model: 'q4' | 'q2'): number => (full['q8'] ?? 0) - (full[model] ?? 0);
  expect(drop('q4')).toBeLessThanOrEqual(0.04);
  expect(drop('q2')).toBeGreaterThan(0.04);
  expect(verdictOf(certificate, 'q8')).toMatchObject({ status: 'full', n: 500, accuracy: { value: full['q8'] } });
  expect(certificate?.cost.items).toBeLessThan(1300);
  for (const name of ['q4', 'q2'] as const) {
    const { n = 500, difference } = verdictOf(certificate, name) ?? {};
    expect(n).toBeLessThan(500);
    const { low, high } = difference?.accuracy.kind === 'interval' ? difference.accuracy : { low: 1, high: -1 };
    expect(low).toBeLessThanOrEqual(-drop(name));
    expect(high).toBeGreaterThanOrEqual(-drop(name));
  }
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', failedCells: 0 });
  const stored = (await store.getRun(runId))?.manifest.race;
  expect(stored?.question).toMatchObject({ base: 'q8', mostAccuracyDrop: 0.04 });
  expect(stored?.tasks['toy/letters@1']?.certificate).toEqual(JSON.parse(JSON.stringify(certificate)));
});

it('is the same question whether the base is named or not, and another with another base', async () => {
  const keyOf = async (text: string): Promise<string> => (await racePlan(text, { models })).suiteKey;
  const [open, named, other] = await Promise.all([
    keyOf('cheapest with accuracy drop <= 4%'),
    keyOf('cheapest not worse than q8 by 0.04'),
    keyOf('cheapest not worse than q4 by 0.04'),
  ]);
  expect(named).toBe(open);
  expect(other).not.toBe(open);
  await expect(keyOf('cheapest not worse than q5 by 0.04')).rejects.toThrow('unknown model to compare with "q5"');
});

it.each([1, 2, 3])('stops in pass %d of answers, says who is left, and goes on to the same certificate', async (at) => {
  await using store = await memoryStore();
  await using whole = await memoryStore();
  const plan = await racePlan(question, { models, count: 500 });
  const dependencies = { openEngine: steadyEngine() };
  const expected = await race(plan, toyDependencies(whole, dependencies));
  const stop = new AbortController();
  const passes = new Set<string>();
  const first = await race(plan, toyDependencies(store, { ...dependencies, signal: stop.signal }), (event) => {
    if (event.type !== 'pass-progress' || event.pass !== 'accuracy') return;
    passes.add(event.cellId);
    if (passes.size === at) stop.abort();
  });
  expect(first.certificates).toEqual([]);
  const open = (await store.getRun(first.runId))?.manifest.race?.tasks['toy/letters@1']?.open;
  expect(open?.candidates).toContain('q8');
  const second = await race(plan, toyDependencies(store, dependencies));
  const said = (model: string) =>
    [expected, second].map(({ certificates }) => {
      const { status, n, logE, reason } = verdictOf(certificates[0], model) ?? {};
      return { status, n, logE, reason };
    });
  for (const model of Object.keys(models)) expect(said(model)[1]).toEqual(said(model)[0]);
  expect(second.certificates[0]?.named).toEqual(expected.certificates[0]?.named);
});

it('decides nothing where the base dies, says why in one line, and decides it at the second try', async () => {
  await using store = await memoryStore();
  const plan = await racePlan(question, { models, count: 500 });
  const openSteady = steadyEngine();
  let isBroken = true;
  const openEngine = async (): Promise<Engine> => {
    const engine = await openSteady();
    return {
      ...engine,
      open: (model, options, signal): Promise<LoadedModel> => {
        const fault = model.name === 'q8' && isBroken ? { crashAtRequest: 40 } : {};
        return engine.open({ ...model, engineOptions: { ...model.engineOptions, ...fault } }, options, signal);
      },
    };
  };
  const first = await race(plan, toyDependencies(store, { openEngine }));
  expect(first.certificates[0]).toMatchObject({ outcome: 'none', named: [], cost: { launches: 0 } });
  const why = "can't be compared with q8: q8: the mock engine died at request 40";
  expect(first.certificates[0]?.models.map(({ status, reason }) => [status, reason])).toEqual([
    ['failed', 'q8: the mock engine died at request 40'],
    ['failed', why],
    ['failed', why],
  ]);
  isBroken = false;
  const retry = { resumeId: first.runId, retryFailed: true };
  const again = await race(plan, toyDependencies(store, { openEngine }), () => {}, retry);
  expect(again.certificates[0]?.named).toEqual(['q4']);
});
