import { describe, expect, it } from 'vitest';
import { findServedModel } from '../../src/engines/served/find-served-model.ts';
import { type Asked, askOne, openAt, startParticular } from './particular-server.ts';

const never = new AbortController().signal;
const secret = 'sk-gateway-0815';

const wantsHeader = ({ headers }: Asked) =>
  headers['x-gateway-key'] === secret ? undefined : ([403, { message: `missing x-gateway-key ${secret}` }] as const);
const wantsQuery = ({ query }: Asked) =>
  query.includes('api-version') ? undefined : ([404, 'Resource not found'] as const);

const engineOptions = { headers: { 'X-Gateway-Key': '${GATEWAY_KEY}' } };
const environment = { GATEWAY_KEY: secret, EMPTY: ' ', LINES: 'a\nb' };

describe('headers of a served model', () => {
  it('come from the environment, with every request, from every process', async () => {
    const server = await startParticular(wantsHeader);
    const source = `${server.baseUrl}#m`;
    expect((await findServedModel({ source, engineOptions, environment }, never)).names[0]).toBe('m');
    const model = await openAt(source, { engineOptions }, environment, { clientProcesses: 2 });
    await askOne(model);
    expect(server.asked.every(({ headers }) => headers['x-gateway-key'] === secret)).toBe(true);
    expect(JSON.stringify(model.info)).not.toContain(secret);
  });

  it('may stand for the key, beside other text', async () => {
    const server = await startParticular();
    const headers = { Authorization: 'Basic ${GATEWAY_KEY}' };
    await openAt(`${server.baseUrl}#m`, { engineOptions: { headers } }, { ...environment, OPENAI_API_KEY: 'other' });
    expect(new Set(server.asked.map((asked) => asked.headers.authorization))).toEqual(new Set([`Basic ${secret}`]));
  });

  it.each([
    ['x-key', '${MISSING}', 'x-key needs the environment variable MISSING, which is not set'],
    ['x-key', 'Token ${EMPTY}', 'x-key needs the environment variable EMPTY, which is empty'],
    ['x-key', `\${GATEWAY_KEY} ${secret}`, 'the whole value of x-key must come from the environment'],
    ['x-key', 'sk-part-${GATEWAY_KEY}', 'the whole value of x-key must come from the environment'],
    ['x-key', '${2ND_KEY}', 'the whole value of x-key must come from the environment'],
    ['x-key', secret, 'the whole value of x-key must come from the environment'],
    ['x-key', '${LINES}', "LINES holds characters that can't stand in the header x-key"],
    ['Host', '${GATEWAY_KEY}', '"Host" is no header that can be set'],
    ['a b', '${GATEWAY_KEY}', '"a b" is no header that can be set'],
  ])('%s: %s is refused before anything is asked', async (name, value, message) => {
    const server = await startParticular();
    const search = { source: server.baseUrl, engineOptions: { headers: { [name]: value } }, environment };
    const error: unknown = await findServedModel(search, never).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'PB_USAGE', message: expect.stringContaining(message) });
    expect((error as Error).message).not.toContain(secret);
    expect(server.asked).toEqual([]);
  });

  it('are each given once, whatever the letters of its name', async () => {
    const headers = { 'X-Key': '${GATEWAY_KEY}', 'x-key': '${GATEWAY_KEY}' };
    const search = { source: 'http://127.0.0.1:9/v1', engineOptions: { headers }, environment };
    await expect(findServedModel(search, never)).rejects.toThrow('headers: x-key is there twice');
  });

  it('are not repeated in what a server says of them', async () => {
    const server = await startParticular(() => [403, { message: `${secret} is wrong` }]);
    const error: unknown = await findServedModel(
      { source: `${server.baseUrl}#m`, engineOptions, environment },
      never,
    ).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      message: expect.stringContaining('[key] is wrong'),
      hint: expect.stringContaining('headers'),
    });
  });
});

it('a query goes with every request, and stays in the address', async () => {
  const server = await startParticular(wantsQuery);
  const source = `${server.baseUrl}/chat/completions?api-version=2024-10-21`;
  const found = await findServedModel({ source, engineOptions: {}, environment: {} }, never);
  expect(found.source).toBe(`${server.baseUrl}?api-version=2024-10-21#m`);
  await openAt(found.source);
  expect(new Set(server.asked.map(({ query }) => query))).toEqual(new Set(['?api-version=2024-10-21']));
});

it('a deployment is asked at its own address, with its own name', async () => {
  const server = await startParticular(({ path }) =>
    path.endsWith('/models') ? [404, 'Resource not found'] : undefined,
  );
  const { origin } = new URL(server.baseUrl);
  const source = `${origin}/openai/deployments/small/chat/completions?api-version=1`;
  const found = await findServedModel({ source, engineOptions: {}, environment: {} }, never);
  expect(found).toMatchObject({ source: `${origin}/openai/deployments/small?api-version=1#small` });
  await openAt(found.source, { engineOptions: { contextTokens: 4096, loglikelihood: 'none' } });
  expect(server.asked.at(-1)).toMatchObject({
    path: '/openai/deployments/small/chat/completions',
    query: '?api-version=1',
    body: { model: 'small' },
  });
});

it.each([
  [308, 'https://other.example/v1/chat/completions?key=x', 'it redirects to https://other.example/v1/chat/completions'],
  [307, '/v2/chat/completions', /it redirects to http:\/\/127.0.0.1:\d+\/v2\/chat\/completions/],
  [302, 'file:///etc/passwd', 'it redirects to what is no address of a server: file:///etc/passwd'],
  [301, undefined, 'it redirects without saying where to'],
] as const)('a redirect with %d to %s is told, not followed', async (status, location, message) => {
  const server = await startParticular(({ path }) => (path.endsWith('/models') ? undefined : [status, '']), {
    ...(location !== undefined && { location }),
  });
  const error: unknown = await openAt(`${server.baseUrl}#m`).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'PB_SERVER', message: expect.stringMatching(message), hint: expect.any(String) });
  expect((error as Error).message).not.toContain('key=x');
});
