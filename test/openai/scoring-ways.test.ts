import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import type {
  EngineOptions,
  LoadedModel,
  LoglikelihoodRequest,
  LoglikelihoodResult,
  ModelSpec,
} from '../../src/core/engine.ts';
import { cutContinuation, promptHead } from '../../src/engines/prompt-tokens.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { passOptions, scoreAll, streamOf } from '../conformance/engine-requests.ts';
import { modelSpec } from '../setup/model-spec.ts';
import {
  type ScoringFault,
  type ScoringServer,
  type ScoringServerOptions,
  startScoringServer,
} from './scoring-server.ts';
import { wordModel as model } from './word-model.ts';

interface Place {
  readonly server: ScoringServer;
  readonly loaded: LoadedModel;
}

async function withServer<Result>(
  options: Omit<ScoringServerOptions, 'model'>,
  use: (place: Place) => Promise<Result>,
  engineOptions: ModelSpec['engineOptions'] = {},
  opened: EngineOptions = {},
): Promise<Result> {
  await using server = await startScoringServer({ model, ...options });
  const spec = modelSpec({ name: 'toy', engine: 'openai', source: server.baseUrl, engineOptions });
  await using loaded = await createOpenAiEngine({ environment: {} }).open(spec, opened, new AbortController().signal);
  server.takeCounts();
  return await use({ server, loaded });
}

type Asked = Pick<LoglikelihoodRequest, 'context' | 'continuations'>;

/** The scores that must come out, cut as the llama engine cuts. */
function right({ context, continuations }: Asked) {
  const own = model.encode(context.trimEnd());
  return continuations.map((continuation) => {
    const tokens = model.encode(context + continuation);
    const { start } = cutContinuation(own, tokens, undefined) ?? { start: 1 };
    const scored = tokens.slice(start).map((token, at) => ({ token, before: tokens[start + at - 1] ?? 0 }));
    const logprob = scored.reduce((sum, { before, token }) => sum + model.logprob(before, token), 0);
    return {
      tokenIds: scored.map(({ token }) => token),
      logprob: logprob.toFixed(9),
      isGreedy: scored.every(({ before, token }) => token === model.likeliest(before)),
    };
  });
}

/** Servers that echo tell no ids. */
const rightWithoutIds = (asked: Asked) => right(asked).map((score) => ({ ...score, tokenIds: [] }));

const told = (result: LoglikelihoodResult | undefined) =>
  result?.continuations.map(({ tokenIds, logprob, isGreedy }) => ({ tokenIds, logprob: logprob.toFixed(9), isGreedy }));

const item = (context: string, continuations: readonly string[], id = 'a') => ({ id, context, continuations });
const sentence = item('The sun', [' is hot', ' sets', ' is of zinc', ' glows in the dark']);
const letters = (question: string) => item(`Which is hot?${question}\nAnswer:`, [' A', ' B', ' C', ' D'], question);
const likeliest = model.textOf(model.likeliest(model.encode('The sun').at(-1) ?? 0));

const hard = {
  'a token over the end of the context': item('Answer:', ['\nB', '\nC or']),
  'a space at the end of the context': item('The sun ', ['is hot', 'in']),
  'parts of characters in the continuation': item('The sun', [' is ☃', ' in']),
  'parts of characters at the end of the context': item('The ☃', [' is', ' in']),
  'no context': item('', ['The sun', ' is']),
  'what the model would say': item('The sun', [likeliest, ' is', ' D']),
  'one continuation': item('The sun', [' is hot']),
  'many continuations': item(
    'The sun',
    Array.from({ length: 30 }, (_, index) => ` is ${index}`),
  ),
};

const scored = (loaded: LoadedModel, ...requests: readonly LoglikelihoodRequest[]) =>
  scoreAll(loaded, requests, { concurrency: 1 });

it.each([
  ['vllm', '/v1/completions'],
  ['sglang', '/generate'],
] as const)('scores an item with one request at %s', async (kind, path) => {
  await withServer({ kind }, async ({ server, loaded }) => {
    const results = await scored(loaded, sentence);
    expect(told(results.get('a'))).toEqual(right(sentence));
    expect(results.get('a')).toMatchObject({ exchanges: 1, boundaryShift: false, reusedTokens: 0 });
    expect(results.get('a')?.promptHead).toEqual(promptHead(model.encode('The sun')));
    expect(server.takeCounts().paths).toEqual([path]);
  });
});

it('scores an item with one request at a server that echoes', async () => {
  await withServer({ kind: 'echo' }, async ({ server, loaded }) => {
    const results = await scored(loaded, sentence);
    expect(told(results.get('a'))).toEqual(rightWithoutIds(sentence));
    expect(server.takeCounts().paths).toEqual(['/v1/completions']);
  });
});

it.each(['vllm', 'sglang'] as const)(
  'asks %s for the context alone where the answers are known tokens',
  async (kind) => {
    await withServer({ kind }, async ({ server, loaded }) => {
      const items = ['', ' Or what?', ' Now?'].map(letters);
      const results = await scored(loaded, ...items);
      for (const one of items) expect(told(results.get(one.id))).toEqual(right(one));
      const { paths, tokens } = server.takeCounts();
      expect(paths).toHaveLength(3);
      const lengths = items.map(({ context }) => model.encode(context).length);
      // The first item's four prompts have one token more each.
      const [first = 0, second = 0, third = 0] = lengths;
      expect(tokens).toBe(4 * (first + 1) + second + third);
      expect(results.get(' Now?')).toMatchObject({ contextTokens: third, decodedTokens: third });
    });
  },
);

it.each(['vllm', 'sglang'] as const)(
  'asks %s without the penalties that a model brings along, so that the likeliest is told as such',
  async (kind) => {
    await withServer({ kind, faults: ['penalty by default'] }, async ({ loaded }) => {
      const answers = [' The', ' sun', ' is', ' hot', ' in', ' of', ' A', ' B', ' C', ' D', ' four'];
      const items = ['One?', 'Two?'].map((id) => item(`${id}\nAnswer:`, answers, id));
      const results = await scored(loaded, ...items);
      for (const one of items) expect(told(results.get(one.id))).toEqual(right(one));
    });
  },
);

it.each(['vllm', 'sglang'] as const)('scores hard texts as the llama engine does at %s', async (kind) => {
  await withServer({ kind }, async ({ loaded }) => {
    for (const [name, request] of Object.entries(hard)) {
      const results = await scored(loaded, { ...request, id: name }, { ...request, id: 'again' });
      expect({ [name]: told(results.get(name)) }).toEqual({ [name]: right(request) });
      expect({ [name]: told(results.get('again')) }).toEqual({ [name]: right(request) });
    }
  });
});

it('scores hard texts as the llama engine does where they are echoed', async () => {
  await withServer({ kind: 'echo' }, async ({ loaded }) => {
    // Nothing is told of the first token, and of parts of characters no more than that they are.
    const echoed = Object.entries(hard).filter(([name]) => !/no context|parts/.test(name));
    for (const [name, request] of echoed) {
      const results = await scored(loaded, request);
      expect({ [name]: told(results.get('a')) }).toEqual({ [name]: rightWithoutIds(request) });
    }
  });
});

it.each(['vllm', 'sglang'] as const)(
  'asks %s for whole items again where it does not tell of all tokens after the probe',
  async (kind) => {
    await withServer({ kind, faults: ['asked letters ignored'] }, async ({ server, loaded }) => {
      const items = ['', ' Or what?', ' Now?'].map(letters);
      const results = await scored(loaded, ...items);
      for (const one of items) expect(told(results.get(one.id))).toEqual(right(one));
      // It is asked for tokens alone once.
      expect(server.takeCounts().paths).toHaveLength(4);
    });
  },
);

const parts = Object.entries(hard).filter(([name]) => name.startsWith('parts'));

it('scores parts of characters that are echoed with the last of them', async () => {
  await withServer({ kind: 'echo', faults: ['parts told with the last'] }, async ({ loaded }) => {
    for (const [, request] of parts)
      expect(told((await scored(loaded, request)).get('a'))).toEqual(rightWithoutIds(request));
  });
});

it.each([[], ['parts ignored']] as const)(
  'fails an item whose echo does not tell where the answer begins: %j',
  async (...faults) => {
    await withServer({ kind: 'echo', faults }, async ({ loaded }) => {
      for (const [, request] of parts) {
        const results = await Array.fromAsync(loaded.loglikelihood(streamOf([request]), passOptions()));
        const message = 'the texts of the echoed tokens do not make up the prompt';
        expect(results).toEqual([expect.objectContaining({ status: 'failed', message })]);
      }
    });
  },
);

it('takes a token for known only after the line where it was seen', async () => {
  await withServer({ kind: 'vllm' }, async ({ loaded }) => {
    const [after, joined] = [item('The sun', ['\n', ' is'], 'after'), item('Answer:', ['\n', ' is'], 'joined')];
    const seen = { ...after, context: 'Answer', id: 'seen' };
    const results = await scored(loaded, after, seen, joined);
    for (const one of [after, seen, joined])
      expect({ [one.id]: told(results.get(one.id)) }).toEqual({ [one.id]: right(one) });
  });
});

it.each([
  ['vllm', 'other order from three on', 'the log-probabilities are of other tokens'],
  ['sglang', 'other order from three on', 'the log-probabilities are of other tokens'],
  ['vllm', 'two at most', '2 answers came for 4 prompts'],
  ['sglang', 'two at most', '2 answers came for 4 prompts'],
  ['echo', 'two at most', '2 answers came for 4 prompts'],
] as const)('fails an item of which %s mixes up prompts after the probe: %s', async (kind, fault, message) => {
  await withServer({ kind, faults: [fault] }, async ({ loaded }) => {
    const results = await Array.fromAsync(loaded.loglikelihood(streamOf([sentence]), passOptions()));
    expect(results).toEqual([expect.objectContaining({ id: 'a', status: 'failed', message })]);
  });
});

it.each(['vllm', 'sglang', 'echo'] as const)('asks %s nothing for an item with an empty continuation', async (kind) => {
  await withServer({ kind }, async ({ server, loaded }) => {
    const request = item('The sun', [' is', '']);
    const results = await Array.fromAsync(loaded.loglikelihood(streamOf([request]), passOptions()));
    expect(results).toEqual([expect.objectContaining({ status: 'failed', message: 'continuation 1 is empty' })]);
    expect(server.takeCounts().paths).toEqual([]);
  });
});

it('says where a token reaches over the end of the context', async () => {
  await withServer({ kind: 'vllm' }, async ({ loaded }) => {
    const results = await scored(loaded, hard['a token over the end of the context']);
    expect(results.get('a')).toMatchObject({ boundaryShift: true });
  });
});

const wayOf = (kind: ScoringServerOptions['kind'], faults: readonly ScoringFault[], loglikelihood = 'auto') =>
  withServer(
    { kind, faults },
    async ({ loaded, server }) => {
      const { capabilities, info } = loaded;
      if (!capabilities.loglikelihood) return { why: capabilities.whyNoLoglikelihood };
      const results = await scored(loaded, sentence, { ...sentence, id: 'again' });
      const logprobs = (scores = told(undefined)) => scores?.map(({ logprob }) => logprob);
      const isRight = [...results.values()].every((result) =>
        isDeepStrictEqual(logprobs(told(result)), logprobs(right(sentence))),
      );
      return { way: info.scoredBy, requests: server.takeCounts().paths.length / 2, isRight };
    },
    { loglikelihood },
  );

const vllm = 'prompt_logprobs of vLLM';
const sglang = 'return_logprob of SGLang';

it.each([
  ['vllm', [], `${vllm} (logprob_token_ids for single tokens, an item a request)`, 1],
  ['vllm', ['other order, told'], `${vllm} (logprob_token_ids for single tokens, an item a request)`, 1],
  ['vllm', ['asked tokens ignored'], `${vllm} (an item a request)`, 1],
  ['vllm', ['softmax among the asked'], `${vllm} (an item a request)`, 1],
  ['vllm', ['stale cache of next tokens'], `${vllm} (an item a request)`, 1],
  ['vllm', ['no texts'], `${vllm} (logprob_token_ids for single tokens, an item a request)`, 6],
  ['vllm', ['no token ids'], `${vllm} (tokens from /tokenize, an item a request)`, 6],
  ['vllm', ['batches refused'], `${vllm} (tokens from /tokenize, a continuation a request)`, 9],
  ['vllm', ['first prompt alone answered'], `${vllm} (tokens from /tokenize, a continuation a request)`, 9],
  ['vllm', ['other order, not told'], `${vllm} (tokens from /tokenize, a continuation a request)`, 9],
  ['vllm', ['values missing'], 'echo with logprobs (an item a request)', 1],
  ['sglang', [], `${sglang} (token_ids_logprob for single tokens, an item a request)`, 1],
  ['sglang', ['asked tokens ignored'], `${sglang} (an item a request)`, 1],
  ['sglang', ['softmax among the asked'], `${sglang} (an item a request)`, 1],
  ['sglang', ['stale cache of next tokens'], `${sglang} (an item a request)`, 1],
  ['sglang', ['no texts'], `${sglang} (token_ids_logprob for single tokens, an item a request)`, 2],
  ['sglang', ['other order, not told'], `${sglang} (tokens from /tokenize, a continuation a request)`, 5],
  ['sglang', ['batches refused'], `${sglang} (tokens from /tokenize, a continuation a request)`, 5],
  ['sglang', ['values missing'], 'echo with logprobs (an item a request)', 1],
  ['echo', [], 'echo with logprobs (an item a request)', 1],
  ['echo', ['batches refused'], 'echo with logprobs (a continuation a request)', 4],
  ['echo', ['first prompt alone answered'], 'echo with logprobs (a continuation a request)', 4],
] as const)('finds what is right at %s with %j', async (kind, faults, way, requests) => {
  expect(await wayOf(kind, faults)).toEqual({ way, requests, isRight: true });
});

it.each([
  ['vllm', ['stale cache'], /: the same words were scored -[\d.]+, then -[\d.]+;/],
  ['sglang', ['stale cache'], /: the same words were scored -[\d.]+, then -[\d.]+;/],
  [
    'vllm',
    ['nothing of prompts'],
    /prompt_logprobs of vLLM \(.*\): the response has no log-probabilities of the prompt; .*echo/s,
  ],
  ['echo', ['other order, not told', 'nothing of prompts'], /echo with logprobs \(an item a request\): /],
] as const)('says why nothing is right at %s with %j', async (kind, faults, why) => {
  expect(await wayOf(kind, faults)).toEqual({ why: expect.stringMatching(why) });
});

it('takes the ways of one kind alone where it is told to', async () => {
  expect(await wayOf('vllm', [], 'echo')).toMatchObject({ way: 'echo with logprobs (an item a request)' });
  expect(await wayOf('vllm', ['values missing'], 'vllm')).toEqual({ why: expect.not.stringContaining('echo') });
});

it('has SGLang compute a long context once', async () => {
  await withServer({ kind: 'sglang', caches: true }, async ({ server, loaded }) => {
    const long = item(`${'Now the sun is hot. '.repeat(200)}Now`, [' is hot', ' sets', ' in', ' A']);
    const results = await scored(loaded, long);
    expect(told(results.get('a'))).toEqual(right(long));
    const { paths, tokens } = server.takeCounts();
    expect(paths).toEqual(['/tokenize', '/generate']);
    const contextTokens = model.encode(long.context).length;
    expect(tokens).toBeGreaterThan(contextTokens);
    expect(tokens).toBeLessThan(contextTokens * 1.1);
    // Of what was shared, only the token that begins every text was from earlier requests.
    expect(results.get('a')).toMatchObject({ reusedTokens: 1, decodedTokens: tokens });
  });
});

it('shares the cache of vLLM between items only in passes that may', async () => {
  await withServer({ kind: 'vllm', caches: true }, async ({ loaded }) => {
    const items = [' One?', ' Two?', ' Three?'].map(letters);
    const apart = await scoreAll(loaded, items, { concurrency: 1, reuse: 'none' });
    expect([...apart.values()].map(({ reusedTokens }) => reusedTokens)).toEqual([0, 0, 0]);
    const shared = await scoreAll(loaded, items, { concurrency: 1, reuse: 'prefix' });
    expect(shared.get(' Three?')?.reusedTokens).toBeGreaterThan(5);
    for (const one of items) expect(told(shared.get(one.id))).toEqual(right(one));
  });
});

it('scores the same from several processes, each of which learns tokens by itself', async () => {
  const items = Array.from({ length: 12 }, (_, index) => letters(` ${index}`));
  const results = await withServer(
    { kind: 'vllm' },
    ({ loaded }) => scoreAll(loaded, items),
    {},
    { clientProcesses: 3 },
  );
  for (const one of items) expect(told(results.get(one.id))).toEqual(right(one));
});
