import { expect, it } from 'vitest';
import type { Engine } from '../../src/core/engine.ts';
import type { HostMeter } from '../../src/core/meter.ts';
import type { RunDependencies } from '../../src/run/plan.ts';
import { quietMeter, toyDependencies } from './toy-plan.ts';
import { memoryStore, race, racePlan, rightAnswers, steadyEngine } from './race-plan.ts';

interface AskedPass {
  readonly model: string;
  readonly prompts: string[];
  readonly outputTokens: number[];
}

/** Answers of so many tokens: of a prompt always the same. */
function tokensFor(prompt: string): number {
  return 1 + ((Number(/\d+/u.exec(prompt)?.[0]) * 7919) % 40);
}

/** The steady engine with answers of different lengths, and what was asked in its throughput passes. */
function recordingEngine(passes: AskedPass[]): RunDependencies['openEngine'] {
  const openSteady = steadyEngine();
  return async (): Promise<Engine> => {
    const engine = await openSteady();
    return {
      ...engine,
      async open(model, options, signal) {
        const loaded = await engine.open(model, options, signal);
        return {
          ...loaded,
          // So that accuracy passes can be told from the timed ones.
          capabilities: { ...loaded.capabilities, prefixReuse: true },
          async *generate(requests, pass) {
            const asked: AskedPass = { model: model.name, prompts: [], outputTokens: [] };
            const open = new Map<string, string>();
            async function* noted() {
              for await (const request of requests) {
                const text = JSON.stringify(request.prompt);
                asked.prompts.push(text);
                open.set(request.id, text);
                yield request;
              }
            }
            if (pass.reuse === 'none' && pass.concurrency === 5) passes.push(asked);
            for await (const result of loaded.generate(noted(), pass)) {
              const outputTokens = tokensFor(open.get(result.id) ?? '');
              asked.outputTokens.push(outputTokens);
              yield result.status === 'done' ? { ...result, outputTokens } : result;
            }
          },
        };
      },
    };
  };
}

it('measures all launches over the same items, and takes the work of an item from these alone', async () => {
  await using store = await memoryStore();
  const twin = { answers: rightAnswers(7), tokenMs: 4 };
  // A warm-up asks four requests at once.
  const suite = { concurrency: 5, launches: 2 };
  const plan = await racePlan('winner', { models: { one: twin, two: twin }, count: 300, suite });
  const asked: AskedPass[] = [];
  const { runId, certificates } = await race(plan, toyDependencies(store, { openEngine: recordingEngine(asked) }));
  expect(certificates[0]?.models.map(({ n, launches }) => [n, launches])).toEqual([
    [300, 4],
    [300, 4],
  ]);
  expect(asked).toHaveLength(8);
  const fewest = Math.min(...asked.map(({ prompts }) => prompts.length));
  expect(new Set(asked.map(({ prompts }) => prompts.slice(0, fewest).join('\n'))).size).toBe(1);
  for (const cell of await store.cells(runId)) {
    const passes = (await store.passResults(cell.id)).filter(({ pass }) => pass === 'throughput');
    const means = asked
      .filter(({ model }) => model === cell.model)
      .map(({ outputTokens }) => outputTokens.reduce((sum, tokens) => sum + tokens, 0) / outputTokens.length);
    expect(passes.map(({ itemWork }) => itemWork?.outputTokens)).toEqual(means.map((mean) => expect.closeTo(mean, 9)));
  }
});

it('leaves launches that others disturbed out of the check of their spread', async () => {
  await using store = await memoryStore();
  const twin = { answers: rightAnswers(7), tokenMs: 4 };
  const suite = { concurrency: 5, launches: 3, allowBusy: true };
  const plan = await racePlan('winner', { models: { one: twin, two: twin }, count: 40, suite });
  const asked: AskedPass[] = [];
  // From the latency pass of a third launch to the throughput pass of the fourth: two launches of six after the first ones.
  const isBusy = (): boolean => asked.filter(({ model }) => model === 'two').length === 3;
  const meter: HostMeter = { start: (engine) => quietMeter({ otherShare: isBusy() ? 0.4 : 0 }).start(engine) };
  const { certificates } = await race(plan, toyDependencies(store, { openEngine: recordingEngine(asked), meter }));
  expect(certificates[0]?.models.map(({ launches }) => launches)).toEqual([4, 4]);
  expect(certificates[0]?.spread?.degrees).toBeLessThan(6);
  expect(certificates[0]?.spread?.degrees).toBeGreaterThanOrEqual(3);
});
