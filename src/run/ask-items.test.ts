import { expect, it } from 'vitest';
import type { Generation, GenerateRequest, LoadedModel, RequestFailure } from '../core/engine.ts';
import type { GenerateTask } from '../core/task.ts';
import { askItems } from './ask-items.ts';
import type { PlannedTask } from './plan.ts';

const task = {
  kind: 'generate',
  question: () => ({
    prompt: { plain: 'Q', chat: [] },
    maxTokens: { plain: 1, chat: 1 },
    stop: { plain: [], chat: [] },
  }),
} as unknown as GenerateTask;

/** Answers each request as it is told, by its number. */
function modelOf(answer: (number: number) => 'done' | RequestFailure['reason']): LoadedModel {
  return {
    info: { promptStyle: 'plain' },
    async *generate(requests: AsyncIterable<GenerateRequest>): AsyncGenerator<Generation> {
      for await (const { id } of requests) {
        const outcome = answer(Number(id));
        if (outcome === 'done') yield { id, status: 'done' } as Generation;
        else yield { id, status: 'failed', reason: outcome, message: `no. ${id}`, promptTokens: undefined };
      }
    },
  } as unknown as LoadedModel;
}

async function answered(answer: Parameters<typeof modelOf>[0]): Promise<{ count: number; error: unknown }> {
  const planned = { task, items: [{}], order: [0] } as unknown as PlannedTask;
  const pass = { concurrency: 1, reuse: 'none', signal: new AbortController().signal } as const;
  let count = 0;
  try {
    for await (const _ of askItems(
      modelOf(answer),
      planned,
      Array.from({ length: 100 }, () => 0),
      pass,
    ))
      count += 1;
  } catch (error) {
    return { count, error };
  }
  return { count, error: undefined };
}

it('ends when the engine has failed twenty requests in a row, each of which was told', async () => {
  expect(await answered((number) => (number < 10 ? 'done' : 'engine'))).toMatchObject({
    count: 30,
    error: { code: 'PB_ENGINE', message: '20 requests in a row failed, the last: no. 29' },
  });
});

it.each([
  ['one in twenty is answered', (number: number) => (number % 20 === 19 ? 'done' : 'engine')],
  ['prompts are too long', () => 'prompt_too_long'],
  ['the template refuses them', () => 'template'],
] satisfies [string, Parameters<typeof modelOf>[0]][])('goes on while %s', async (_, answer) => {
  expect(await answered(answer)).toEqual({ count: 100, error: undefined });
});
