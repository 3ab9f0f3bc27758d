import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { briefPass } from '../../test/setup/bare-pass.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import type { Cell, PassResult } from '../core/cell.ts';
import { noLaunchFacts } from '../core/manifest.ts';
import type { Measurement } from '../core/measurement.ts';
import type { Sample } from '../core/sample.ts';
import type { RunRecord } from '../core/store.ts';
import { suiteSchema } from '../core/suite.ts';
import type { TaskCosts } from '../scoring/cost.ts';
import { type CostOptions, costsOfFile, costsOfRun } from './costs-of-run.ts';
import { exportedRunText, parseExportedRun } from './exported-run.ts';
import { runFile } from './export-runs.ts';

interface Model {
  readonly engine?: string;
  readonly source?: string;
  readonly engineOptions?: Readonly<Record<string, unknown>>;
  readonly cell?: Partial<Cell>;
  readonly passes?: readonly PassResult[];
  readonly samples?: readonly Sample[];
}

type Models = Readonly<Record<string, Model>>;

const accuracy: Measurement = { status: 'measured', value: 0.8, unit: 'ratio', n: 4, warnings: [] };
const window = { durationMs: 1000, items: 10, outputTokens: 100, concurrency: 1 };

/** Ten answers a second. */
const pass: PassResult = { ...briefPass, window };
const answers = [0, 1].map((position) => sampleAt(position, { promptTokens: 100, outputTokens: 10 }));

function runOf(models: Models) {
  const base = newRun('20261130-120000-cost');
  const names = Object.keys(models);
  const entries = Object.entries(models).map(
    ([name, { engine = 'llama', source = `/m/${name}.gguf`, engineOptions }]) => ({
      name,
      source,
      engine,
      ...(engineOptions !== undefined && { engineOptions }),
    }),
  );
  const facts = entries.map(({ name, source, engine }) => [
    name,
    { source, engine, fileSha256: undefined, fileBytes: undefined, ...noLaunchFacts },
  ]);
  const run: RunRecord = {
    ...base,
    status: 'finished',
    cost: undefined,
    suite: suiteSchema.parse({ models: entries, tasks: ['gsm8k/mini'] }),
    manifest: { ...base.manifest, models: Object.fromEntries(facts) as RunRecord['manifest']['models'] },
  };
  const cells = names.map((model, position): Cell => ({
    id: model,
    runId: run.id,
    model,
    taskId: 'gsm8k/mini@2',
    protocol: 'serving',
    position,
    state: 'done',
    attempt: 1,
    items: 2,
    key: undefined,
    error: undefined,
    measurements: { accuracy },
    ...models[model]?.cell,
  }));
  const store = {
    cells: async () => cells,
    passResults: async (id: string) => models[id]?.passes ?? [pass],
    async *samples(id: string) {
      yield* models[id]?.samples ?? answers;
    },
  };
  return { run, store };
}

async function costsOf(models: Models, options: CostOptions = {}): Promise<TaskCosts> {
  const { run, store } = runOf(models);
  const [costs] = await costsOfRun(store, run, { pricePerHour: 3.6, ...options });
  if (costs === undefined) throw new Error('no costs');
  return costs;
}

const prices = { currency: 'EUR', models: { api: { input: 1, output: 10 } } };

describe('models of one’s own', () => {
  it('have no price where their cell failed or is not finished, and say why', async () => {
    const failed = { state: 'failed', error: { code: 'PB_ENGINE', message: 'broken: it crashed' } } as const;
    const { own } = await costsOf({ good: {}, broken: { cell: failed }, open: { cell: { state: 'running' } } });
    expect(own.map(({ model, fullUse, accuracy: shown }) => [model, fullUse?.value, shown?.status])).toEqual([
      ['good', expect.closeTo(0.1, 12), 'measured'],
      ['broken', undefined, undefined],
      ['open', undefined, undefined],
    ]);
    expect(own.map(({ rate }) => (rate.status === 'unavailable' ? rate.detail : ''))).toEqual([
      '',
      'it crashed',
      'not finished',
    ]);
  });

  it('have no price where their throughput is wrong', async () => {
    const cached = [{ reason: 'cache_hits', detail: '40 % of the prompt tokens were reused' }] as const;
    const { own } = await costsOf({ good: {}, cached: { passes: [{ ...pass, warnings: cached }] } });
    expect(own[1]).toMatchObject({
      fullUse: undefined,
      rate: { status: 'unavailable', detail: 'throughput is invalid: 40 % of the prompt tokens were reused' },
    });
  });

  it('are of no use where they are no better than an answer that needs no model', async () => {
    const right = (value: number): Partial<Cell> => {
      const interval = { low: value - 0.05, high: value + 0.05, level: 0.95, method: 'exact' };
      return { taskId: 'imdb/mini@2', measurements: { accuracy: { ...accuracy, value, n: 100, interval } } };
    };
    const { own } = await costsOf({ good: { cell: right(0.9) }, bad: { cell: right(0.3) } });
    expect(own.map(({ unusable }) => unusable)).toEqual([
      undefined,
      expect.stringMatching(/^30 of 100 right \(at most 0\.\d+\): no better than chance \(0\.5\)$/u),
    ]);
  });

  it('are at servers of one device unless somebody says more', async () => {
    const source = 'http://127.0.0.1:9/v1#m';
    const at = { engine: 'openai', source };
    const { assumedDevice } = await costsOf({
      unsaid: at,
      said: { ...at, engineOptions: { devices: 1 } },
      own: {},
    });
    expect(assumedDevice).toEqual(['unsaid']);
  });

  it('may give more than an open loop asked of them', async () => {
    const load = { requestRate: 10, limits: undefined, good: undefined, asked: 10 };
    const overloaded = [{ reason: 'overloaded', detail: 'a backlog' }] as const;
    const { own } = await costsOf({
      closed: {},
      kept: { passes: [{ ...pass, load }] },
      late: { passes: [{ ...pass, load, warnings: overloaded }] },
    });
    expect(own.map(({ isOffered }) => isOffered)).toEqual([false, true, false]);
  });
});

describe('APIs', () => {
  it('are priced by answers alone: requests that failed are none', async () => {
    const failure = { reason: 'engine', message: 'it is gone' } as const;
    const lost = sampleAt(2, { promptTokens: 0, outputTokens: 0, failure });
    const { apis } = await costsOf({ own: { samples: [...answers, lost] } }, { prices });
    // 100 input tokens at 1, 10 output tokens at 10 of a million each: 0.0002 an answer.
    expect(apis[0]?.price).toMatchObject({ status: 'derived', n: 2, value: expect.closeTo(0.2, 12) as number });
  });

  it('take the tokens of the first model that has any', async () => {
    const none = [sampleAt(0, { promptTokens: 100, outputTokens: 0 })];
    const failed = { state: 'failed', error: { code: 'PB_ENGINE', message: 'x' } } as const;
    const counted = await costsOf({ broken: { cell: failed }, silent: { samples: none }, own: {} }, { prices });
    expect(counted.apis[0]).toMatchObject({ tokensOf: 'own', price: { status: 'derived' } });
    const measured = await costsOf({ api: {}, own: { samples: none } }, { prices });
    expect(measured.apis[0]).toMatchObject({ tokensOf: 'api', accuracy, price: { status: 'derived' } });
    // The API's own answers weren't counted, its accuracy is known nevertheless.
    const uncounted = [sampleAt(0, { promptTokens: undefined, outputTokens: undefined })];
    const other = await costsOf({ api: { samples: uncounted }, own: {} }, { prices });
    expect(other.apis[0]).toMatchObject({ tokensOf: 'own', accuracy, price: { status: 'derived' } });
    const nobody = await costsOf({ own: { samples: none } }, { prices });
    expect(nobody.apis[0]).toMatchObject({ tokensOf: 'own', price: { status: 'unavailable' } });
  });
});

describe('an exported run', () => {
  const models: Models = { api: {}, own: {} };

  async function exportedText(): Promise<string> {
    const { run, store } = runOf(models);
    return runFile({ store: store as unknown as Parameters<typeof runFile>[0]['store'], runs: [run] });
  }

  it('has the costs of the run of the store', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'base.json');
    await writeFile(path, await exportedText());
    const { run, store } = runOf(models);
    const options = { pricePerHour: 3.6, answersPerDay: 1000, prices };
    expect(await costsOfFile(path, 'base.json', options)).toEqual(await costsOfRun(store, run, options));
  });

  it('says that an older version exported it without costs', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'base.json');
    const { cells, run } = parseExportedRun('base.json', await exportedText());
    await writeFile(path, exportedRunText({ run, cells: cells.map((cell) => ({ ...cell, costs: undefined })) }));
    await expect(costsOfFile(path, 'base.json', { pricePerHour: 1 })).rejects.toMatchObject({
      code: 'PB_IMPORT',
      message: expect.stringMatching(/^base\.json: an earlier version of perbench exported it/u) as string,
    });
  });
});
