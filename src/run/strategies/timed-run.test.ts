import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toyLetters, toyPlan } from '../../../test/run/toy-plan.ts';
import type { Cell, PassResult } from '../../core/cell.ts';
import { nowMs } from '../../core/clock.ts';
import type { CellJob, RunState, Step } from '../strategy.ts';
import { timedRun } from './timed-run.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const tasks = ['short', 'middle', 'long'].map((name) => ({ ...toyLetters, id: `toy/${name}@1` }));

interface World {
  readonly limitMs: number;
  /** Wall time of an item. */
  readonly itemMs: (model: string, taskId: string) => number;
  readonly loadMs?: number;
  /** Items that are asked at once when a pass begins, whatever time there is. */
  readonly wave?: number;
  /** Cells whose engine breaks. */
  readonly broken?: readonly string[];
  /** Cells that an earlier attempt has ended, with their items. */
  readonly done?: Readonly<Record<string, number>>;
  /** Answers that an earlier attempt left in a cell. */
  readonly answered?: Readonly<Record<string, number>>;
}

/** Plays the runner: asks as a pass would, one item after the other, while the clock goes on. */
async function play({ limitMs, itemMs, loadMs = 0, wave = 1, broken = [], done = {}, answered = {} }: World) {
  const toy = toyPlan({ suite: { protocol: 'paper' }, tasks, models: { small: {}, large: {} } });
  const models = toy.models.map((model) => ({
    ...model,
    facts: { ...model.facts, fileBytes: factor[model.spec.name] },
  }));
  const plan = { ...toy, models };
  const cells = tasks.flatMap((task) =>
    plan.models.map(({ spec: { name } }) => {
      const id = `${name} ${task.id}`;
      const isDone = id in done;
      return { id, model: name, taskId: task.id, items: done[id] ?? 40, state: isDone ? 'done' : 'pending' } as Cell;
    }),
  );
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const requests = new Map<string, number>();
  const jobs = new Map<string, CellJob>();
  const store = {
    cells: async () => Array.from(byId.values()),
    passResults: async (id: string) => [{ pass: 'accuracy', requests: requests.get(id) } as PassResult],
    sampleSummary: async (id: string) => ({ items: answered[id] ?? 0 }),
  };
  const state = { runId: 'run', plan, store, jobs, isStopped: false } as unknown as RunState;
  const startMs = nowMs();
  const loads: string[] = [];
  const ends: { readonly id: string; readonly state: string; readonly items: number }[] = [];
  const items = new Map<string, number>();

  function perform(step: Step): void {
    if (step.type === 'claim') {
      for (const cell of step.cells) {
        const planned = plan.tasks.find(({ task }) => task.id === cell.taskId);
        const model = plan.models.find(({ spec }) => spec.name === cell.model);
        if (planned !== undefined && model !== undefined)
          jobs.set(cell.id, {
            cell,
            planned,
            model,
            claim: { cellId: cell.id, attempt: 1, owner: '' },
            failure: undefined,
          });
      }
    } else if (step.type === 'pass') {
      const { cell } = step.job;
      if (loads.at(-1) !== cell.model) {
        loads.push(cell.model);
        vi.advanceTimersByTime(loadMs);
      }
      if (broken.includes(cell.id)) {
        step.job.failure = { error: new Error('broken') };
        return;
      }
      const [pass] = step.passes;
      if (pass?.pass !== 'accuracy' || pass.time === undefined) throw new Error('a pass without time');
      const { enoughAtMs, least, endAtMs } = pass.time;
      const oneMs = itemMs(cell.model, cell.taskId);
      let count = 0;
      for (; count < pass.order.length; count += 1) {
        const dueMs = nowMs() + oneMs;
        if (count >= wave && (dueMs > endAtMs || (count >= least && dueMs > enoughAtMs))) break;
        vi.advanceTimersByTime(oneMs);
      }
      requests.set(cell.id, count);
      items.set(cell.id, count);
    } else if (step.type === 'items') {
      byId.set(step.job.cell.id, { ...step.job.cell, items: step.items });
    } else if (step.type === 'end') {
      const { id } = step.job.cell;
      byId.set(id, { ...(byId.get(id) ?? step.job.cell), state: step.state });
      ends.push({ id, state: step.state, items: items.get(id) ?? 0 });
      jobs.delete(id);
    }
  }

  for await (const step of timedRun(limitMs)(state)) perform(step);
  return { ends, loads, cells: Array.from(byId.values()), elapsedMs: nowMs() - startMs };
}

const factor: Readonly<Record<string, number>> = {
  'toy/short@1': 1,
  'toy/middle@1': 2,
  'toy/long@1': 5,
  small: 1,
  large: 3,
};
const speed = (ms: number) => (model: string, taskId: string) => ms * (factor[model] ?? 1) * (factor[taskId] ?? 1);
const counts = ({ ends }: Awaited<ReturnType<typeof play>>): readonly number[] => ends.map(({ items }) => items);

it('asks every item where all fit, task by task, and starts few engines', async () => {
  const { ends, loads, elapsedMs } = await play({ limitMs: 600_000, itemMs: speed(100) });
  expect(ends).toEqual([
    { id: 'small toy/short@1', state: 'done', items: 40 },
    { id: 'large toy/short@1', state: 'done', items: 40 },
    { id: 'large toy/middle@1', state: 'done', items: 40 },
    { id: 'small toy/middle@1', state: 'done', items: 40 },
    { id: 'small toy/long@1', state: 'done', items: 40 },
    { id: 'large toy/long@1', state: 'done', items: 40 },
  ]);
  expect(loads).toEqual(['small', 'large', 'small', 'large']);
  expect(elapsedMs).toBeCloseTo(40 * 100 * 4 * 8, -1);
});

it.each([20_000, 40_000, 60_000])(
  'takes as many items as fit into %i ms, the same for every model',
  async (limitMs) => {
    const played = await play({ limitMs, itemMs: speed(100), loadMs: 200 });
    expect(played.elapsedMs).toBeLessThanOrEqual(limitMs);
    expect(played.elapsedMs).toBeGreaterThan(limitMs * 0.5);
    const [a, b, c, d, e, f] = counts(played);
    expect([a, c, e]).toEqual([b, d, f]);
    for (const { id, items } of played.ends.filter(({ state }) => state === 'done'))
      expect(played.cells.find((cell) => cell.id === id)?.items).toBe(items);
  },
);

it('asks ten items of each model though its part of the time is over, as long as the run has time', async () => {
  const [first, second] = counts(await play({ limitMs: 60_000, itemMs: speed(800) }));
  expect([first, second]).toEqual([10, 10]);
});

it('ends within its time on a machine where even one task is too much, and says what it left out', async () => {
  const { ends, elapsedMs } = await play({ limitMs: 60_000, itemMs: () => 2_500 });
  const [first, second, ...others] = ends;
  expect(first?.items).toBeGreaterThanOrEqual(5);
  expect(first?.items).toBeLessThan(10);
  expect(second?.items).toBe(first?.items);
  expect(others.every(({ state, items }) => state === 'unavailable' && items === 0)).toBe(true);
  expect(others).toHaveLength(4);
  expect(elapsedMs).toBeLessThanOrEqual(60_000 * 1.1);
});

it('asks the others fewer items where the first model took too long for its own', async () => {
  const { ends } = await play({ limitMs: 60_000, itemMs: () => 4_000, wave: 8 });
  expect(ends.slice(0, 2)).toEqual([
    { id: 'small toy/short@1', state: 'done', items: 8 },
    { id: 'large toy/short@1', state: 'done', items: 5 },
  ]);
  const slower = await play({ limitMs: 60_000, itemMs: () => 5_000, wave: 8 });
  expect(slower.ends.every(({ state }) => state === 'unavailable')).toBe(true);
  expect(slower.elapsedMs).toBe(40_000);
});

it('gives up soon where the first model cannot answer five items', async () => {
  const { ends, elapsedMs } = await play({ limitMs: 60_000, itemMs: speed(10_000) });
  expect(ends.every(({ state }) => state === 'unavailable')).toBe(true);
  expect(ends).toHaveLength(6);
  expect(elapsedMs).toBeLessThan(30_000);
});

it('cuts a task short for the models that are slower than the ones before let expect', async () => {
  // The large model is a hundred times slower than its size says.
  const itemMs = (model: string): number => (model === 'small' ? 100 : 10_000);
  const { ends, elapsedMs } = await play({ limitMs: 60_000, itemMs });
  expect(ends[0]?.items).toBeGreaterThan(ends[1]?.items ?? Infinity);
  expect(elapsedMs).toBeLessThanOrEqual(60_000 * 1.1);
});

it('goes on with the other models where one breaks, and lets the next choose the number of items', async () => {
  const { ends } = await play({ limitMs: 600_000, itemMs: speed(100), broken: ['small toy/short@1'] });
  expect(ends.slice(0, 2)).toEqual([
    { id: 'small toy/short@1', state: 'failed', items: 0 },
    { id: 'large toy/short@1', state: 'done', items: 40 },
  ]);
});

it('keeps to the number of items that an earlier attempt chose, and to the answers that it left', async () => {
  const chosen = await play({ limitMs: 600_000, itemMs: speed(100), done: { 'small toy/short@1': 17 } });
  expect(chosen.ends[0]).toEqual({ id: 'large toy/short@1', state: 'done', items: 17 });
  const left = await play({ limitMs: 30_000, itemMs: speed(500), answered: { 'small toy/short@1': 13 } });
  expect(left.ends[0]).toMatchObject({ id: 'small toy/short@1', items: 13 });
});
