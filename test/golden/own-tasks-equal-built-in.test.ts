/** The five built-in tasks written as task files: same prompts, limits and scores on the mini set, so one path. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OwnRecord } from '../../src/core/task-definition.ts';
import type { GenerateTask, ItemScore, LikelihoodTask, Task } from '../../src/core/task.ts';
import { loadItems } from '../../src/sources/datasets/load-items.ts';
import { loadTask } from '../../src/tasks/index.ts';
import { ownChance, ownTask } from '../../src/tasks/own/own-task.ts';
import { readJsonLines, readTaskFile, resolveWritten } from '../setup/own-task-files.ts';

const signal = new AbortController().signal;
const miniSet = join(import.meta.dirname, '../../src/tasks/mini');
const written = readTaskFile(join(import.meta.dirname, '../fixtures/own-tasks/built-in.task.yaml'));

type Row = Readonly<Record<string, unknown>>;

/** The labels as words, and solutions without the calculator's notes: columns that a user would have. */
function derived(row: Row): Row {
  const { label, text, answer } = row;
  if (typeof text === 'string') return { text, sentiment: label === 1 ? 'positive' : 'negative' };
  return typeof answer === 'string' ? { ...row, solution: answer.replaceAll(/<<[^>]*>>/gu, '') } : row;
}

/** What tells an item of the mini set from the others, in rows and in items of built-in tasks. */
function keyOf({ text, question, endings }: Row): string {
  return JSON.stringify(text ?? question ?? endings);
}

interface Pair {
  readonly builtIn: Task;
  readonly own: Task;
  /** Items of both in the same order. */
  readonly items: readonly (readonly [unknown, OwnRecord])[];
  readonly examples: readonly unknown[];
  readonly ownExamples: readonly OwnRecord[];
}

async function pairOf(name: string): Promise<Pair> {
  const definition = written.find(({ task }) => task === name);
  if (definition === undefined) throw new Error(`no definition of ${name}`);
  const builtIn = await loadTask(`${name}/mini`);
  const loaded = await loadItems(builtIn, {}, signal);
  const rows = readJsonLines(join(miniSet, `${name}.jsonl`)).map(derived);
  const resolved = resolveWritten(definition);
  const chance = ownChance(
    resolved,
    rows.map((values) => ({ values })),
  );
  const own = ownTask(resolved, { items: rows.length, columns: Object.keys(rows[0] ?? {}), chance });
  const parsed = rows.map((row, position) => own.parse(row, position) as OwnRecord);
  const pool = readJsonLines(join(miniSet, `${name}-examples.jsonl`)).map(derived);
  // A file has its examples in the order in which they are shown; the built-in task draws five from its pool.
  const shown = (builtIn.pickExamples?.(0, loaded.examples) ?? []) as readonly Row[];
  const ordered = name === 'gsm8k' ? shown.map((example) => pool.find((row) => keyOf(row) === keyOf(example)) ?? {}) : pool;
  return {
    builtIn,
    own,
    items: loaded.items.map((item) => {
      const match = parsed.find(({ values }) => keyOf(values) === keyOf(item as Row));
      if (match === undefined) throw new Error(`no row of ${builtIn.itemId(item)}`);
      return [item, match] as const;
    }),
    examples: loaded.examples,
    ownExamples: ordered.map((row, position) => own.parse(row, position) as OwnRecord),
  };
}

/** Answers of every kind, around words that may be right or wrong. */
function outputsFor(...words: readonly string[]): readonly string[] {
  return words.flatMap((word) => [
    word,
    ` ${word}.`,
    `\n\n**${word}**\nBecause of this.`,
    `"${word}"`,
    word.toUpperCase(),
    `Answer: ${word}`,
    `The answer is ${word}.`,
    `Sentiment: ${word}`,
    `I think it is ${word}, but I am not sure`,
    `not ${word}`,
    `It isn't ${word}`,
    `${word} or ${words[0]}`,
    `A) ${word}`,
    `#### ${word}`,
    `We get 3 + 4 = 7.\n#### ${word}`,
    String.raw`\boxed{${word}}`,
    `${word}${word}`,
    `(${word})`,
    `the ${word}!`,
  ]);
}

const anything = outputsFor(
  '', ' ', 'positive', 'negative', 'mixed', 'A', 'B', 'C', 'D', 'E', '42', '1,005', '3.50', 'minus 4', 'unanswerable', 'no answer',
  'cannot be answered', 'on Mondays', '1962', 'I cannot tell', '?', '...', 'D\'Artagnan', '¥300', '答案', '<think>A</think>',
);

function verdict({ value, answer, isUnparsed }: ItemScore) {
  return { value, answer, isUnparsed };
}

describe.each(['imdb', 'arc_easy', 'gsm8k', 'squad2'])('%s as a task file', (name) => {
  it('asks the same, with the same limits', async () => {
    const pair = await pairOf(name);
    const [builtIn, own] = [pair.builtIn as GenerateTask, pair.own as GenerateTask];
    const examples = builtIn.pickExamples?.(0, pair.examples) ?? [];
    const ownExamples = own.pickExamples?.(0, pair.ownExamples) ?? [];
    expect(pair.items).toHaveLength(40);
    for (const [item, record] of pair.items) {
      const { prompt, maxTokens, stop } = builtIn.question(item, examples);
      expect(own.question(record, ownExamples)).toEqual({ prompt, maxTokens, stop });
    }
    expect([own.shots, own.category, own.chance]).toEqual([
      builtIn.shots,
      builtIn.category,
      name === 'squad2' ? 0 : builtIn.chance,
    ]);
  });

  it('scores the same', async () => {
    const pair = await pairOf(name);
    const [builtIn, own] = [pair.builtIn as GenerateTask, pair.own as GenerateTask];
    let [right, unread] = [0, 0];
    for (const [item, record] of pair.items) {
      expect(own.expected(record)).toBe(builtIn.expected(item));
      for (const text of [...anything, ...outputsFor(builtIn.expected(item))]) {
        const [wanted, got] = [builtIn, own].map((task, index) =>
          task.score([item, record][index], { text, finishReason: 'stop' }),
        );
        if (wanted === undefined || got === undefined) throw new Error('two scores');
        expect({ text, ...verdict(got) }).toEqual({ text, ...verdict(wanted) });
        right += got.value;
        unread += Number(got.isUnparsed);
      }
    }
    // Something of everything was compared.
    expect(right).toBeGreaterThan(100);
    expect(unread).toBeGreaterThan(100);
  });
});

describe('hellaswag as a task file', () => {
  it('asks and scores the same', async () => {
    const pair = await pairOf('hellaswag');
    const [builtIn, own] = [pair.builtIn as LikelihoodTask, pair.own as LikelihoodTask];
    for (const [index, [item, record]] of pair.items.entries()) {
      expect(own.question(record, [])).toEqual(builtIn.question(item, []));
      const continuations = [0, 1, 2, 3].map((choice) => ({
        logprob: -((index * 7 + choice * 5) % 11) - 1,
        tokenIds: [choice, 9],
        tokenLogprobs: [-1, -((index + choice) % 3)],
        isGreedy: false,
      }));
      expect(own.score(record, { continuations })).toEqual(builtIn.score(item, { continuations }));
    }
  });
});
