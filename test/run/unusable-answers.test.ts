import { describe, expect, it } from 'vitest';
import type { Cell } from '../../src/core/cell.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Store } from '../../src/core/store.ts';
import type { Task } from '../../src/core/task.ts';
import type { RunDependencies, RunPlan } from '../../src/run/plan.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { race, racePlan, steadyEngine, verdictOf } from './race-plan.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan, type ToyOptions } from './toy-plan.ts';

/** The toy task as a user's own: any letter can be read, A and B are labels. */
const ownLetters = { ...toyLetters, dataset: undefined, labels: ['A', 'B'] } as Task;
const brief = { launches: 1, windowSeconds: 0.02, latencyRequests: 3 };

function plan(models: ToyOptions['models'], options: ToyOptions = {}): RunPlan {
  return toyPlan({ tasks: [ownLetters], models: models ?? {}, suite: brief, ...options });
}

interface Outcome {
  readonly runId: string;
  readonly events: readonly RunEvent[];
  readonly cells: readonly Cell[];
  /** Stored answers of the first model. */
  readonly stored: number;
}

async function outcome(store: Store, toy: RunPlan, change: Partial<RunDependencies> = {}): Promise<Outcome> {
  const { runId, events } = await runPlan(toy, toyDependencies(store, change));
  return { runId, events, ...(await state(store, runId)) };
}

async function state(store: Store, runId: string): Promise<Pick<Outcome, 'cells' | 'stored'>> {
  const cells = await store.cells(runId);
  return { cells, stored: (await store.sampleSummary(cells[0]?.id ?? '')).items };
}

function answersOf({ events }: Outcome): readonly RunEvent[] {
  return events.filter(({ type }) => type === 'first-answer');
}

describe('a model whose answers are of no use', () => {
  it('stops after 20 answers that cannot be read, says what came, and lets the others go on', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const unreadable = '\u001B[2JCategory:\tbilling\u0007';
    const { cells, stored, events } = await outcome(store, plan({ bad: { answers: [unreadable] }, good: {} }));
    expect(cells.map(({ state: ended }) => ended)).toEqual(['failed', 'done']);
    const said = String.raw`"\u001b[2JCategory:"`;
    expect(cells[0]?.error).toEqual({
      code: 'PB_ANSWERS',
      message: `none of the first 20 answers could be read: ${said}, ${said}, ${said}; expected one of A, B`,
      hint: 'Change the prompt or the labels of the task, or go on with perbench resume --force.',
    });
    expect(stored).toBeGreaterThanOrEqual(20);
    expect(stored).toBeLessThanOrEqual(20 + 2 * 4);
    // The engine is whole: it was started once for each model.
    expect(events.filter(({ type }) => type === 'launch-start')).toHaveLength(2);
  });

  it('stops where no answer is a label, and not where one is', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const answers = Array.from({ length: 9 }, () => 'Z');
    const mixed = [...answers, 'B'];
    const { cells } = await outcome(store, plan({ strange: { answers }, mixed: { answers: mixed } }, { count: 60 }));
    expect(cells.map(({ state: ended }) => ended)).toEqual(['failed', 'done']);
    expect(cells[0]?.error?.message).toBe(
      'none of the first 20 answers is a label of the task: "Z", "Z", "Z"; expected one of A, B',
    );
  });

  it.each([
    ['all answers to few items', 5, 'failed'],
    ['too few items to say', 2, 'done'],
  ])('judges %s', async (_, count, ended) => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const { cells, stored } = await outcome(store, plan({ bad: { answers: ['none'] } }, { count }));
    expect([cells[0]?.state, stored]).toEqual([ended, count]);
  });

  it('takes the gold labels of a task that names none', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const unnamed = { ...ownLetters, labels: undefined } as Task;
    const { cells } = await outcome(store, plan({ strange: { answers: ['Z'] } }, { tasks: [unnamed] }));
    expect(cells[0]?.error?.message).toBe(
      'none of the first 20 answers is a label of the task: "Z", "Z", "Z"; expected an answer such as "A"',
    );
  });

  it('does not stop over failed requests, which are no answers', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const { cells } = await outcome(store, plan({ short: { contextTokens: 1 } }));
    expect(cells[0]?.error?.code).not.toBe('PB_ANSWERS');
  });

  it('only says so of tasks of perbench', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const { cells, events } = await outcome(store, plan({ bad: { answers: ['none'] } }, { tasks: [toyLetters] }));
    expect(cells[0]?.state).toBe('done');
    expect(events).toContainEqual({
      type: 'warning',
      message:
        'bad on toy/letters@1: none of the first 20 answers could be read: "none", "none", "none"; expected an answer such as "A"',
    });
  });

  it('goes on where it is forced to, from what is stored', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const toy = plan({ bad: { answers: ['none'] } }, { count: 100 });
    const stopped = await outcome(store, toy);
    expect(stopped.cells[0]?.state).toBe('failed');
    await store.resetFailed(stopped.runId);
    await store.setRunStatus(stopped.runId, 'interrupted');
    const forced = await outcome(store, toy, { force: true });
    expect(forced.runId).toBe(stopped.runId);
    expect(forced.cells[0]).toMatchObject({ state: 'done', measurements: { accuracy: { value: 0, n: 100 } } });
    const passes = await store.passResults(forced.cells[0]?.id ?? '');
    expect(passes.find(({ pass }) => pass === 'accuracy')?.requests).toBe(100 - stopped.stored);
  });

  it('asks as many again when it is resumed, and stops again', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const toy = plan({ bad: { answers: ['none'] } }, { count: 100 });
    const first = await outcome(store, toy);
    await store.resetFailed(first.runId);
    await store.setRunStatus(first.runId, 'interrupted');
    const second = await outcome(store, toy);
    expect(second.cells[0]?.error?.code).toBe('PB_ANSWERS');
    expect(second.stored).toBeGreaterThanOrEqual(first.stored + 20);
    expect(second.stored).toBeLessThan(100);
  });

  it('counts what an interrupted attempt stored', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const toy = plan({ bad: { answers: ['none'], tokenMs: 1 } }, { count: 100, suite: { ...brief, concurrency: 1 } });
    const stop = new AbortController();
    const dependencies = toyDependencies(store, { signal: stop.signal });
    let seen = 0;
    const { runId } = await runPlan(toy, dependencies, ({ type }) => {
      if (type === 'first-answer') seen += 1;
      if (seen === 3) stop.abort();
    });
    const before = (await state(store, runId)).stored;
    expect(before).toBeGreaterThanOrEqual(3);
    expect(before).toBeLessThan(20);
    const resumed = await outcome(store, toy);
    expect(resumed.cells[0]?.error?.code).toBe('PB_ANSWERS');
    expect(resumed.stored).toBeGreaterThanOrEqual(20);
    expect(resumed.stored).toBeLessThanOrEqual(20 + 2);
    expect(answersOf(resumed)).toEqual([]);
  });

  it('puts a model out of a race, with the reason in the certificate', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const models = { bad: { answers: ['none'], tokenMs: 1 }, good: { answers: ['A'], tokenMs: 2 } };
    const toy = await racePlan('cheapest with accuracy >= 0.5', { tasks: [ownLetters], count: 60, models });
    const dependencies = toyDependencies(store, { openEngine: steadyEngine() });
    const { certificates, runId } = await race(toy, dependencies);
    const [certificate] = certificates;
    const bad = verdictOf(certificate, 'bad');
    expect(bad?.status).toBe('failed');
    expect(bad?.reason).toMatch(/^none of the first 20 answers could be read: "none", "none", "none"; expected/);
    expect(verdictOf(certificate, 'good')?.status).not.toBe('failed');
    const cell = (await store.cells(runId)).find(({ model }) => model === 'bad');
    expect([cell?.state, cell?.error?.code]).toEqual(['failed', 'PB_ANSWERS']);
  });
});

describe('the first answers', () => {
  it('are told with their readings, three of each model, of own tasks alone', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const own = await outcome(store, plan({ bad: { answers: ['A', 'none at all'] }, good: { answers: ['A'] } }));
    const told = answersOf(own);
    expect(told).toHaveLength(6);
    expect(told.at(-1)).toMatchObject({
      input: expect.stringMatching(/^toy-\d+$/),
      output: 'A',
      answer: 'A',
      score: 1,
    });
    await using other = await openSqliteStore({ file: ':memory:' });
    expect(answersOf(await outcome(other, plan({ good: {} }, { tasks: [toyLetters] })))).toEqual([]);
  });
});

describe('the first prompt', () => {
  it('is told once for each cell, where it is wanted, and kept', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const toy = toyPlan({ models: { one: {} }, suite: { ...brief, launches: 2 } });
    const { events, runId } = await outcome(store, toy, { writeOut: true });
    const prompts = events.filter(({ type }) => type === 'first-prompt');
    expect(prompts).toEqual([
      { type: 'first-prompt', cellId: expect.any(String), form: 'plain', text: expect.stringMatching(/^Toy question/) },
      {
        type: 'first-prompt',
        cellId: expect.any(String),
        form: 'likelihood',
        text: expect.stringMatching(
          /^Toy question \d+\?\ncontinuations, each scored after this context:\n" A"\n" BB"$/,
        ),
      },
    ]);
    const tasks = (await store.getRun(runId))?.manifest.tasks;
    expect(tasks?.['toy/letters@1']?.firstPrompts['one']?.text).toMatch(/^Toy question \d+\?$/);
  });

  it('is not told otherwise', async () => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const { events, runId } = await outcome(store, toyPlan({ suite: brief }));
    expect(events.filter(({ type }) => type === 'first-prompt')).toEqual([]);
    const first = (await store.getRun(runId))?.manifest.tasks['toy/letters@1']?.firstPrompts['one'];
    expect(first).toBeDefined();
    expect(first).not.toHaveProperty('text');
  });
});
