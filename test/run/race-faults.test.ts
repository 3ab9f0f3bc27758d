import { expect, it } from 'vitest';
import type { Engine, LoadedModel } from '../../src/core/engine.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { memoryStore, race, racePlan, rightAnswers, steadyEngine, verdictOf } from './race-plan.ts';
import { toyDependencies } from './toy-plan.ts';

/** The steady engine, whose model "dying" breaks at its twelfth request while it is broken. */
function dyingEngine(isBroken: () => boolean): () => Promise<Engine> {
  const openSteady = steadyEngine();
  return async () => {
    const engine = await openSteady();
    return {
      ...engine,
      open: (model, options, signal): Promise<LoadedModel> => {
        const fault = model.name === 'dying' && isBroken() ? { crashAtRequest: 12 } : {};
        return engine.open({ ...model, engineOptions: { ...model.engineOptions, ...fault } }, options, signal);
      },
    };
  };
}

it('goes on without a model whose engine dies, says so, and lets it try again as a newcomer', async () => {
  await using store = await memoryStore();
  const models = { dying: { answers: rightAnswers(8), tokenMs: 1 }, steady: { answers: rightAnswers(8), tokenMs: 20 } };
  const plan = await racePlan('cheapest with accuracy >= 0.6', { models, count: 200 });
  const openEngine = dyingEngine(() => true);
  const first = await race(plan, toyDependencies(store, { openEngine }));
  expect(first.certificates[0]).toMatchObject({ outcome: 'winner', named: ['steady'] });
  expect(verdictOf(first.certificates[0], 'dying')).toMatchObject({
    status: 'failed',
    reason: 'dying: the mock engine died at request 12',
    accuracy: null,
  });
  expect(first.events.at(-1)).toMatchObject({ status: 'finished', failedCells: 1 });

  const again = await race(plan, toyDependencies(store), () => {}, { resumeId: first.runId, retryFailed: true });
  expect(again.runId).toBe(first.runId);
  expect(again.certificates[0]?.models.map(({ model }) => model)).toEqual(['steady', 'dying']);
  expect(again.certificates[0]?.named).toEqual(['dying']);
});

it('decides a retry among equals with the launches that an ended finalist has', async () => {
  await using store = await memoryStore();
  const twin = { answers: rightAnswers(8), tokenMs: 1 };
  const models = { dying: twin, steady: twin };
  const plan = await racePlan('cheapest with accuracy >= 0.6', { models, count: 200 });
  let isBroken = true;
  const openEngine = dyingEngine(() => isBroken);
  const first = await race(plan, toyDependencies(store, { openEngine }));
  expect(first.certificates[0]?.named).toEqual(['steady']);

  isBroken = false;
  const again = await race(plan, toyDependencies(store, { openEngine }), () => {}, {
    resumeId: first.runId,
    retryFailed: true,
  });
  expect(again.certificates[0]?.models.map(({ status }) => status)).toEqual(['passed', 'passed']);
  expect(again.certificates[0]?.named.length).toBeGreaterThan(0);
  expect(verdictOf(again.certificates[0], 'steady')?.launches).toBe(
    verdictOf(first.certificates[0], 'steady')?.launches,
  );
});

it('lets a model that failed try again for the highest score, and keeps what was said of others', async () => {
  await using store = await memoryStore();
  const models = {
    dying: { answers: rightAnswers(9), tokenMs: 4 },
    strong: { answers: rightAnswers(9), tokenMs: 4 },
    weak: { answers: rightAnswers(2), tokenMs: 4 },
  };
  const plan = await racePlan('winner', { models, count: 60 });
  let isBroken = true;
  const openEngine = dyingEngine(() => isBroken);
  const first = await race(plan, toyDependencies(store, { openEngine }));
  expect(first.certificates[0]).toMatchObject({ outcome: 'winner', named: ['strong'] });
  expect(verdictOf(first.certificates[0], 'dying')?.status).toBe('failed');

  isBroken = false;
  const retry = { resumeId: first.runId, retryFailed: true };
  const again = await race(plan, toyDependencies(store, { openEngine }), () => {}, retry);
  expect(again.certificates[0]?.models.map(({ model }) => model)).toEqual(['strong', 'weak', 'dying']);
  const [before, after] = [first, again].map(({ certificates }) => verdictOf(certificates[0], 'weak'));
  expect(after).toEqual(before);
  // Equals can't be told apart by the answers that the one gave before it ended.
  expect(again.certificates[0]?.named).toContain('strong');
});

it('lets a model that failed beat the one that was named without it', async () => {
  await using store = await memoryStore();
  const models = {
    dying: { answers: rightAnswers(10), tokenMs: 4 },
    fair: { answers: rightAnswers(4), tokenMs: 4 },
    weak: { answers: rightAnswers(2), tokenMs: 4 },
  };
  const plan = await racePlan('winner', { models, count: 200 });
  let isBroken = true;
  const openEngine = dyingEngine(() => isBroken);
  const first = await race(plan, toyDependencies(store, { openEngine }));
  expect(first.certificates[0]).toMatchObject({ outcome: 'winner', named: ['fair'] });

  isBroken = false;
  const retry = { resumeId: first.runId, retryFailed: true };
  const again = await race(plan, toyDependencies(store, { openEngine }), () => {}, retry);
  expect(again.certificates[0]).toMatchObject({ outcome: 'winner', named: ['dying'] });
  expect(verdictOf(again.certificates[0], 'fair')?.status).toBe('eliminated');
  const [before, after] = [first, again].map(({ certificates }) => verdictOf(certificates[0], 'weak'));
  expect(after).toEqual(before);
});

it('judges a finalist that dies in a later launch by what it has, and says once why it ended', async () => {
  await using store = await memoryStore();
  const models = { only: { answers: rightAnswers(8), tokenMs: 4 } };
  const openSteady = steadyEngine();
  let opened = 0;
  const openEngine = async (): Promise<Engine> => {
    const engine = await openSteady();
    return {
      ...engine,
      open: (model, options, signal): Promise<LoadedModel> => {
        opened += 1;
        const fault = opened === 3 ? { crashAtRequest: 6 } : {};
        return engine.open({ ...model, engineOptions: { ...model.engineOptions, ...fault } }, options, signal);
      },
    };
  };
  const plan = await racePlan('winner', { models, count: 200 });
  const { certificates, runId } = await race(plan, toyDependencies(store, { openEngine }));
  expect(certificates[0]).toMatchObject({ outcome: 'winner', named: ['only'], models: [{ launches: 2 }] });
  const [cell] = await store.cells(runId);
  const { n = 0 } = verdictOf(certificates[0], 'only') ?? {};
  expect(cell?.measurements.accuracy).toMatchObject({
    status: 'unavailable',
    detail: expect.stringMatching(
      new RegExp(`^passed after ${n} items: not ruled out; only: the mock engine died at request 6; between `),
    ),
  });
});

it('voids a model of which more than one item in a hundred fails in the engine', async () => {
  await using store = await memoryStore();
  const unanswered = { status: 'failed', reason: 'engine', message: 'no answer', promptTokens: undefined } as const;
  const models = { broken: { answers: rightAnswers(8) }, sound: { answers: rightAnswers(8) } };
  const openEngine = async (): Promise<Engine> => {
    const engine = createMockEngine();
    return {
      ...engine,
      async open(model, options, signal) {
        const loaded = await engine.open(model, options, signal);
        if (model.name !== 'broken') return loaded;
        return {
          ...loaded,
          async *generate(requests, pass) {
            for await (const result of loaded.generate(requests, pass)) {
              const { id } = result;
              yield Number(id) % 20 === 0 ? { id, ...unanswered } : result;
            }
          },
        };
      },
    };
  };
  const plan = await racePlan('cheapest with accuracy >= 0.6', { models, count: 200 });
  const { certificates } = await race(plan, toyDependencies(store, { openEngine }));
  expect(certificates[0]?.named).toEqual(['sound']);
  expect(verdictOf(certificates[0], 'broken')?.reason).toMatch(
    /^\d+ of 200 items failed in the engine: more than 1 %$/,
  );
});

it('ends the race of a model whose engine answers no more, instead of asking for ever', async () => {
  await using store = await memoryStore();
  const models = {
    silent: { answers: rightAnswers(8), tokenMs: 20 },
    sound: { answers: rightAnswers(8), tokenMs: 25 },
  };
  const openSteady = steadyEngine();
  const openEngine = async (): Promise<Engine> => {
    const engine = await openSteady();
    return {
      ...engine,
      async open(model, options, signal) {
        const loaded = await engine.open(model, options, signal);
        if (model.name !== 'silent') return loaded;
        return {
          ...loaded,
          // So that accuracy passes can be told from the timed ones.
          capabilities: { ...loaded.capabilities, prefixReuse: true },
          async *generate(requests, pass) {
            if (pass.reuse === 'none') yield* loaded.generate(requests, pass);
          },
        };
      },
    };
  };
  const plan = await racePlan('cheapest with accuracy >= 0.6', { models, count: 200 });
  const { certificates, events, runId } = await race(plan, toyDependencies(store, { openEngine }));
  expect(certificates[0]?.named).toEqual(['sound']);
  const message = 'silent on toy/letters@1: the engine ended a pass without a single new answer';
  expect(verdictOf(certificates[0], 'silent')).toMatchObject({ status: 'failed', reason: message });
  expect(events.at(-1)).toMatchObject({ status: 'finished', failedCells: 1 });
  const [cell] = await store.cells(runId);
  expect(cell?.error).toMatchObject({ code: 'PB_ENGINE', message });
});
