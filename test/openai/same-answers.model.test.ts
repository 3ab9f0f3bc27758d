import { expect, it } from 'vitest';
import { findLlamaServer, startLlamaServer } from '../setup/llama-server.ts';
import { smallModel } from '../setup/small-models.ts';
import { compareAnswers } from './same-answers.ts';

const tool = await findLlamaServer();

it('gives the same answers through a server as through the llama engine', async (context) => {
  if ('missing' in tool) context.skip(tool.missing);
  const path = await smallModel('smollm2-135m-instruct');
  await using server = await startLlamaServer('folder' in tool ? tool.folder : '', path, { contextTokens: 2048 });
  const comparisons = await compareAnswers({
    model: 'smollm2-135m-instruct',
    baseUrl: server.baseUrl,
    style: 'instruct',
    tasks: ['mini'],
    items: 2,
    concurrency: 2,
    contextTokens: 2048,
  });
  expect(comparisons).toHaveLength(5);
  for (const { items, problems, scored } of comparisons) {
    expect({ items, problems, scored }).toEqual({ items: 2, problems: [], scored: [] });
  }
});
