import { expect, it } from 'vitest';
import type { LoglikelihoodResult } from '../../src/core/engine.ts';
import { findLlamaServer, startLlamaServer } from '../setup/llama-server.ts';
import { smallModel } from '../setup/small-models.ts';
import { openScoringClient, scoreBy } from './score-by.ts';

const tool = await findLlamaServer();

const colours = 'red green blue white. ';
const request = {
  id: 'colours',
  context: `${colours.repeat(3)}red`,
  continuations: [' green blue white. red green blue', ' green blue black.'],
};

async function scoreIn(way: 'forced' | 'forced-single', baseUrl: string): Promise<LoglikelihoodResult | undefined> {
  await using client = await openScoringClient(baseUrl, way);
  return (await scoreBy(client, [request], 1)).get(request.id);
}

it('scores by grammar at a server that drafts what it scores token by token', { timeout: 300_000 }, async (context) => {
  if ('missing' in tool) context.skip(tool.missing);
  const path = await smallModel('smollm2-135m-instruct');
  const options = { slots: 1, contextTokens: 512, drafts: true };
  await using server = await startLlamaServer('folder' in tool ? tool.folder : '', path, options);
  const byGrammar = await scoreIn('forced', server.baseUrl);
  const byBias = await scoreIn('forced-single', server.baseUrl);
  // Those that were drafted come without a log-probability, and are asked for singly.
  expect(byGrammar?.exchanges).toBeGreaterThan(1 + request.continuations.length);
  for (const [index, { tokenLogprobs }] of (byBias?.continuations ?? []).entries()) {
    const other = byGrammar?.continuations[index]?.tokenLogprobs ?? [];
    expect(other).toHaveLength(tokenLogprobs.length);
    // Several tokens decoded at once are rounded in another way than one; 0 instead of a value would be off by nats.
    const apart = tokenLogprobs.map((logprob, at) => Math.abs((other[at] ?? Infinity) - logprob));
    expect(Math.max(...apart)).toBeLessThan(0.2);
  }
  expect(byGrammar?.continuations[1]?.logprob).toBeLessThan(-1);
});
