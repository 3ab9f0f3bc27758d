import { describe, expect, it } from 'vitest';
import type { ItemScore, Task } from '../../src/core/task.ts';
import { loadItems } from '../../src/sources/datasets/load-items.ts';
import type { Gsm8kItem } from '../../src/tasks/gsm8k.ts';
import type { HellaswagItem } from '../../src/tasks/hellaswag.ts';
import { loadTask, loadTasks } from '../../src/tasks/index.ts';
import type { SquadItem } from '../../src/tasks/squad.ts';

const signal = new AbortController().signal;

async function mini<Item>(name: string): Promise<readonly Item[]> {
  return (await loadItems(await loadTask(`${name}/mini`), {}, signal)).items as readonly Item[];
}

function perfectText(task: Task, item: unknown): string {
  const expected = task.expected(item);
  return expected === '(no answer)' ? 'unanswerable' : expected;
}

describe('the mini set', () => {
  it('has 40 items and at least 5 examples for each task', async () => {
    for (const task of await loadTasks('mini', 5)) {
      const { items, examples, notes } = await loadItems(task, {}, signal);
      expect([task.id, items.length, notes]).toEqual([task.id, 40, []]);
      expect(examples.length).toBeGreaterThanOrEqual(5);
      expect(task.pickExamples?.(0, examples)).toHaveLength(5);
    }
  });

  it('gives full marks to the reference answers', async () => {
    for (const task of await loadTasks('mini')) {
      if (task.kind !== 'generate') continue;
      const { items } = await loadItems(task, {}, signal);
      const scores = items.map((item): ItemScore => task.score(item, { text: perfectText(task, item), finishReason: 'stop' }));
      expect([task.id, scores.every(({ value }) => value === 1)]).toEqual([task.id, true]);
    }
  });

  it('has balanced gold answers', async () => {
    const shares = async (name: string): Promise<readonly number[]> => {
      const task = await loadTask(`${name}/mini`);
      const { items } = await loadItems(task, {}, signal);
      const gold = Map.groupBy(items, (item) => String((item as { readonly gold?: number }).gold ?? task.expected(item)));
      return Array.from(gold.values(), ({ length }) => length);
    };
    expect(await shares('imdb')).toEqual([20, 20]);
    expect(await shares('arc_easy')).toEqual([10, 10, 10, 10]);
    expect(await shares('hellaswag')).toEqual([10, 10, 10, 10]);
    expect((await mini<SquadItem>('squad2')).filter(({ answers }) => answers.length === 0)).toHaveLength(20);
  });

  it('cannot be solved by length alone', async () => {
    const items = await mini<HellaswagItem>('hellaswag');
    const right = (pick: (lengths: readonly number[]) => number): number =>
      items.filter(({ endings, gold }) => {
        const lengths = endings.map(({ length }) => length);
        return lengths[gold] === pick(lengths);
      }).length;
    expect(right((lengths) => Math.max(...lengths))).toBeLessThanOrEqual(14);
    expect(right((lengths) => Math.min(...lengths))).toBeLessThanOrEqual(14);
  });

  it('calculates right in every step', async () => {
    const steps = (await mini<Gsm8kItem>('gsm8k')).flatMap(({ solution, answer }) => {
      const notes = solution.matchAll(/<<([\d.]+)([-+*/])([\d.]+)(?:([-+*/])([\d.]+))?=([\d.]+)>>([\d.]+)/gu).toArray();
      expect(notes.at(-1)?.[6]).toBe(answer);
      return notes;
    });
    expect(steps.length).toBeGreaterThan(70);
    const apply = (left: number, sign: string | undefined, right: string | undefined): number => {
      const operand = Number(right);
      if (sign === '+') return left + operand;
      if (sign === '-') return left - operand;
      if (sign === '*') return left * operand;
      return sign === '/' ? left / operand : left;
    };
    for (const [note, first, sign, second, nextSign, third, result, shown] of steps) {
      const value = apply(apply(Number(first), sign, second), nextSign, third);
      expect([note, String(value), shown]).toEqual([note, result, result]);
    }
  });

  it('copies every answer of SQuAD from its passage', async () => {
    for (const { context, answers } of await mini<SquadItem>('squad2')) {
      expect(answers.filter((answer) => !context.includes(answer))).toEqual([]);
    }
  });
});
