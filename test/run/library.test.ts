import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defineSuite, importAnswers, openSqliteStore, reportRuns, run, type RunEvent } from '../../src/index.ts';
import { testFolder } from '../setup/test-settings.ts';
import { toyItems, toyLetters } from './toy-plan.ts';

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  return Array.fromAsync(events);
}

const mock = { name: 'mock', source: 'none', engine: 'mock' };
const short = { protocol: 'paper', concurrency: 4, waitQuiet: 0 } as const;

it('runs a suite with a task and rows of one’s own', async () => {
  const suite = defineSuite({ models: [mock], tasks: ['toy/letters@1'], ...short });
  const events = await collect(run(suite, { tasks: [{ task: toyLetters, records: toyItems(12) }] }));
  expect(events.find(({ type }) => type === 'cell-end')).toMatchObject({
    state: 'done',
    measurements: { accuracy: { n: 12 }, throughput: { status: 'measured', unit: 'items/s' } },
  });
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished' });
});

it('says in one line which row of them does not fit, or comes twice', async () => {
  const suite = defineSuite({ models: [mock], tasks: ['toy/letters@1'], ...short });
  const bad = [...toyItems(2), { id: 7 }];
  await expect(collect(run(suite, { tasks: [{ task: toyLetters, records: bad }] }))).rejects.toThrow(
    'toy/letters@1:3: `id`',
  );
  const twice = [...toyItems(2), ...toyItems(1)];
  await expect(collect(run(suite, { tasks: [{ task: toyLetters, records: twice }] }))).rejects.toThrow(
    'the id "toy-0" appears twice',
  );
});

it('scores answers that were made elsewhere to a task of one’s own, beside a model that it ran', async () => {
  await using folder = await testFolder();
  await using store = await openSqliteStore({ file: join(folder.path, 'results.db') });
  const tasks = [{ task: toyLetters, records: toyItems(12) }];
  const suite = defineSuite({ models: [mock], tasks: ['toy/letters@1'], ...short });
  await collect(run(suite, { store, tasks }));
  const rows = toyItems(12).map(({ id }, index) => ({ id, output: index < 9 ? 'A' : 'B' }));
  const file = join(folder.path, 'answers.json');
  await writeFile(file, JSON.stringify(rows));
  const { run: imported, isNew } = await importAnswers(file, { store, tasks, model: 'far', task: 'toy/letters@1' });
  expect(isNew).toBe(true);
  const { scoreboards } = await reportRuns(store, await store.listRuns(), { projectDir: folder.path });
  expect(scoreboards.map(({ rows: models }) => models.map(({ model }) => model).toSorted())).toEqual([['far', 'mock']]);
  const [cell] = await store.cells(imported.id);
  expect(cell?.measurements).toMatchObject({
    accuracy: { status: 'measured', value: 0.75, n: 12 },
    latency: { status: 'unavailable', reason: 'made_elsewhere' },
  });
});

it('goes on by force with answers that are of no use', async () => {
  const useless = { ...mock, engineOptions: { answers: ['none'] } };
  const own = { ...toyLetters, id: 'toy/own@1', dataset: undefined };
  const suite = defineSuite({ models: [useless], tasks: [own.id], ...short });
  const ended = async (force: boolean): Promise<unknown> => {
    const events = await collect(run(suite, { tasks: [{ task: own, records: toyItems(30) }], force }));
    return events.find(({ type }) => type === 'cell-end');
  };
  expect(await ended(false)).toMatchObject({ state: 'failed', error: { code: 'PB_ANSWERS' } });
  expect(await ended(true)).toMatchObject({ state: 'done', error: undefined });
});

it('runs the built-in mini set without any data folder', async () => {
  const events = await collect(run(defineSuite({ models: [mock], tasks: ['mini'], limit: 5, ...short })));
  const ended = events.filter((event) => event.type === 'cell-end');
  expect(ended.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done']);
});

it('names an unknown model, task or key', async () => {
  await expect(collect(run({ models: ['smollm2-135m-instrct'] }))).rejects.toThrow('unknown model');
  await expect(collect(run({ models: [mock], tasks: ['gsm9k'] }))).rejects.toThrow('unknown task "gsm9k"');
  const misspelt: Parameters<typeof run>[0] = JSON.parse('{ "modles": [] }');
  await expect(collect(run(misspelt))).rejects.toThrow('modles');
});

it('refuses before the first event a suite that asks for losses of models that have none', async () => {
  const models = [mock, { ...mock, name: 'other' }];
  const suite = defineSuite({ models, tasks: ['toy/letters@1'], loss: true, ...short });
  const types: string[] = [];
  const running = async (): Promise<void> => {
    for await (const { type } of run(suite, { tasks: [{ task: toyLetters, records: toyItems(4) }] })) types.push(type);
  };
  await expect(running()).rejects.toThrow('loss needs two models whose engine gives whole distributions');
  expect(types).toEqual([]);
});
