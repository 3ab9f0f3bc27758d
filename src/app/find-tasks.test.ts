import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf, ticketFolder, ticketRows } from '../../test/setup/ticket-folder.ts';
import { suiteSchema } from '../core/suite.ts';
import type { InferenceDoubt } from '../tasks/own/infer-definition.ts';
import { findTasks } from './find-tasks.ts';
import type { LocalContext } from './local-context.ts';
import { prepareTasks } from './prepare-tasks.ts';

let folder: string;

beforeAll(async () => {
  folder = await ticketFolder();
  const rows = ticketRows(6).map(([text, label], at) => [text, label, at % 2 === 0 ? 'high' : 'low']);
  await writeFile(join(folder, 'doubt.csv'), csvOf(rows, 'text,label,category'));
  await writeFile(join(folder, 'twice.csv'), csvOf([...ticketRows(6), ...ticketRows(3)]));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;
// What finding and reading tasks takes of the world; the rest isn't looked at.
const contextWith = (more: Partial<LocalContext> = {}): LocalContext =>
  ({ workingFolder: folder, ownTasks: undefined, dataDir: undefined, ...more }) as LocalContext;
const suiteOf = (...tasks: readonly unknown[]) => suiteSchema.parse({ models: ['none'], tasks });

describe('findTasks', () => {
  it('asks what the data do not tell, and takes the answer', async () => {
    const asked: [InferenceDoubt, string][] = [];
    const context = contextWith({
      onDoubt: async (doubt, from) => {
        asked.push([doubt, from]);
        return 'category';
      },
    });
    const { resolved } = await findTasks(suiteOf('doubt.csv'), context, signal);
    expect(asked).toEqual([
      [
        { key: 'target', question: 'Which column is the right answer?', candidates: ['label', 'category'] },
        'doubt.csv',
      ],
    ]);
    expect(resolved).toMatchObject([{ target: 'category', labels: ['high', 'low'] }]);
  });

  it('takes no answer for an error', async () => {
    const context = contextWith({ onDoubt: async () => undefined });
    await expect(findTasks(suiteOf('doubt.csv'), context, signal)).rejects.toThrow('It may be label or category');
  });

  it('leaves what a run has stored as it is, without looking at the file', async () => {
    const { suite } = await findTasks(suiteOf('tickets.csv', 'gsm8k/mini'), contextWith(), signal);
    const again = JSON.parse(JSON.stringify(suite)) as typeof suite;
    const elsewhere = contextWith({ workingFolder: '/nowhere' });
    expect((await findTasks(again, elsewhere, signal)).suite.tasks).toEqual(again.tasks);
    const [task] = await prepareTasks({ ...again, tasks: again.tasks.slice(0, 1) }, elsewhere, signal);
    expect(task).toMatchObject({ task: { title: 'tickets', items: 24 }, facts: { items: 24 } });
  });

  it('gives equal rows ids of their own, and a moved file the same ones', async () => {
    const idsOf = async (name: string) => {
      const { suite } = await findTasks(suiteOf(name), contextWith(), signal);
      const [planned] = await prepareTasks(suite, contextWith(), signal);
      return { ids: planned?.items.map((item) => planned.task.itemId(item)) ?? [], sha256: planned?.facts.dataSha256 };
    };
    const { ids, sha256 } = await idsOf('twice.csv');
    expect(new Set(ids).size).toBe(9);
    expect(ids.slice(6)).toEqual(ids.slice(0, 3).map((id) => `${id}-2`));
    await writeFile(join(folder, 'moved.csv'), csvOf([...ticketRows(6), ...ticketRows(3)]));
    expect(await idsOf('moved.csv')).toEqual({ ids, sha256 });
  });

  it('evaluates no row that examples of the same file show, however the file is named', async () => {
    await symlink(join(folder, 'tickets.csv'), join(folder, 'link.csv'));
    for (const from of ['tickets.csv', './tickets.csv', 'link.csv', { path: 'tickets.csv' }]) {
      const definition = { data: 'tickets.csv', examples: { from, count: 4 } };
      const { suite, resolved } = await findTasks(suiteOf({ task: 'tickets', definition }), contextWith(), signal);
      expect(resolved[0]?.examples?.from).toBeUndefined();
      const [planned] = await prepareTasks(suite, contextWith(), signal);
      expect([planned?.items.length, planned?.examples.length]).toEqual([20, 4]);
    }
  });

  it('refuses examples from a folder that holds the data', async () => {
    await mkdir(join(folder, 'both'), { recursive: true });
    await writeFile(join(folder, 'both/tickets.csv'), csvOf(ticketRows(9)));
    const definition = { data: 'both/tickets.csv', examples: { from: 'both', count: 2 } };
    const { suite } = await findTasks(suiteOf({ task: 'tickets', definition }), contextWith(), signal);
    await expect(prepareTasks(suite, contextWith(), signal)).rejects.toThrow('also among the examples');
  });

  it('tells tasks apart by the rows of their examples, wherever these are', async () => {
    await writeFile(join(folder, 'few1.csv'), csvOf(ticketRows(27).slice(24)));
    await writeFile(join(folder, 'few2.csv'), csvOf(ticketRows(27).slice(24)));
    await writeFile(join(folder, 'few3.csv'), csvOf(ticketRows(30).slice(27)));
    const stored = async (from: string, sha256?: string) => {
      const examples = { from, count: 2, ...(sha256 !== undefined && { sha256 }) };
      const entry = { task: 'tickets', definition: { data: 'tickets.csv', examples } };
      return (await findTasks(suiteOf(entry), contextWith(), signal)).suite;
    };
    const [one, same, other] = [await stored('few1.csv'), await stored('few2.csv'), await stored('few3.csv')];
    const idOf = ({ tasks: [entry] }: typeof one) => (typeof entry === 'string' ? entry : entry?.task);
    expect(idOf(same)).toBe(idOf(one));
    expect(idOf(other)).not.toBe(idOf(one));
    // What a run has stored keeps its id, with another number of examples too.
    const again = suiteSchema.parse(JSON.parse(JSON.stringify(one)));
    const [planned] = await prepareTasks(again, contextWith(), signal);
    expect(planned?.task.id).toBe(idOf(one));
    expect(planned?.task.withShots?.(1).own?.examples?.sha256).toMatch(/^[0-9a-f]{64}$/u);
    await expect(stored('few1.csv', 'a'.repeat(64))).rejects.toThrow(
      /examples\.sha256: the rows of \S+few1\.csv have/u,
    );
  });
});
