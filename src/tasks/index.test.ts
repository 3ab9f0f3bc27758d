import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UnknownNameError, UsageError } from '../core/errors.ts';
import { defineTask } from '../core/task.ts';
import { loadTask, loadTasks, taskNames, tasks, withShots } from './index.ts';

describe('the registry', () => {
  it.each(Object.keys(tasks))('%s loads a task with its own id', async (id) => {
    const task = await loadTask(id);
    expect(task.id).toBe(id);
    expect(task.items).toBeGreaterThan(0);
    expect(task.title).not.toBe('');
  });

  it('takes short names, groups and ids without a version', async () => {
    expect((await loadTask('gsm8k')).id).toBe('gsm8k/per@2');
    expect((await loadTask('arc_easy')).id).toBe('arc_easy/letters@2');
    expect((await loadTask('squad2/lmeval')).id).toBe('squad2/lmeval@1');
    const all = await loadTasks('all');
    expect(all.map(({ id, items, metric, chance }) => [id, items, metric, chance])).toEqual([
      ['imdb/per@2', 1000, 'acc', 0.5],
      ['hellaswag/per@1', 10_042, 'acc', 0.25],
      ['arc_easy/letters@2', 2376, 'acc', 0.2502],
      ['squad2/per@3', 11_873, 'exact', 0.5007],
      ['gsm8k/per@2', 1319, 'exact_match', 0],
    ]);
    expect((await loadTasks('mini')).map(({ items }) => items)).toEqual([40, 40, 40, 40, 40]);
  });

  it('names what is known and what is near', async () => {
    await expect(loadTask('gms8k')).rejects.toThrow(UnknownNameError);
    await expect(loadTask('gms8k')).rejects.toMatchObject({ near: 'gsm8k', hint: 'Did you mean "gsm8k"?' });
    await expect(loadTask('hellaswag/per@2')).rejects.toMatchObject({ near: 'hellaswag/per@1' });
    for (const name of ['constructor', '__proto__', '', 'undefined', '-3shot@1']) {
      await expect(loadTasks(name)).rejects.toThrow(`unknown task "${name}"; known: all, mini, imdb`);
    }
    expect(taskNames()).toContain('gsm8k/lmeval5-flexible@1');
  });
});

describe('docs/tasks.md', () => {
  it('lists every task, and none besides', async () => {
    const text = await readFile(path.join(import.meta.dirname, '../../docs/tasks.md'), 'utf8');
    const [, table = ''] = text.split('## Built-in tasks');
    const listed = (table.split('## ')[0] ?? '').matchAll(/^\| `([^`]+)`/gmu).toArray();
    expect(listed.map(([, id]) => id)).toEqual(Object.keys(tasks));
  });
});

describe('another number of examples', () => {
  it.each(Object.keys(tasks))('%s has an id of its own, which is found again', async (id) => {
    const task = await loadTask(id);
    const changed = withShots(task, 3);
    expect(changed.id).toBe(id.replace('@', '-3shot@'));
    expect(changed.shots).toBe(3);
    expect((await loadTask(changed.id)).id).toBe(changed.id);
    expect(withShots(changed, 2).id).toBe(id.replace('@', '-2shot@'));
  });

  it.each(Object.keys(tasks))('%s without examples shows none', async (id) => {
    const [task] = await loadTasks(id, 0);
    expect(task?.shots).toBe(0);
  });

  it("of the protocol's own is the protocol itself", async () => {
    expect((await loadTasks('hellaswag', 0))[0]?.id).toBe('hellaswag/per@1');
    expect((await loadTasks('gsm8k/lmeval5-strict', 5))[0]?.id).toBe('gsm8k/lmeval5-strict@1');
    // Five for base models, none for chats: five for both is another prompt.
    expect((await loadTasks('gsm8k', 5))[0]?.id).toBe('gsm8k/per-5shot@2');
  });

  it('is refused where it is out of range or fixed', async () => {
    for (const shots of [-1, 65, 1.5, Number.NaN]) {
      await expect(loadTasks('gsm8k', shots)).rejects.toThrow(UsageError);
    }
    const { withShots: _, ...fixed } = (await loadTask('gsm8k')) as ReturnType<typeof defineTask> & {
      kind: 'generate';
    };
    expect(() => withShots(defineTask(fixed), 1)).toThrow('gsm8k/per@2 has a fixed number of few-shot examples (5)');
  });

  it('in IMDB comes from the train split; the four of the protocol come with perbench', async () => {
    expect((await loadTask('imdb')).dataset).toMatchObject({ fewShotSplit: 'examples', fewShotSource: 'builtin' });
    expect((await loadTask('imdb/per-2shot')).dataset).toEqual({ name: 'imdb', split: 'test', fewShotSplit: 'train' });
  });
});

describe('answers that need no model', () => {
  const lines = async (name: string): Promise<Record<string, unknown>[]> =>
    (await readFile(path.join(import.meta.dirname, 'mini', `${name}.jsonl`), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const longestIndex = (texts: readonly string[]): number =>
    texts.reduce((best, text, index) => (text.length > (texts[best] ?? '').length ? index : best), 0);
  const share = (hits: readonly boolean[]): number => hits.filter(Boolean).length / hits.length;

  it('score on the mini set what its tasks say', async () => {
    const endings = (await lines('hellaswag')) as unknown as { endings: string[]; label: number }[];
    const longestEnding = share(endings.map(({ endings: texts, label }) => longestIndex(texts) === label));
    expect((await loadTask('hellaswag/mini@1')).baselines).toEqual({ longest: longestEnding });
    const questions = (await lines('arc_easy')) as unknown as {
      choices: { text: string[]; label: string[] };
      answerKey: string;
    }[];
    const longestChoice = share(
      questions.map(({ choices, answerKey }) => choices.label[longestIndex(choices.text)] === answerKey),
    );
    expect((await loadTask('arc_easy/mini@2')).baselines).toEqual({ longest: longestChoice });
    const solutions = (await lines('gsm8k')) as unknown as { answer: string }[];
    const counts = Map.groupBy(solutions, ({ answer }) => answer.split('####').at(-1)?.trim());
    const commonest = Math.max(...Array.from(counts.values(), (own) => own.length)) / solutions.length;
    expect((await loadTask('gsm8k/mini@2')).baselines).toEqual({ majority: commonest });
  });
});
