import { expect, it } from 'vitest';
import { noLaunchFacts } from '../../src/core/manifest.ts';
import { answerOptions, openEngine } from '../../src/engines/index.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { smallModel } from '../setup/small-models.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

it('asks a real model once for three thread counts, and again for another cache', async () => {
  const file = await smallModel('smollm2-135m-instruct');
  const suite = { launches: 1, concurrency: 1, windowSeconds: 0.05, latencyRequests: 1, allowBusy: true } as const;
  const settings = [{ threads: 1 }, { threads: 2 }, { threads: 3 }, { threads: 1, kvCache: 'q8_0' }];
  const plan = {
    ...toyPlan({ tasks: [toyLetters], count: 4, suite }),
    models: settings.map((engineOptions, index) => ({
      spec: modelSpec({ name: `m${index}`, engine: 'llama', file, promptStyle: 'auto', engineOptions }),
      answerOptions: answerOptions('llama', engineOptions),
      facts: { source: file, fileSha256: 'one', fileBytes: 1, ...noLaunchFacts },
    })),
  };
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId } = await runPlan(plan, toyDependencies(store, { openEngine: async (kind) => openEngine(kind) }));
  const cells = await store.cells(runId);
  const told = await Promise.all(
    cells.map(async ({ id, state, measurements: { throughput } }) => {
      const passes = await store.passResults(id);
      const asked = passes.find(({ pass }) => pass === 'accuracy')?.requests;
      return [state, asked, throughput?.status, passes.filter(({ pass }) => pass === 'throughput').length];
    }),
  );
  expect(told).toEqual([
    ['done', 4, 'measured', 1],
    ['done', 0, 'measured', 1],
    ['done', 0, 'measured', 1],
    ['done', 4, 'measured', 1],
  ]);
  const outputs = await Promise.all(
    cells.map(async ({ id }) => {
      const own: unknown[] = [];
      for await (const { itemId, output, score } of store.samples(id)) own.push([itemId, output, score]);
      return own;
    }),
  );
  expect(outputs[1]).toEqual(outputs[0]);
  expect(outputs[2]).toEqual(outputs[0]);
});
