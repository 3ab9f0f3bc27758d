import { expect, it } from 'vitest';
import type { RunPlan } from '../run/plan.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan } from '../../test/run/toy-plan.ts';
import { machineSpread, spreadOfEngines } from './machine-spread.ts';

function planOn(cpuModel: string, engine: string, suiteKey: string): RunPlan {
  const toy = toyPlan({ tasks: [toyLetters], suiteKey });
  const models = toy.models.map(({ spec, facts }) => ({ spec, facts: { ...facts, engine } }));
  const host = { ...toy.manifest.host, cpuModel };
  const named = Object.fromEntries(models.map(({ spec, facts }) => [spec.name, facts]));
  return { ...toy, models, manifest: { ...toy.manifest, host, models: named } };
}

it('takes the launches of the same hardware and engine, from all runs of a store', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { host } = planOn('fast', 'mock', '').manifest;
  expect(await machineSpread(store, host, 'mock')).toBeUndefined();
  for (const plan of [planOn('fast', 'mock', 'a'), planOn('fast', 'mock', 'b'), planOn('slow', 'mock', 'c')]) {
    await runPlan(plan, toyDependencies(store));
  }
  const found = await machineSpread(store, host, 'mock');
  // Two runs of one model, two launches each.
  expect(found?.measured?.launches).toBe(4);
  expect(found?.degrees).toBe(6);
  expect(await machineSpread(store, host, 'llama')).toBeUndefined();
});

it('has no spread for several engines as long as one of them is unknown', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { host } = planOn('fast', 'mock', '').manifest;
  await runPlan(planOn('fast', 'mock', 'a'), toyDependencies(store));
  expect(await spreadOfEngines(store, host, ['mock', 'llama'])).toBeUndefined();
  await runPlan(planOn('fast', 'llama', 'b'), toyDependencies(store));
  const [both, one, other] = [
    await spreadOfEngines(store, host, ['mock', 'llama', 'mock']),
    await machineSpread(store, host, 'mock'),
    await machineSpread(store, host, 'llama'),
  ];
  expect(both?.throughput).toBe(Math.max(one?.throughput ?? 0, other?.throughput ?? 0));
  expect(both?.measured?.launches).toBe(4);
});
