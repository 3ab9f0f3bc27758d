import { expect, it } from 'vitest';
import type { RunPlan } from '../run/plan.ts';
import { usualSpread } from '../scoring/race/launch-noise.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan } from '../../test/run/toy-plan.ts';
import { launchedBy, machineSpread, withAssumedSpread } from './machine-spread.ts';

function planOn(cpuModel: string, engine: string, suiteKey: string): RunPlan {
  const toy = toyPlan({ tasks: [toyLetters], suiteKey });
  const models = toy.models.map((model) => ({ ...model, facts: { ...model.facts, engine } }));
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
  expect(found?.spread).toMatchObject({ degrees: 6, source: 'measured in 4 earlier launches' });
  expect(await machineSpread(store, host, 'llama')).toBeUndefined();
});

it('is what a race on this machine assumes: of several engines the widest, and the usual one where none is known', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const [one, other] = [planOn('fast', 'mock', 'a'), planOn('fast', 'llama', 'b')];
  const models = [...one.models, ...other.models.map((model) => ({ ...model, spec: { ...model.spec, name: 'two' } }))];
  const race = { question: { text: 'winner', goal: 'winner' }, confidence: 0.95, tasks: {} } as const;
  const plan: RunPlan = { ...one, models, manifest: { ...one.manifest, race } };
  const assumed = async () => (await withAssumedSpread(plan, store)).manifest.race?.assumedSpread;
  expect(await withAssumedSpread(one, store)).toBe(one);
  expect(await assumed()).toEqual(usualSpread);
  await runPlan(one, toyDependencies(store));
  await runPlan(other, toyDependencies(store));
  const both = [
    await machineSpread(store, one.manifest.host, 'mock'),
    await machineSpread(store, one.manifest.host, 'llama'),
  ].map((known) => known?.spread);
  const found = await assumed();
  for (const figure of ['throughput', 'latency', 'memory'] as const) {
    expect(found?.[figure]).toBe(Math.max(...both.map((spread) => spread?.[figure] ?? 0)));
  }
  expect(found?.degrees).toBe(5);
});

it('tells servers apart: what one of them showed says nothing about another', () => {
  const served = (source: string) => launchedBy({ engine: 'openai', source, fileSha256: undefined });
  expect(served('http://a:8000/v1#one')).toBe(served('http://a:8000/v1#two'));
  expect(served('http://a:8000/v1')).not.toBe(served('http://b:8000/v1'));
  expect(launchedBy({ engine: 'llama', source: 'https://hub/x.gguf', fileSha256: 'x' })).toBe('llama');
});
