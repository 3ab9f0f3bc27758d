import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brief, saying, ticketFolder } from '../../test/setup/ticket-folder.ts';
import type { Engine, LossText } from '../core/engine.ts';
import { EngineError, UsageError } from '../core/errors.ts';
import type { LossPositions } from '../core/loss.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Sample } from '../core/sample.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { sourceSettingsFrom } from '../sources/source-settings.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { LocalContext } from './local-context.ts';
import { laddersOfRun } from './ladders-of-run.ts';
import { measureRunLoss, measureTextLoss, type RunLossOptions, storedLosses, takeSuiteLosses } from './measure-loss.ts';
import { run } from './run.ts';

let folder: string;
let store: Store;
const steps: string[] = [];

beforeEach(async () => {
  folder = await ticketFolder();
  store = await openSqliteStore({ file: ':memory:' });
  steps.length = 0;
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;

function context(): LocalContext {
  const needed = {
    settings: sourceSettingsFrom({}, folder),
    environment: {},
    workingFolder: folder,
    dataDir: undefined,
  };
  // No run is started here: neither meter nor host is asked.
  return { ...needed, onStep: (step: string) => steps.push(step) } as unknown as LocalContext;
}

async function answered(models: readonly ReturnType<typeof saying>[], limit?: number): Promise<RunRecord> {
  const suite = { ...brief, models: [...models], tasks: ['tickets.csv'], ...(limit !== undefined && { limit }) };
  for await (const _ of run(suite, { store, workingFolder: folder })) continue;
  const found = await store.latestRun();
  if (found === undefined) throw new Error('the run is stored');
  return found;
}

function positions(divergence: number): LossPositions {
  const values = Float64Array.of(divergence, divergence);
  const logprobs = Float64Array.of(-1, -1);
  return { divergences: values, baseLogprobs: logprobs, logprobs, sameTop: Uint8Array.of(1, 1) };
}

/** Compares nothing: each text has the same divergence. Models of `broken` can't be loaded. */
function fakeEngine(
  seen: LossText[],
  divergence = 0.5,
  broken: readonly string[] = [],
): (kind: string) => Promise<Engine> {
  return async (kind) => ({
    kind,
    maxConcurrency: 1,
    open: async () => Promise.reject(new Error('nothing is asked')),
    openPair: async (_, model) => {
      if (broken.includes(model.name)) throw new EngineError(`${model.name}: can't be loaded`);
      return {
        promptStyle: 'plain',
        async *compare(texts) {
          for await (const text of texts) {
            seen.push(text);
            yield { id: text.id, status: 'done', positions: positions(divergence) };
          }
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  });
}

function takeLoss(record: RunRecord, more: Partial<RunLossOptions> = {}) {
  return measureRunLoss(store, record, context(), { signal, openEngine: fakeEngine([]), ...more });
}

const models = [saying('first', 'billing'), saying('second', 'bug'), saying('third', 'billing')];

describe('loss of a run', () => {
  it("is taken on the base's answers to the first items of the drawn order, and kept with the run", async () => {
    const record = await answered(models);
    const seen: LossText[] = [];
    const { base, rows, unavailable } = await takeLoss(record, { items: 5, openEngine: fakeEngine(seen) });
    expect([base, unavailable]).toEqual(['first', []]);
    expect(rows.map((row) => [row.record.model, row.record.texts, row.record.tokens])).toEqual([
      ['second', 5, 10],
      ['third', 5, 10],
    ]);
    expect(seen).toHaveLength(10);
    const [text] = seen;
    expect(text).toMatchObject({ kind: 'answer', answer: 'billing word0 word1', prompt: { style: 'plain' } });
    // The same five, for the one and the other.
    expect(seen.slice(0, 5)).toEqual(seen.slice(5));
    expect((await store.getRun(record.id))?.manifest.losses).toEqual(rows.map((row) => row.record));
    expect(steps.at(-1)).toMatch(/^loss of third on tickets\/own@\w+: 5 of 5$/u);
  });

  it('tells how stored answers flipped, of one that says the same none', async () => {
    const { rows } = await takeLoss(await answered(models));
    const [second, third] = rows;
    // Of 24 tickets a third is billing, and a third bug.
    expect(second?.flips).toMatchObject({
      items: 24,
      lost: { count: 8 },
      gained: { count: 8 },
      changed: { count: 24 },
    });
    expect(second?.change).toMatchObject({ value: 0 });
    expect(third?.flips).toMatchObject({ lost: { count: 0 }, gained: { count: 0 }, changed: { count: 0 } });
  });

  it('takes the place of what was taken before, and stands beside other bases', async () => {
    const record = await answered(models);
    await takeLoss(record, { models: ['second'] });
    await takeLoss(record, { models: ['second'], openEngine: fakeEngine([], 0.25) });
    await takeLoss(record, { base: 'third', models: ['second'] });
    const stored = await store.getRun(record.id);
    expect(stored?.manifest.losses?.map((loss) => [loss.model, loss.base, loss.klDivergence.value])).toEqual([
      ['second', 'first', 0.25],
      ['second', 'third', 0.5],
    ]);
    const shown = stored && (await storedLosses(store, stored));
    expect(shown?.rows.map(({ flips }) => flips?.lost.count)).toEqual([8, 8]);
  });

  it("is against the base of the run's question unless another is named, and so is the ladder", async () => {
    const record = await answered(models);
    const question = { text: 'cheapest not worse than second by 0.05', goal: 'cheapest', base: 'second' } as const;
    const race = { question: { ...question, mostAccuracyDrop: 0.05 }, tasks: {} } as unknown as Manifest['race'];
    await store.changeManifest(record.id, (now) => ({ ...now, race }));
    const raced = await store.getRun(record.id);
    if (raced === undefined) throw new Error('the run is stored');
    expect((await takeLoss(raced)).rows.map((row) => row.record.model)).toEqual(['first', 'third']);
    const ladderRows = async (stored: RunRecord) =>
      (await laddersOfRun(store, stored)).flatMap(({ rows }) => rows.map(({ model, loss }) => [model, loss?.base]));
    const after = await store.getRun(record.id);
    expect(after && (await ladderRows(after))).toEqual([
      ['second', undefined],
      ['first', 'second'],
      ['third', 'second'],
    ]);
    expect((await takeLoss(raced, { base: 'first' })).base).toBe('first');
  });

  it('that a suite asks for is told of where it fails, and is no error', async () => {
    const { suite, ...record } = await answered(models);
    const taken = (loss: boolean, more: Partial<RunLossOptions> = {}) =>
      takeSuiteLosses(store, { ...record, suite: { ...suite, loss } }, context(), {
        signal,
        openEngine: fakeEngine([]),
        ...more,
      });
    expect(await taken(false)).toBeUndefined();
    expect((await taken(true))?.table?.rows).toHaveLength(2);
    const broken = fakeEngine([], 0.5, ['second', 'third']);
    const again = `Take them with perbench loss ${record.id}.`;
    expect((await taken(true, { openEngine: broken }))?.problem).toBe(
      `losses were not taken: second: can't be loaded. ${again}`,
    );
    const stopped = AbortSignal.abort();
    const interrupted = async () => {
      throw stopped.reason as Error;
    };
    expect((await taken(true, { signal: stopped, openEngine: interrupted }))?.problem).toBe(
      `losses were not taken: interrupted. ${again}`,
    );
    const bug = async () => {
      throw new TypeError('a bug');
    };
    await expect(taken(true, { openEngine: bug })).rejects.toThrow('a bug');
  });

  it('of a base against itself can be asked for', async () => {
    const { rows } = await takeLoss(await answered(models), { base: 'base', models: ['first'] });
    expect(rows.map(({ record, flips }) => [record.model, record.base, flips?.changed?.count])).toEqual([
      ['first', 'first', 0],
    ]);
  });

  it('is unavailable for a model that fails, and taken for the others', async () => {
    const { rows, unavailable } = await takeLoss(await answered(models), {
      openEngine: fakeEngine([], 0.5, ['second']),
    });
    expect(rows.map(({ record }) => record.model)).toEqual(['third']);
    expect(unavailable).toMatchObject([{ model: 'second', reason: "second: can't be loaded" }]);
  });

  it('is an error where nothing came of any model', async () => {
    const record = await answered(models);
    await expect(takeLoss(record, { openEngine: fakeEngine([], 0.5, ['second', 'third']) })).rejects.toThrow(
      "second: can't be loaded",
    );
    // The engine that answered here has no distributions.
    await expect(takeLoss(record, { openEngine: undefined })).rejects.toThrow(
      "first: the engine mock doesn't give whole distributions of tokens",
    );
  });

  it.each<[reason: string, change: Partial<Sample>]>([
    ['the base gave no answer', { output: ' ' }],
    ['the base gave no answer', { cut: 'content_filter' }],
    ['the base thought before it answered', { thinkingTokens: 4, thoughts: 'Hm.' }],
    ['the base failed on it', { failure: { reason: 'template', message: 'no' } }],
  ])('leaves out items: %s; with fewer than two others it is unavailable', async (reason, change) => {
    const record = await answered(models.slice(0, 2), 3);
    let asked = 0;
    const changed = (atMost: number): Store =>
      new Proxy(store, {
        get: (target, key) => {
          if (key !== 'sample') return (target[key as keyof Store] as () => unknown).bind(target);
          return async (cellId: string, itemId: string) => {
            const sample = await target.sample(cellId, itemId);
            asked += 1;
            return sample && (asked <= atMost ? { ...sample, ...change } : sample);
          };
        },
      });
    const options = { signal, openEngine: fakeEngine([]) };
    const { rows, notes } = await measureRunLoss(changed(1), record, context(), options);
    expect(rows[0]?.record.texts).toBe(2);
    expect(notes).toEqual([expect.stringMatching(new RegExp(`^second on .*: left out 1 item: ${reason}$`, 'u'))]);
    asked = 0;
    const { unavailable } = await measureRunLoss(changed(3), record, context(), options);
    expect(unavailable).toMatchObject([
      { reason: `0 prompts to compare, and at least 2 are needed (3 items: ${reason})` },
    ]);
  });

  it('needs no model that it is not taken of', async () => {
    const record = await answered(models);
    const [first, second, third] = record.suite.models;
    if (first === undefined || second === undefined || typeof third !== 'object') throw new Error('three models');
    const gone = { ...third, engine: 'llama', source: './gone.gguf' };
    const elsewhere = { ...record, suite: { ...record.suite, models: [first, second, gone] } };
    const { rows } = await takeLoss(elsewhere, { models: ['second'] });
    expect(rows.map((row) => row.record.model)).toEqual(['second']);
    await expect(takeLoss(elsewhere)).rejects.toThrow(/gone\.gguf/u);
  });

  it('refuses what it can not be taken of, in one line', async () => {
    const record = await answered(models);
    const refused = async (more: Partial<RunLossOptions>, of = record): Promise<string> => {
      const error: unknown = await takeLoss(of, more).catch((thrown: unknown) => thrown);
      if (!(error instanceof UsageError)) throw error;
      return error.message.replace(record.id, 'RUN');
    };
    const has = 'it has first, second, third';
    await expect(takeLoss(record, { base: 'forth' })).rejects.toThrow('unknown model to compare with "forth"');
    expect(await refused({ models: ['forth'] })).toBe(`run RUN has no model "forth"; ${has}`);
    expect(await refused({ tasks: ['gsm8k'] })).toMatch(/^no task "gsm8k"; available: tickets/u);
    const imported = { tool: 'lm-eval', files: [], measuredAtMs: undefined };
    const elsewhere = { ...record, manifest: { ...record.manifest, imported } };
    expect(await refused({}, elsewhere)).toBe('run RUN was imported: its models are not here');
    expect(await refused({}, await answered(models.slice(0, 1)))).toMatch(/has one model, and loss is that of/u);
  });
});

describe('loss on a text', () => {
  it('is kept with the run under the name and hash of the file', async () => {
    const record = await answered(models);
    await writeFile(join(folder, 'wiki.txt'), 'Many words.');
    const seen: LossText[] = [];
    const text = { file: join(folder, 'wiki.txt'), chunkTokens: 32 };
    const options = { text, items: 7, openEngine: fakeEngine(seen) };
    const { unavailable } = await takeLoss(record, options);
    expect(seen[0]).toEqual({ id: 'wiki.txt', kind: 'plain', text: 'Many words.', chunkTokens: 32, chunks: 7 });
    // The engine's double made a single chunk of it.
    expect(unavailable[0]).toMatchObject({
      source: { kind: 'text', name: 'wiki.txt' },
      reason: '1 chunk to compare, and at least 2 are needed',
    });
  });

  it('is refused where it is not UTF-8, or where there is one model', async () => {
    const file = join(folder, 'latin.txt');
    await writeFile(file, Buffer.from('Stra\u00DFe', 'latin1'));
    const options = { signal, text: { file } };
    await expect(measureTextLoss(['mock:a', 'mock:b'], context(), options)).rejects.toThrow(
      /^latin\.txt:1: not UTF-8/u,
    );
    await expect(measureTextLoss(['mock:a'], context(), options)).rejects.toThrow(/one model was given/u);
  });
});
