import { describe, expect, it } from 'vitest';
import type { WorkerOrder } from '../../core/cluster.ts';
import { createRunId } from '../../core/run-id.ts';
import type { RunPlan } from '../../run/plan.ts';
import { toyPlan } from '../../../test/run/toy-plan.ts';
import { isHelper, newestAttempts, nextAttempt, orderBase, ordersOf } from './orders.ts';

const runId = createRunId(Date.UTC(2026, 10, 24), () => 0.5);
const storeUrl = 'postgres://me@db/perbench';

/** Models of vLLM by the GPUs that they take. */
function planOf(gpus: Readonly<Record<string, number>>, shards = 1): RunPlan {
  const toy = toyPlan({ models: Object.fromEntries(Object.keys(gpus).map((name) => [name, {}])), suite: { shards } });
  const models = toy.models.map((model) => {
    const server = { preset: 'vllm', tensorParallel: gpus[model.spec.name] };
    return { ...model, spec: { ...model.spec, engine: 'managed', engineOptions: { server } } };
  });
  return { ...toy, models };
}

const outline = (orders: readonly WorkerOrder[]) =>
  orders.map((order) => [orderBase(order), order.workers, order.needs.gpus, order.models.join(' '), order.isExclusive]);

describe('the workers that a run asks for', () => {
  it('are one for each model, grouped by what models need, alone on their nodes', async () => {
    const orders = await ordersOf(planOf({ a: 1, b: 8, c: 1 }), { runId, storeUrl, workers: undefined });
    expect(outline(orders)).toEqual([
      [`pb-${runId}-g0`, 2, 1, 'a c', true],
      [`pb-${runId}-g1`, 1, 8, 'b', true],
    ]);
    expect(orders[0]?.words).toEqual(
      ['work', runId, '--store', storeUrl, '--model', 'a', '--model', 'c', '--job', `pb-${runId}-g0-a1`], // oxfmt keeps it
    );
    for (const { name } of orders) expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
  });

  it('have helpers that answer items where cells are split into blocks, and need no node alone', async () => {
    const plan = planOf({ a: 1, b: 1 }, 4);
    const usual = await ordersOf(plan, { runId, storeUrl, workers: undefined });
    expect(outline(usual)).toEqual([
      [`pb-${runId}-g0`, 2, 1, 'a b', true],
      [`pb-${runId}-h0`, 3, 1, 'a b', false],
    ]);
    expect(usual.map((order) => isHelper(order))).toEqual([false, true]);
    const few = await ordersOf(plan, { runId, storeUrl, workers: 1 });
    expect(outline(few)).toEqual([[`pb-${runId}-g0`, 1, 1, 'a b', true]]);
    const many = await ordersOf(plan, { runId, storeUrl, workers: 50 });
    expect(many.map(({ workers }) => workers)).toEqual([2, 6]);
    // Of 40 items.
    const short = await ordersOf(planOf({ a: 1, b: 1 }, 1000), { runId, storeUrl, workers: undefined });
    expect(short.map(({ workers }) => workers)).toEqual([2, 39]);
  });

  it('is one for a race and for a run within a time, whatever its models need', async () => {
    const plan = planOf({ a: 1, b: 8 }, 4);
    const timed = { ...plan, manifest: { ...plan.manifest, timeLimitMs: 1000 } };
    const orders = await ordersOf(timed, { runId, storeUrl, workers: 5 });
    expect(outline(orders)).toEqual([[`pb-${runId}-g0`, 1, 8, 'a b', true]]);
  });

  it('have another name at each attempt, everywhere, and nothing else changes', async () => {
    const [order] = await ordersOf(planOf({ a: 1 }), { runId, storeUrl, workers: undefined });
    if (order === undefined) throw new Error('one order');
    const again = nextAttempt(nextAttempt(order), 12);
    expect(again).toEqual({
      ...order,
      name: `pb-${runId}-g0-a12`,
      attempt: 12,
      words: [...order.words.slice(0, -1), `pb-${runId}-g0-a12`],
    });
    expect(orderBase(again)).toBe(orderBase(order));
    expect(newestAttempts([order, again, nextAttempt(order)])).toEqual([again]);
  });
});
