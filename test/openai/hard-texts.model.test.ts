import { expect, it } from 'vitest';
import type { LoglikelihoodRequest } from '../../src/core/engine.ts';
import { scoreAll } from '../conformance/engine-requests.ts';
import { findLlamaServer, startLlamaServer } from '../setup/llama-server.ts';
import { openSmall } from '../setup/open-small.ts';
import { smallModel } from '../setup/small-models.ts';
import { openScoringClient, scoreBy } from './score-by.ts';

const tool = await findLlamaServer();

/** With a vocabulary of bytes, most of these have tokens that are parts of characters. */
const requests: readonly LoglikelihoodRequest[] = [
  { id: 'Japanese', context: 'x', continuations: [' 日本語', ' y'] },
  { id: 'combining', context: 'Cafe', continuations: ['\u0301 is', ' noir'] },
  { id: 'emoji', context: 'I feel', continuations: [' good 😀 now', '🤷‍♂️'] },
  { id: 'nothing', context: 'ab', continuations: ['\0c', '\r\nd'] },
];

it('scores parts of characters by grammar as the llama engine does', { timeout: 300_000 }, async (context) => {
  if ('missing' in tool) context.skip(tool.missing);
  const name = 'smollm2-135m-instruct';
  const path = await smallModel(name);
  await using server = await startLlamaServer('folder' in tool ? tool.folder : '', path, { slots: 1 });
  await using client = await openScoringClient(server.baseUrl, 'forced');
  const served = await scoreBy(client, requests, 1);
  // Those that the server was built with.
  const kernels = process.platform === 'linux' && process.arch === 'x64' ? { kernels: 'haswell' } : {};
  await using model = await openSmall(name, {
    threads: 1,
    contextTokens: 512,
    model: { engineOptions: { device: 'cpu', ...kernels } },
  });
  const own = await scoreAll(model, requests, { concurrency: 1 });
  for (const { id } of requests) {
    const others = own.get(id)?.continuations ?? [];
    expect(others).toHaveLength(2);
    for (const [index, { tokenIds, tokenLogprobs }] of others.entries()) {
      const said = served.get(id)?.continuations[index];
      expect({ id, tokenIds: said?.tokenIds }).toEqual({ id, tokenIds });
      const apart = tokenLogprobs.map((logprob, at) => Math.abs((said?.tokenLogprobs[at] ?? Infinity) - logprob));
      // Tokens decoded one by one are rounded in another way than together; a wrong value would be off by nats.
      expect(Math.max(...apart)).toBeLessThan(0.2);
    }
    expect(served.get(id)?.retries).toBe(0);
  }
});
