import { describe, expect, it } from 'vitest';
import { type HostFacts, type Manifest, type ModelFacts, noLaunchFacts, type TaskFacts } from '../core/manifest.ts';
import type { Cell } from '../core/cell.ts';
import type { RunRecord } from '../core/store.ts';
import { serverSettings } from '../core/managed-server.ts';
import { keyPart, type SettingTable } from '../core/settings.ts';
import { type Suite, suiteSchema, type SuiteInput } from '../core/suite.ts';
import { suiteSettings } from '../core/suite-settings.ts';
import { pairCells } from './compare-runs.ts';
import { gateLimitsOf } from './gate-runs.ts';
import { rendersAlike, runDifferences, settingDifferences } from './setting-differences.ts';

const host: HostFacts = {
  hostname: 'h',
  os: 'Linux',
  kernel: '6.1',
  cpuModel: 'CPU one',
  cores: 2,
  memoryBytes: 8 * 2 ** 30,
  cpuQuotaCores: undefined,
  gpuFacts: undefined,
  governor: undefined,
  isContainer: undefined,
  gpus: [],
};
const facts: TaskFacts = {
  dataSha256: 'd'.repeat(64),
  files: [],
  items: 100,
  evaluatedItems: 100,
  itemIdsSha256: 'i'.repeat(64),
  shots: 0,
  skippedRows: 0,
  notes: [],
  firstPrompts: {},
};
const model: ModelFacts = {
  ...noLaunchFacts,
  source: 'm.gguf',
  fileSha256: 'f',
  fileBytes: 1,
  engineBuild: 'engine 1',
  threads: 2,
  promptStyle: 'chat',
};

function run(
  change: Partial<Manifest> = {},
  suite: Partial<SuiteInput> = {},
  modelChange: Partial<ModelFacts> = {},
  taskChange: Partial<TaskFacts> = {},
): RunRecord {
  return {
    id: 'r',
    name: 'n',
    createdAtMs: 0,
    status: 'finished',
    suite: suiteSchema.parse({ models: ['m'], ...suite }),
    suiteKey: 'k',
    protocol: 'serving',
    manifest: {
      perbenchVersion: '1',
      nodeVersion: 'v24',
      commandLine: [],
      host,
      models: { m: { ...model, ...modelChange } },
      tasks: { t: { ...facts, ...taskChange } },
      seed: 1,
      race: undefined,
      imported: undefined,
      ...change,
    },
    cost: undefined,
  };
}

const found = (other: RunRecord): readonly string[] =>
  settingDifferences({ run: run(), model: 'm' }, { run: other, model: 'm' }, 't').map(
    ({ what, a, b, affects }) => `${what}: ${a} | ${b} (${affects})`,
  );

describe('settingDifferences', () => {
  it('finds nothing between runs that were made alike', () => {
    expect(found(run())).toEqual([]);
  });

  it.each([
    [run({ seed: 2 }), ['seed: 1 | 2 (both)']],
    [
      run({ host: { ...host, cpuModel: 'CPU two', cores: 4 } }),
      ['CPU: CPU one | CPU two (performance)', 'cores: 2 | 4 (performance)'],
    ],
    [run({}, { concurrency: 4 }), ['max concurrency: 16 | 4 (performance)']],
    [run({}, {}, { engineBuild: 'engine 2' }), ['engine build: engine 1 | engine 2 (both)']],
    [run({}, {}, { threads: 1 }), ['threads: 2 | 1 (performance)']],
    [run({}, {}, {}, { dataSha256: 'e'.repeat(64) }), ['data (sha256): dddddddddddd | eeeeeeeeeeee (answers)']],
    [run({}, {}, {}, { evaluatedItems: 50 }), ['items: 100 | 50 (both)']],
    [run({}, {}, { promptStyle: 'plain' }), ['prompt style: chat | plain (answers)']],
    [run({}, {}, { thinking: { mode: 'on', budget: 64, because: '' } }), ['thinking: none | on, 64 tokens (both)']],
    [
      run({}, { models: [{ name: 'm', source: 'm.gguf', templateArgs: { a: 1 }, structuredOutput: true }] }),
      [
        // The other side has no such entry.
        'engine options: none | {} (both)',
        'template arguments: none | {"a":1} (answers)',
        'structured output: none | on (answers)',
      ],
    ],
    // Other weights may well want another style: that is the model, not the way it was asked.
    [run({}, {}, { promptStyle: 'plain', fileSha256: 'g' }), []],
    [run({ models: {} }), ['engine build: engine 1 | none (both)', 'threads: 2 | none (performance)']],
  ])('names what differs (%#)', (other, expected) => {
    expect(found(other)).toEqual(expected);
  });

  it('expects equal prompts of equal templates alone', () => {
    expect(rendersAlike({ run: run(), model: 'm' }, { run: run(), model: 'm' })).toBe(true);
    expect(rendersAlike({ run: run(), model: 'm' }, { run: run({}, {}, { promptStyle: 'plain' }), model: 'm' })).toBe(
      false,
    );
    expect(rendersAlike({ run: run(), model: 'm' }, { run: run(), model: 'other' })).toBe(false);
  });

  it('expects equal prompts of a server and a model in process only where no messages are rendered', () => {
    const models = [{ name: 'm', source: 'http://127.0.0.1:8080/v1#m', engine: 'openai' }];
    for (const promptStyle of ['chat', 'plain'] as const) {
      const inProcess = { run: run({}, {}, { promptStyle }), model: 'm' };
      const served = { run: run({}, { models }, { promptStyle }), model: 'm' };
      expect(rendersAlike(served, served)).toBe(true);
      expect(rendersAlike(inProcess, served)).toBe(promptStyle === 'plain');
    }
  });
});

/** Another value for every setting of a suite that decides; a setting without one fails the test below. */
const otherValues: Readonly<Record<string, unknown>> = {
  protocol: 'paper',
  seed: 2,
  concurrency: 'auto',
  launches: 1,
  windowSeconds: 5,
  latencyRequests: 3,
  latencySeconds: 7,
  threads: 1,
  contextTokens: 512,
  clientProcesses: 2,
  requestRate: 4,
  allowBusy: true,
  shards: 4,
  goodput: 'ttft:500ms',
};

const otherServers: Readonly<Record<string, object>> = {
  preset: { preset: 'sglang' },
  command: { preset: undefined, command: ['serve', '{file}'] },
  program: { program: '/opt/vllm' },
  arguments: { arguments: ['--x'] },
  environment: { environment: { VLLM_USE_V1: '1' } },
  tensorParallel: { tensorParallel: 2 },
  gpus: { gpus: ['1'] },
  dtype: { dtype: 'float16' },
  contextTokens: { contextTokens: 512 },
  sequences: { sequences: 8 },
  memoryShare: { memoryShare: 0.5 },
  kvCacheGiB: { kvCacheGiB: 2 },
  prefixCaching: { prefixCaching: true },
};

describe('every setting that decides results', () => {
  const named = (table: SettingTable) =>
    Object.entries(table).flatMap(([name, setting]) =>
      setting.decides === 'nothing' ? [] : [{ name, setting, label: setting.label, decides: setting.decides }],
    );
  const both = (a: RunRecord, b: RunRecord) => ({
    compared: settingDifferences({ run: a, model: 'm' }, { run: b, model: 'm' }, 't'),
    reported: runDifferences([a, b]),
  });

  const ofSuite = named(suiteSettings).filter(({ setting }) => keyPart(setting) !== 'content');
  it.each(ofSuite)('is named where it differs: $name', ({ name, label, decides }) => {
    const value = otherValues[name];
    expect(value).toBeDefined();
    const manifest = { models: { m: { ...model, threads: undefined } }, ...(name === 'seed' && { seed: 2 }) };
    const { compared, reported } = both(
      run({ models: manifest.models }, name === 'threads' ? { threads: 2 } : {}),
      run(manifest, { [name]: value }),
    );
    expect(compared).toMatchObject([{ what: label, affects: decides }]);
    expect(reported).toEqual([label]);
  });

  const served = (server: object): RunRecord =>
    run({}, { models: [{ name: 'm', source: 'org/m', server: { preset: 'vllm', ...server } }] });
  it.each(named(serverSettings))('is named where the servers differ: $name', ({ name, label }) => {
    const { compared, reported } = both(served({}), served(otherServers[name] ?? {}));
    expect(compared.map(({ what }) => what)).toContain(label);
    expect(reported).toContain(label);
  });

  it('names engine options for the same model alone, which a served one is by its address', () => {
    const at = (source: string, devices: number): RunRecord =>
      run(
        { models: { m: { ...model, source, fileSha256: undefined } } },
        { models: [{ name: 'm', source, engine: 'openai', engineOptions: { devices } }] },
      );
    const [here, wide, elsewhere] = [at('http://a:1/v1#m', 1), at('http://a:1/v1#m', 2), at('http://b:1/v1#m', 2)];
    expect(both(here, wide)).toMatchObject({
      compared: [{ what: 'engine options', a: '{"devices":1}', b: '{"devices":2}' }],
      reported: ['engine options'],
    });
    expect(both(here, elsewhere)).toEqual({ compared: [], reported: [] });
  });

  it('is its default in a run of a time before the setting', () => {
    const { latencySeconds: _, ...older } = run().suite;
    expect(both(run(), { ...run(), suite: older as Suite })).toEqual({ compared: [], reported: [] });
  });

  it('is compared by what it leads to where that is in the manifest', () => {
    const others = run({}, {}, {}, { evaluatedItems: 50, dataSha256: 'e'.repeat(64) });
    expect(runDifferences([run(), run(), others])).toEqual(['data (sha256)', 'items']);
    expect(runDifferences([run(), run({}, {}, { promptStyle: 'plain', engineBuild: 'engine 2' })])).toEqual([
      'engine build',
      'prompt style',
    ]);
  });

  it('may differ within a run, and an engine that was never started differs from nothing', () => {
    const two = (first: string, second?: string): RunRecord =>
      run({
        models: {
          m: { ...model, engineBuild: first },
          n: { ...model, engineBuild: second, threads: second === undefined ? undefined : 2 },
        },
      });
    expect(runDifferences([two('x', 'y'), two('y', 'x')])).toEqual([]);
    expect(runDifferences([two('x'), two('x', 'x')])).toEqual([]);
    expect(runDifferences([two('x', 'x'), two('x', 'y')])).toEqual(['engine build']);
    expect(runDifferences([two('x', 'x')])).toEqual([]);
  });
});

describe('pairCells', () => {
  const cell = (name: string, taskId: string): Cell => ({
    id: `${name}-${taskId}`,
    runId: 'r',
    model: name,
    taskId,
    protocol: 'serving',
    position: 0,
    state: 'done',
    attempt: 1,
    items: 1,
    key: undefined,
    error: undefined,
    measurements: {},
  });
  const pairsOf = (a: readonly Cell[], b: readonly Cell[], isWanted: (taskId: string) => boolean = () => true) => {
    const { pairs, unmatched } = pairCells({ cells: a }, { cells: b }, isWanted);
    return { pairs: pairs.map((pair) => [pair.a.id, pair.b.id]), unmatched };
  };

  it('takes one model with one whatever they are called', () => {
    expect(pairsOf([cell('x', 't'), cell('x', 'u')], [cell('y', 't')])).toEqual({
      pairs: [['x-t', 'y-t']],
      unmatched: ['x on u (serving) is only in A'],
    });
  });

  it('takes several by name', () => {
    expect(pairsOf([cell('x', 't'), cell('y', 't')], [cell('y', 't'), cell('z', 't')])).toEqual({
      pairs: [['y-t', 'y-t']],
      unmatched: ['x on t (serving) is only in A', 'z on t (serving) is only in B'],
    });
  });

  it('leaves out tasks that nobody wants, and other protocols', () => {
    expect(pairsOf([cell('x', 't')], [cell('x', 't')], () => false)).toEqual({ pairs: [], unmatched: [] });
    const paper = { ...cell('x', 't'), protocol: 'paper' as const };
    expect(pairsOf([cell('x', 't')], [paper]).pairs).toEqual([]);
  });
});

describe('gateLimitsOf', () => {
  const suite = suiteSchema.parse({
    models: ['m'],
    gates: { minAccuracy: 0.5, maxMemoryRise: '10%' },
    tasks: [
      'imdb',
      { task: 'gsm8k', gates: { minAccuracy: 0.2 } },
      { task: 'gsm8k/lmeval5-strict@1', gates: { minAccuracy: 0.1 } },
    ],
  });

  it('puts flags above the task above the suite', () => {
    const none = { advisory: {} };
    expect(gateLimitsOf(suite, {}, 'imdb/per@2')).toEqual({ minAccuracy: 0.5, maxMemoryRise: 0.1, ...none });
    // A name without its version means every version.
    expect(gateLimitsOf({ tasks: [{ task: 'x/y', gates: { maxMemory: 5 } }] }, {}, 'x/y@12').maxMemory).toBe(5);
    expect(gateLimitsOf(suite, {}, 'gsm8k/per@2')).toEqual({ minAccuracy: 0.2, maxMemoryRise: 0.1, ...none });
    const strict = gateLimitsOf(suite, {}, 'gsm8k/lmeval5-strict@1');
    expect(strict).toEqual({ minAccuracy: 0.1, maxMemoryRise: 0.1, ...none });
    const flagged = gateLimitsOf(suite, { minAccuracy: 0.9 }, 'gsm8k/per@2');
    expect(flagged).toEqual({ minAccuracy: 0.9, maxMemoryRise: 0.1, ...none });
    const flags = gateLimitsOf({ tasks: [], gates: undefined }, { maxMemory: 5 }, 'x/y@1');
    expect(flags).toEqual({ maxMemory: 5, ...none });
  });

  it('keeps advisory limits apart from those that fail, on every level', () => {
    const advised = suiteSchema.parse({
      models: ['m'],
      gates: { minAccuracy: 0.5, advisory: { minAccuracy: 0.6, maxMemoryRise: 0.1 } },
      tasks: [{ task: 'gsm8k', gates: { advisory: { minAccuracy: 0.3 } } }],
    });
    const flags = { maxMemoryRise: 0.4, advisory: { maxMemoryRise: 0.2 } };
    expect(gateLimitsOf(advised, flags, 'gsm8k/per@2')).toEqual({
      minAccuracy: 0.5,
      maxMemoryRise: 0.4,
      advisory: { minAccuracy: 0.3, maxMemoryRise: 0.2 },
    });
  });
});
