import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openAt } from '../../../test/openai/particular-server.ts';
import { findServedModel } from './find-served-model.ts';
import { listenOnLoopback } from '../../../test/setup/listen-on-loopback.ts';

const never = new AbortController().signal;

/** The origin of a server on loopback that is gone when the test ends. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  const port = await listenOnLoopback(server);
  return `http://127.0.0.1:${port}`;
}

/** A server that answers every question for its models with this. */
async function serveList(body: string, status = 200, type = 'application/json'): Promise<string> {
  return serve((_request, response) => response.writeHead(status, { 'content-type': type }).end(body));
}

const listOf = (...ids: readonly string[]): string => JSON.stringify({ data: ids.map((id) => ({ id })) });

const find = async (source: string, environment = {}, engineOptions = {}) =>
  findServedModel({ source, engineOptions, environment }, never);

describe('the model behind an address', () => {
  it('is the only one there, with the names that it may have', async () => {
    const origin = await serveList(listOf('Qwen/Qwen2.5-0.5B-Instruct'));
    const host = origin.slice('http://'.length);
    for (const written of [origin, `${origin}/v1/`, host, `${origin}/v1/chat/completions`]) {
      expect(await find(written)).toEqual({
        source: `${origin}/v1#Qwen/Qwen2.5-0.5B-Instruct`,
        names: ['Qwen2.5-0.5B-Instruct', `Qwen2.5-0.5B-Instruct@${host}`, 'Qwen/Qwen2.5-0.5B-Instruct'],
      });
    }
  });

  it('keeps an address that says it all as it is', async () => {
    const origin = await serveList(listOf('a', 'b'));
    expect(await find(`${origin}/#b`)).toMatchObject({ source: `${origin}/#b`, names: ['b', expect.anything(), 'b'] });
    const host = origin.slice('http://'.length);
    expect((await find(`${host}#b`)).source).toBe(`${origin}/v1#b`);
  });

  it.each([
    ['a bare list', '[{"id":"m"}]'],
    ['a list with an alias', '{"data":[{"id":"m","aliases":["n"]}]}'],
    ['a list of names', '["m"]'],
    ['names under another key', '{"models":["m"]}'],
    ["Ollama's own list", '{"models":[{"name":"m","model":"m","size":1}]}'],
    ["LM Studio's own list", '{"models":[{"type":"llm","key":"m","max_context_length":99}]}'],
    ['a list within a list', '{"result":{"data":[{"id":"m","meta":"odd","aliases":7}]}}'],
    ['models by their names', '{"data":{"m":{"object":"model"}}}'],
    ['a list with entries that are none', '{"data":[null,3,{"object":"model"},{"id":"m"}]}'],
  ])('is found in %s', async (_, body) => {
    expect((await find(await serveList(body))).names[0]).toBe('m');
  });

  it('may be one level below the address', async () => {
    const origin = await serve(({ url }, response) => {
      if (url === '/api/v1/models') response.end(listOf('m'));
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>');
    });
    expect((await find(`${origin}/api`)).source).toBe(`${origin}/api/v1#m`);
  });

  it.each([
    ['no list', '', 404],
    ['a list without names', '{"data":[]}', 200],
    ['a list of patterns', listOf('openai/*', '*'), 200],
    ['a refusal of the question', '{"detail":"field required"}', 422],
    ['a refusal of the way', 'no', 405],
    ['an error', 'oops', 500],
    ['a list that is none', '{"object":"status"}', 200],
    ['a text', '"hello"', 200],
    ['the name behind a folder', listOf('models/m', 'models/n'), 200],
    ['a name with its tag', listOf('m:latest', 'n:latest'), 200],
  ])('is believed to be there at a server with %s', async (_, body, status) => {
    const origin = await serveList(body, status);
    expect((await find(`${origin}/v1#m`)).names[0]).toBe('m');
  });
});

it.each([
  ['a list without it', listOf('n', 'o'), 200],
  ['a list for others', '{"error":"forbidden"}', 403],
  ['a list behind a login', '<html>Log in</html>', 200],
])('a name is tried at a server with %s', async (_, body, status) => {
  const origin = await serve((request, response) => {
    void Array.fromAsync(request).then((chunks) => {
      const isKnown = Buffer.concat(chunks as Buffer[]).includes('"model":"m"');
      if (isKnown && request.url === '/v1/chat/completions')
        response.end('{"choices":[{"message":{"content":"Hello"}}]}');
      else response.writeHead(request.url === '/v1/models' ? status : 404).end(body);
    });
  });
  expect((await find(`${origin}/v1#m`)).names[0]).toBe('m');
});

it.each([
  ['a gateway that is down for it', '<html>Bad gateway</html>', 502],
  ['no listing', '{"error":"listing is off"}', 503],
  ['a limit on listing', '{"error":"too many"}', 429],
  ['nothing in it', '', 200],
  ['no answer', undefined, 0],
] as const)('a name is tried where the list has %s', async (_, body, status) => {
  const origin = await serve((request, response) => {
    if (request.url === '/v1/chat/completions') response.end('{"choices":[{"message":{"content":"Hello"}}]}');
    else if (body === undefined) response.destroy();
    else response.writeHead(status).end(body);
  });
  expect((await find(`${origin}/v1#m`)).names[0]).toBe('m');
});

describe('a server that answers under any name', () => {
  const serveAny = async (...ids: readonly string[]) =>
    serve((request, response) => {
      const isList = request.url === '/v1/models';
      response.end(isList ? listOf(...ids) : `{"model":"${ids[0]}","choices":[{"message":{"content":"Hello"}}]}`);
    });

  it('is believed where nothing in its list is near, with a warning', async () => {
    const origin = await serveAny('alpha', 'beta');
    expect((await find(`${origin}/v1#my-model`)).names[0]).toBe('my-model');
    await using model = await openAt(`${origin}/v1#my-model`, { engineOptions: { contextTokens: 4096 } });
    expect(model.info.notes?.[0]).toBe(
      'the server does not list "my-model" (it lists alpha, beta), but answers under any name, here by "alpha": check which model it measures',
    );
  });

  it('is not believed where the name is nearly listed', async () => {
    const origin = await serveAny('qwen2.5-7b');
    await expect(find(`${origin}/v1#qwen2.5-7d`)).rejects.toMatchObject({
      code: 'PB_MODEL',
      hint: 'Did you mean "qwen2.5-7b"?',
    });
  });
});

describe('an address without a model', () => {
  const lines = async (origin: Promise<string> | string, environment = {}, suffix = '') => {
    const error: unknown = await find(`${await origin}${suffix}`, environment).catch((caught: unknown) => caught);
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return [code, message.replace(/127\.0\.0\.1:\d+/g, 'host'), hint.replace(/127\.0\.0\.1:\d+/g, 'host')];
  };

  it('has several', async () => {
    expect(await lines(serveList(listOf('a/x', 'b')))).toEqual([
      'PB_MODEL',
      'http://host/v1 serves 2 models: a/x, b',
      'Name one of them after #, as in http://host/v1#a/x.',
    ]);
    const many = Array.from({ length: 30 }, (_, index) => `m${index}`);
    expect((await lines(serveList(listOf(...many))))[1]).toMatch(/m19, and 10 more$/);
  });

  it('has none', async () => {
    for (const body of ['{"data":[]}', '{"object":"list","data":null}'])
      expect(await lines(serveList(body))).toEqual([
        'PB_MODEL',
        'http://host/v1 serves no model: its list of models is empty',
        'Load a model on the server, or name one: http://host/v1#name.',
      ]);
  });

  it('has others', async () => {
    expect(await lines(serveList(listOf('null-model')), {}, '#null-modle')).toEqual([
      'PB_MODEL',
      'http://host/v1 serves no model "null-modle"; it serves: null-model',
      'Did you mean "null-model"?',
    ]);
  });

  it('wants a key', async () => {
    const origin = serveList('{"error":{"message":"no key"}}', 401);
    const [code, message, hint] = await lines(origin);
    expect([code, message]).toEqual([
      'PB_SERVER',
      'http://host/v1/models: the server asks for a key (HTTP 401: no key)',
    ]);
    expect(hint).toMatch(/^Set the environment variable OPENAI_API_KEY to the key, or name another/);
    expect((await lines(origin, { OPENAI_API_KEY: 'sk-wrong' }))[1]).toBe(
      'http://host/v1/models: the server refuses the key in OPENAI_API_KEY (HTTP 401: no key)',
    );
    await expect(find(await origin, { MINE: 'k' }, { apiKeyVariable: 'MINE' })).rejects.toThrow('the key in MINE');
  });

  it('is a web page', async () => {
    const page = '<html><style>a{}</style><title>Log in</title></html>';
    const [code, message, hint] = await lines(serveList(page, 200, 'text/html'));
    expect([code, message]).toEqual(['PB_SERVER', 'http://host/v1/models: expected JSON, got text/html: Log in']);
    expect(hint).toContain('it must be that of the API');
  });

  it('has patterns only', async () => {
    expect(await lines(serveList(listOf('openai/*', '*')))).toEqual([
      'PB_MODEL',
      'http://host/v1 serves models by patterns only: openai/*, *',
      'Name one of them after #, as in http://host/v1#name.',
    ]);
  });

  it('has no list', async () => {
    for (const [body, status, said] of [
      ['nothing here', 404, 'HTTP 404: nothing here'],
      ['{"error":{"message":"odd"}}', 200, 'odd'],
    ] as const) {
      const [code, message, hint] = await lines(serveList(body, status));
      expect([code, message]).toEqual(['PB_SERVER', `http://host/v1: the server has no list of models (${said})`]);
      expect(hint).toContain('name the model: http://host/v1#name');
    }
  });

  it('is answered by nobody', async () => {
    const [code, message, hint] = await lines('http://127.0.0.1:9');
    expect([code, message]).toEqual([
      'PB_SERVER',
      expect.stringMatching(/^http:\/\/host\/v1: no connection \(ECONNREFUSED\), after \d+ tries$/),
    ]);
    expect(hint).toBe('Start the server, or check the address: perbench asks for http://host/v1/models.');
  });
});
