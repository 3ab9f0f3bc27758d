import { createServer, request as forward } from 'node:http';
import { expect, it } from 'vitest';
import { askOne, openAt, startParticular } from './particular-server.ts';
import { listenOnLoopback } from '../setup/listen-on-loopback.ts';

const host = 'models.example.invalid';

interface StartedProxy {
  readonly port: number;
  /** Addresses that it was asked for. */
  readonly asked: string[];
}

/** A forward proxy that brings every request to one server, if it is told a password it knows. */
async function startProxy(baseUrl: string, password?: string): Promise<StartedProxy> {
  const { hostname, port } = new URL(baseUrl);
  const asked: string[] = [];
  const wanted = `Basic ${Buffer.from(`me:${password ?? ''}`).toString('base64')}`;
  const isKnown = (header: string | undefined): boolean => password === undefined || header === wanted;
  const proxy = createServer((incoming, response) => {
    asked.push(incoming.url ?? '');
    if (!isKnown(incoming.headers['proxy-authorization'])) return void response.writeHead(407).end('who are you?');
    const { pathname, search } = new URL(incoming.url ?? '', baseUrl);
    const { method, headers } = incoming;
    const outgoing = forward({ host: hostname, port, method, path: pathname + search, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  proxy.on('connect', (incoming, socket) => {
    asked.push(incoming.url ?? '');
    socket.end(`HTTP/1.1 ${isKnown(incoming.headers['proxy-authorization']) ? 403 : 407} No\r\n\r\n`);
  });
  return { port: await listenOnLoopback(proxy), asked };
}

it.each([
  ['http_proxy', 'http://'],
  ['HTTP_PROXY', ''],
  ['all_proxy', 'http://'],
  ['HTTP_PROXY', 'http://me:s3cret@'],
])('a server is asked through %s=%s…, from several processes too', async (variable, before) => {
  const server = await startParticular();
  const password = /:(\w+)@/.exec(before)?.[1];
  const proxy = await startProxy(server.baseUrl, password);
  const environment = { [variable]: `${before}127.0.0.1:${proxy.port}` };
  const model = await openAt(`http://${host}/v1#m`, {}, environment, { clientProcesses: 2 });
  const before2 = proxy.asked.length;
  await askOne(model, true);
  expect(proxy.asked.slice(before2)).toEqual([`http://${host}/v1/chat/completions`]);
  expect(proxy.asked).toHaveLength(server.asked.length);
  expect(model.info.notes).toEqual([
    `asked through the proxy http://127.0.0.1:${proxy.port}, whose part of the latency is included`,
  ]);
});

it('loopback is asked directly', async () => {
  const server = await startParticular();
  const proxy = await startProxy(server.baseUrl);
  await openAt(`${server.baseUrl}#m`, {}, { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` });
  expect(proxy.asked).toEqual([]);
});

it.each([
  ['http', '', 'asks for a user and a password, or refuses them (HTTP 407)', 'http://user:password@host:port'],
  ['https', '', 'asks for a user and a password, or refuses them (HTTP 407)', 'http://user:password@host:port'],
  ['https', 'me:right-one@', 'lets no request through (HTTP 403)', 'NO_PROXY'],
  [
    'http',
    'me:wrong-one@',
    'asks for a user and a password, or refuses them (HTTP 407)',
    'http://user:password@host:port',
  ],
] as const)('what a proxy has against %s with %s is one line', async (scheme, user, message, hint) => {
  const { baseUrl } = await startParticular();
  const { port } = await startProxy(baseUrl, 'right-one');
  const environment = { ALL_PROXY: `http://${user}127.0.0.1:${port}` };
  const error: unknown = await openAt(`${scheme}://${host}/v1#m`, {}, environment).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'PB_SERVER',
    message: `${scheme}://${host}/v1: the proxy http://127.0.0.1:${port} ${message}`,
    hint: expect.stringContaining(hint),
  });
});

it('a proxy that is not there is named without its password', async () => {
  const environment = { HTTP_PROXY: 'http://me:s3cret@127.0.0.1:9' };
  const spec = { engineOptions: { retrySeconds: 0 } };
  const error: unknown = await openAt(`http://${host}/v1#m`, spec, environment).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    message: expect.stringContaining('(through the proxy http://127.0.0.1:9)'),
    hint: expect.stringMatching(/^Check the proxy: HTTP_PROXY/),
  });
  expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
});
