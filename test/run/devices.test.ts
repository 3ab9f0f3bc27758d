import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventNote } from '../../src/cli/progress/progress.ts';
import { createRunState } from '../../src/cli/progress/run-state.ts';
import type { Engine } from '../../src/core/engine.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import { testFolder } from '../setup/test-settings.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

const reason = 'computes on the CPU: the only Vulkan device is llvmpipe, a software one';

/** Says where each model computes. */
function engineWith(computesOn: Readonly<Record<string, string>>): Engine {
  const mock = createMockEngine();
  return {
    ...mock,
    async open(spec, options, signal) {
      const model = await mock.open(spec, options, signal);
      return { ...model, info: { ...model.info, computesOn: computesOn[spec.name] } };
    },
  };
}

it('says once where a model computes, keeps it and shows it', async () => {
  await using folder = await testFolder();
  const file = join(folder.path, 'results.db');
  {
    await using store = await openSqliteStore({ file });
    const plan = toyPlan({ tasks: [toyLetters], models: { one: {}, two: {} }, suite: { limit: 4 } });
    const { events } = await runPlan(
      plan,
      toyDependencies(store, { openEngine: async () => engineWith({ one: reason }) }),
    );
    const state = createRunState();
    const said = events.filter(({ type }) => type === 'note').map((event) => eventNote(event, state));
    expect(said).toEqual([`one: ${reason}`]);
  }
  const { stdout } = await runInProcess(['show', '--store', file], { folder: folder.path });
  expect(stdout).toMatch(/^engine: mock 1$/m);
  expect(stdout).toContain(`${reason} (one)\n`);
});
