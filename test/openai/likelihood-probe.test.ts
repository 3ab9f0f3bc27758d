import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import type { EngineOptions, LoadedModel } from '../../src/core/engine.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { scoreAll } from '../conformance/engine-requests.ts';

/** A model whose tokens are characters: each depends on the one before it. */
const vocabulary = Array.from({ length: 95 }, (_, index) => index + 32);
const logprobOf = (before: number, token: number): number => -((token * 31 + before * 17) % 97) / 20;
const likeliest = (before: number): number =>
  vocabulary.reduce((best, token) => (logprobOf(before, token) > logprobOf(before, best) ? token : best));
const codes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const sumOf = (context: string, continuation: string): number => {
  const all = codes(context + continuation);
  return all.reduce((sum, token, at) => (at < context.length ? sum : sum + logprobOf(all[at - 1] ?? 0, token)), 0);
};

interface Body {
  readonly prompt: string | number[];
  readonly input_ids: number[];
  readonly echo?: boolean;
  readonly prompt_logprobs?: number;
}

function completion(body: Body, echoes: 'right' | 'wrong'): object {
  const tokens = typeof body.prompt === 'string' ? codes(body.prompt) : body.prompt;
  const next = likeliest(tokens.at(-1) ?? 0);
  const text = String.fromCharCode(next);
  const entries = tokens.map((token, at) => {
    const before = tokens[at - 1];
    if (before === undefined) return null;
    const top = likeliest(before);
    return { [token]: { logprob: logprobOf(before, token) }, [top]: { logprob: logprobOf(before, top) } };
  });
  const all = body.echo === true ? [...tokens, next] : [next];
  // What llama-server does when it is asked to echo: nothing, without an error.
  const shown = body.echo === true && echoes === 'wrong' ? [next] : all;
  const logprobs = {
    tokens: shown.map((token) => String.fromCharCode(token)),
    token_logprobs: shown.map((token, at) =>
      at === 0 && shown.length > 1 ? null : logprobOf(shown[at - 1] ?? tokens.at(-1) ?? 0, token),
    ),
    top_logprobs: shown.map((_, at) => {
      const before = shown[at - 1] ?? tokens.at(-1) ?? 0;
      return { top: logprobOf(before, likeliest(before)) };
    }),
    text_offset: shown.map((_, at) => at),
  };
  const usage = { prompt_tokens: tokens.length, completion_tokens: 1 };
  return {
    choices: [
      {
        text,
        finish_reason: 'stop',
        logprobs,
        ...(body.prompt_logprobs !== undefined && { prompt_logprobs: entries }),
      },
    ],
    usage,
  };
}

function sglang({ input_ids: tokens }: Body): object {
  const own = tokens.map((token, at) => [at === 0 ? null : logprobOf(tokens[at - 1] ?? 0, token), token, null]);
  const top = tokens.map((_, at) => {
    const best = likeliest(tokens[at - 1] ?? 0);
    return at === 0 ? null : [[logprobOf(tokens[at - 1] ?? 0, best), best, null]];
  });
  return { text: '', meta_info: { input_token_logprobs: own, input_top_logprobs: top } };
}

async function withServer<Result>(
  owner: string,
  echoes: 'right' | 'wrong',
  use: (model: LoadedModel) => Promise<Result>,
  options: EngineOptions = {},
): Promise<Result> {
  const server = createServer((request, response) => {
    void Array.fromAsync(request).then((chunks) => {
      const body = (request.method === 'POST' ? JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) : {}) as Body;
      const path = request.url ?? '';
      response.setHeader('content-type', 'application/json');
      if (path === '/v1/models')
        response.end(JSON.stringify({ data: [{ id: 'toy', owned_by: owner, max_model_len: 512 }] }));
      else if (path === '/v1/completions') response.end(JSON.stringify(completion(body, echoes)));
      else if (path === '/tokenize' && owner !== 'x')
        response.end(JSON.stringify({ tokens: codes(String(body.prompt)) }));
      else if (path === '/generate' && owner === 'sglang') response.end(JSON.stringify(sglang(body)));
      else response.writeHead(404).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const spec = modelSpec({ name: 'toy', engine: 'openai', source: `http://127.0.0.1:${port}/v1` });
  try {
    await using model = await createOpenAiEngine({ environment: {} }).open(spec, options, new AbortController().signal);
    return await use(model);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it.each(['vllm', 'sglang', 'x'])('scores at a server of the kind %s', async (owner) => {
  const results = await withServer(owner, 'right', async (model) => {
    expect(model.capabilities).toMatchObject({ loglikelihood: true, isLoglikelihoodDetour: false });
    return scoreAll(model, [{ id: 'a', context: 'The sun ', continuations: ['is hot', 'sets'] }]);
  });
  const [first, second] = results.get('a')?.continuations ?? [];
  // The space at the end of the context belongs to what follows.
  expect(first?.logprob).toBeCloseTo(sumOf('The sun', ' is hot'), 9);
  expect(second?.logprob).toBeCloseTo(sumOf('The sun', ' sets'), 9);
  expect(results.get('a')).toMatchObject({ contextTokens: 7, boundaryShift: false });
});

it('scores the same from several processes', async () => {
  const requests = Array.from({ length: 12 }, (_, index) => ({
    id: String(index),
    context: `The sun ${index}`,
    continuations: [' is hot', ' sets'],
  }));
  const scoreFrom = (clientProcesses: number) =>
    withServer('vllm', 'right', (model) => scoreAll(model, requests), { clientProcesses });
  const [one, three] = [await scoreFrom(1), await scoreFrom(3)];
  expect(three.size).toBe(12);
  for (const [id, { continuations }] of one) expect(three.get(id)?.continuations).toEqual(continuations);
});

it('takes no server for able that ignores echo', async () => {
  const capabilities = await withServer('x', 'wrong', async (model) => model.capabilities);
  expect(capabilities).toMatchObject({
    generate: true,
    loglikelihood: false,
    whyNoLoglikelihood: expect.stringContaining('echo with logprobs:'),
  });
});
