import { join } from 'node:path';
import { expect, it } from 'vitest';
import type {
  DraftFacts,
  Engine,
  GenerateRequest,
  Generation,
  LoadedModel,
  PassOptions,
} from '../../src/core/engine.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import { testFolder } from '../setup/test-settings.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

const draft: DraftFacts = { name: 'small.gguf', parameters: 10, weightsBytes: 10, quantisation: 'Q8_0', tokens: 8 };

/** Every answer has four drafted tokens, three of which came true. */
function drafted(model: LoadedModel): LoadedModel {
  async function* generate(requests: AsyncIterable<GenerateRequest>, pass: PassOptions): AsyncGenerator<Generation> {
    for await (const result of model.generate(requests, pass))
      yield result.status === 'failed' ? result : { ...result, draftedTokens: 4, acceptedTokens: 3 };
  }
  return { ...model, info: { ...model.info, draft }, generate };
}

function engineWithDraft(name: string): Engine {
  const mock = createMockEngine();
  return {
    ...mock,
    async open(spec, options, signal) {
      const model = await mock.open(spec, options, signal);
      return spec.name === name ? drafted(model) : model;
    },
  };
}

it('names the draft model and tells which share of its tokens came true', async () => {
  await using folder = await testFolder();
  const file = join(folder.path, 'results.db');
  {
    await using store = await openSqliteStore({ file });
    const plan = toyPlan({ tasks: [toyLetters], models: { one: {}, two: {} }, suite: { limit: 4 } });
    const { runId } = await runPlan(plan, toyDependencies(store, { openEngine: async () => engineWithDraft('one') }));
    const models = (await store.getRun(runId))?.manifest.models ?? {};
    expect(models['one']?.draft).toEqual(draft);
    expect(models['two']).not.toHaveProperty('draft');
  }
  const { stdout } = await runInProcess(['show', '--store', file], { folder: folder.path });
  expect(stdout).toContain('draft model of one: small.gguf (Q8_0), 8 tokens at most\n');
  expect(stdout).toMatch(/ Accepted .*\n.*\none .* 0\.750 /);
  const json = await runInProcess(['report', '--store', file, '--json'], { folder: folder.path });
  expect(json.stdout).toMatch(/"draftAcceptance":\{"status":"measured","value":0.75,/);
});
