import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { OwnRecord, TaskDefinition, TaskScore } from '../../src/core/task-definition.ts';
import type { GenerateTask, ItemScore, LikelihoodTask, Task } from '../../src/core/task.ts';
import { ownChance, ownTask } from '../../src/tasks/own/own-task.ts';
import { readJsonLines, readTaskFile, resolveWritten } from '../setup/own-task-files.ts';

const folder = join(import.meta.dirname, '../../examples/own-tasks');

interface Example {
  readonly definition: TaskDefinition;
  readonly task: Task;
  readonly items: readonly OwnRecord[];
  readonly examples: readonly OwnRecord[];
}

function rowsOf(file: string): readonly Readonly<Record<string, unknown>>[] {
  const path = join(folder, file);
  if (file.endsWith('.jsonl')) return readJsonLines(path);
  const rows: unknown = parse(readFileSync(path, 'utf8'), { columns: true });
  return z.array(z.record(z.string(), z.string())).parse(rows);
}

/** The schema file of a score. */
function scoreOf({ score }: TaskDefinition): TaskScore | undefined {
  if (typeof score !== 'object' || !('json' in score)) return undefined;
  const schema: unknown = JSON.parse(readFileSync(join(folder, String(score.json.schema)), 'utf8'));
  return { kind: 'json', schema: z.record(z.string(), z.unknown()).parse(schema) };
}

function load(file: string): Example {
  const [definition] = readTaskFile(join(folder, file));
  if (definition === undefined) throw new Error(`${file} has no task`);
  const rows = rowsOf(String(definition.data));
  const resolved = resolveWritten(definition, scoreOf(definition));
  const chance = ownChance(
    resolved,
    rows.map((values) => ({ values })),
  );
  const task = ownTask(resolved, { items: rows.length, columns: Object.keys(rows[0] ?? {}), chance, file });
  const read = (row: Readonly<Record<string, unknown>>, position: number) => task.parse(row, position) as OwnRecord;
  const from = definition.examples?.from;
  return {
    definition,
    task,
    items: rows.map(read),
    examples: typeof from === 'string' ? rowsOf(from).map(read) : [],
  };
}

function scores({ task, items }: Example, answer: (item: OwnRecord, index: number) => string): readonly ItemScore[] {
  return items.map((item, index) =>
    (task as GenerateTask).score(item, { text: answer(item, index), finishReason: 'stop' }),
  );
}

function share(of: readonly ItemScore[], value: (score: ItemScore) => number): number {
  return of.reduce((sum, score) => sum + value(score), 0) / of.length;
}

const right = ({ value }: ItemScore): number => value;

describe.each(['tickets', 'receipts', 'orders', 'endings'])('examples/own-tasks/%s.task.yaml', (name) => {
  const example = load(`${name}.task.yaml`);

  it('says what it shows, and has 20 to 40 rows that differ', () => {
    expect(readFileSync(join(folder, `${name}.task.yaml`), 'utf8')).toMatch(/^# [A-Z]/u);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(`${name}.task.yaml`);
    const ids = new Set(example.items.map(({ id }) => id));
    expect(ids.size).toBe(example.items.length);
    expect(ids.size).toBeGreaterThanOrEqual(20);
    expect(ids.size).toBeLessThanOrEqual(40);
    expect(example.task.id).toMatch(new RegExp(`^${name}/own@[0-9a-f]{8}$`, 'u'));
  });
});

describe('the example of labels', () => {
  const example = load('tickets.task.yaml');

  it('asks with an example of each label', () => {
    const task = example.task as GenerateTask;
    const shown = task.pickExamples?.(0, example.examples) ?? [];
    const { prompt } = task.question(example.items[0], shown);
    expect(shown.map((each) => task.expected(each))).toEqual(['billing', 'bug', 'feature']);
    expect(prompt.plain.startsWith('You sort support tickets.\n\nTicket: ')).toBe(true);
    expect(prompt.plain.match(/^Category \(billing, bug, feature\):/gmu)).toHaveLength(4);
    expect(prompt.plain.endsWith('\nCategory (billing, bug, feature):')).toBe(true);
    expect(prompt.chat.map(({ role }) => role)).toEqual([
      'system',
      ...Array.from({ length: 3 }, () => ['user', 'assistant']).flat(),
      'user',
    ]);
    expect(prompt.chat.at(-1)?.content).toBe(
      'I was charged twice for March. Please send one payment back.\n\nWhich category is this ticket: billing, bug, feature? Answer with the category alone.',
    );
  });

  it('has as many tickets of each label, and scores what a model may well say', () => {
    expect(example.task.chance).toBeCloseTo(1 / 3, 12);
    expect(
      share(
        scores(example, (item) => `Category: **${example.task.expected(item)}**.`),
        right,
      ),
    ).toBe(1);
    expect(
      share(
        scores(example, () => 'Bug'),
        right,
      ),
    ).toBeCloseTo(1 / 3, 12);
    expect(
      share(
        scores(example, () => 'billing or bug'),
        ({ isUnparsed }) => Number(isUnparsed),
      ),
    ).toBe(1);
  });
});

describe('the example of numbers', () => {
  const example = load('receipts.task.yaml');

  it('takes an answer that is off by a cent, in a sentence', () => {
    const task = example.task as GenerateTask;
    expect(task.question(example.items[0], []).prompt.plain).toBe(
      'Receipt: 2 notebooks at 3.00 each, 1 pen at 1.50\nTotal:',
    );
    const off = (cents: number) => (item: OwnRecord) =>
      `The total is $${(Number(item.values['total']) + cents / 100).toFixed(2)}.`;
    expect(share(scores(example, off(1)), right)).toBe(1);
    expect(share(scores(example, off(2)), right)).toBe(0);
  });

  it('has totals that its lines add up to', () => {
    for (const { values } of example.items) {
      const lines = String(values['lines']).split(', ');
      const total = lines.reduce((sum, line) => {
        const [, count = '1', price = '0'] = /^(\d+) .* at ([\d.]+)/u.exec(line) ?? [];
        const [, fee = '0'] = /^(?:delivery|fitting|battery) ([\d.]+)/u.exec(line) ?? [];
        const [, less = '0'] = /^([\d.]+) off/u.exec(line) ?? [];
        return sum + Number(count) * Number(price) + Number(fee) - Number(less);
      }, 0);
      const half = lines.includes('at half price') ? 2 : 1;
      expect([values['receipt'], (total / half).toFixed(2)]).toEqual([values['receipt'], values['total']]);
    }
  });
});

describe('the example of JSON', () => {
  const example = load('orders.task.yaml');

  it('shows its schema, and holds answers to it', () => {
    const { prompt, jsonSchema } = (example.task as GenerateTask).question(example.items[0], []);
    expect(prompt.chat[0]?.content).toContain(JSON.stringify(jsonSchema));
    expect(jsonSchema).toMatchObject({ required: ['item', 'count', 'city'] });
  });

  it('tells right fields from valid JSON', () => {
    const fenced = (item: OwnRecord) => `\`\`\`json\n${JSON.stringify(item.values['order'])}\n\`\`\``;
    expect(share(scores(example, fenced), right)).toBe(1);
    const asText = ({ values }: OwnRecord) => JSON.stringify({ ...(values['order'] as object), count: 'some' });
    expect(share(scores(example, asText), right)).toBe(0);
    expect(
      share(
        scores(example, () => 'Three lamps.'),
        ({ isUnparsed }) => Number(isUnparsed),
      ),
    ).toBe(1);
  });
});

describe('the example of multiple choice by likelihood', () => {
  const example = load('endings.task.yaml');

  it('scores each ending after the start of its sentence', () => {
    const task = example.task as LikelihoodTask;
    expect(task.question(example.items[0], [])).toEqual({
      context: 'To keep milk fresh, you put it',
      continuations: [' in the fridge.', ' on the roof.', ' in the oven.', ' under the carpet.'],
    });
    const preferring = (preferred: number) => ({
      continuations: [0, 1, 2, 3].map((choice) => ({
        logprob: choice === preferred ? -1 : -9,
        tokenIds: [choice],
        tokenLogprobs: [choice === preferred ? -1 : -9],
        isGreedy: false,
      })),
    });
    const found = [0, 1, 2, 3].map((choice) =>
      share(
        example.items.map((item) => task.score(item, preferring(choice))),
        right,
      ),
    );
    expect(found).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(task.chance).toBe(0.25);
  });
});
