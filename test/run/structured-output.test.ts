import { expect, it } from 'vitest';
import { UsageError } from '../../src/core/errors.ts';
import type { Task } from '../../src/core/task.ts';
import { defineSuite, defineTask, run, type RunEvent } from '../../src/index.ts';
import { scoreJson } from '../../src/tasks/own/score-json.ts';
import { toyItems, toyLetters } from './toy-plan.ts';

const schema = {
  type: 'object',
  properties: { letter: { enum: ['A', 'B'] } },
  required: ['letter'],
  additionalProperties: false,
};

function jsonTask(id: string, jsonSchema: Readonly<Record<string, unknown>>): Task {
  // What it is asked is the same for every item.
  const base = { ...toyLetters, id, metric: 'acc', kind: 'generate' } as const;
  return defineTask({
    ...base,
    title: 'Toy JSON',
    question: () => ({
      prompt: { plain: 'A letter', chat: [{ role: 'user', content: 'A letter' }] },
      maxTokens: { plain: 20, chat: 20 },
      stop: { plain: [], chat: [] },
      jsonSchema,
    }),
    score: (_item, { text }) => scoreJson(text, { letter: 'A' }, schema),
  });
}

const task = jsonTask('toy/json@1', schema);
const mock = { source: 'none', engine: 'mock' } as const;
const options = { answers: ['it is A'], jsonAnswers: ['{"letter": "A"}'] };
const short = { protocol: 'paper', concurrency: 2, waitQuiet: 0 } as const;

async function ends(suite: Parameters<typeof run>[0]): Promise<Extract<RunEvent, { type: 'cell-end' }>[]> {
  const events = await Array.fromAsync(run(suite, { tasks: [{ task, records: toyItems(6) }] }));
  return events.filter((event) => event.type === 'cell-end');
}

it('holds a model to the schema where its setting says so, and only there', async () => {
  const suite = defineSuite({
    models: [
      { ...mock, name: 'free', engineOptions: options },
      { ...mock, name: 'held', structuredOutput: true, engineOptions: options },
    ],
    tasks: ['toy/json@1'],
    ...short,
  });
  const cells = await ends(suite);
  expect(cells.map(({ measurements }) => measurements['accuracy'])).toMatchObject([{ value: 0 }, { value: 1 }]);
});

it('leaves a cell out that asks an engine for what it cannot hold to', async () => {
  const suite = defineSuite({
    models: [{ ...mock, name: 'held', structuredOutput: true, engineOptions: { ...options, structuredOutput: false } }],
    tasks: ['toy/json@1'],
    ...short,
  });
  const [cell] = await ends(suite);
  expect(cell).toMatchObject({
    state: 'unavailable',
    error: {
      code: 'PB_UNSUPPORTED',
      message: 'toy/json@1 needs structured output, which the engine does not support for this model',
    },
  });
});

it('says before any model is fetched what a model in process can not be held to', async () => {
  const pattern = jsonTask('toy/pattern@1', { type: 'string', pattern: 'x' });
  const suite = defineSuite({
    models: [{ source: 'smollm2-135m-instruct', structuredOutput: true }],
    tasks: ['toy/pattern@1'],
    ...short,
  });
  const started = Array.fromAsync(run(suite, { tasks: [{ task: pattern, records: toyItems(2) }] }));
  await expect(started).rejects.toThrow(UsageError);
  await expect(started).rejects.toThrow(
    'toy/pattern@1: schema: #/pattern: answers can not be held to this keyword while they are decoded',
  );
});
