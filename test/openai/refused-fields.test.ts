import { describe, expect, it } from 'vitest';
import { type Asked, askOne, type Objection, openAt, startParticular } from './particular-server.ts';

const isChat = ({ path }: Asked): boolean => path.endsWith('/chat/completions');

/** Refuses a field wherever it is sent. */
const without =
  (field: string, status: number, said: unknown): Objection =>
  (asked) =>
    isChat(asked) && field in asked.body ? [status, said] : undefined;

const openAiError = (message: string, more = {}): object => ({
  error: { message, type: 'invalid_request_error', ...more },
});
const detail = (...loc: readonly string[]): object => ({
  detail: [
    { type: 'extra_forbidden', loc, msg: 'Extra inputs are not permitted', input: { temperature: 0, stop: [] } },
  ],
});

describe('a server that refuses a field', () => {
  const left = (name: string, loss = ''): string =>
    `the server refuses ${name} (left out${loss === '' ? '' : `: ${loss}`})`;
  const vary = left('temperature', 'answers may vary');
  const uncounted = left('stream_options', 'streams may lack token counts');
  const unstreamed = left('stream', 'time to first token and time per output token are unavailable');
  const cut = left('stop', 'answers are cut by perbench');
  const renamed = 'the server refuses max_tokens (sent as max_completion_tokens)';

  it.each([
    ['max_tokens', 400, openAiError("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."), renamed],
    ['max_tokens', 422, detail('body', 'max_tokens'), renamed],
    ['max_tokens', 400, { message: 'Please give max_completion_tokens instead.' }, renamed],
    ['temperature', 400, openAiError('Unsupported value', { param: 'temperature' }), vary],
    ['temperature', 422, 'Sampling parameters cannot be set for reasoning models', vary],
    ['temperature', 500, openAiError('temperature must be 1'), vary],
    ['temperature', 400, 'Bad Request', vary],
    ['stream_options', 422, detail('body', 'stream_options', 'include_usage'), uncounted],
    ['stream_options', 400, { error: 'Unrecognized request argument supplied: stream_options' }, uncounted],
    ['stream_options', 400, openAiError('unknown field "streamOptions"; known: model, stream, stop'), uncounted],
    ['stream', 400, openAiError('streaming is not supported by this model'), unstreamed],
    ['stream', 501, 'not implemented', unstreamed],
    ['max_tokens', 404, openAiError("Unsupported parameter: 'max_tokens'"), renamed],
    ['stream_options', 404, { error: 'Unrecognized argument: stream_options' }, uncounted],
    ['stream', 403, { message: 'This key may not use streaming' }, unstreamed],
    ['stream', 405, { message: 'Streaming is off' }, unstreamed],
    ['stop', 400, openAiError("'stop' is not supported with this model."), cut],
    ['stop', 422, { detail: 'Stop sequences are disabled (request 4711)' }, cut],
  ])('%s with %d: %j', async (field, status, said, note) => {
    const server = await startParticular(without(field, status, said));
    const model = await openAt(`${server.baseUrl}#m`, { engineOptions: { loglikelihood: 'none' } });
    expect(model.info.notes).toEqual([note]);
    const before = server.asked.length;
    expect(await askOne(model)).toMatchObject({ text: 'Hel', finishReason: 'stop' });
    expect(await askOne(model, true)).toMatchObject({ text: 'Hel' });
    // It was learned at the beginning: nothing is refused any more.
    expect(server.asked.slice(before)).toHaveLength(2);
    expect(server.asked.slice(before).some(({ body }) => field in body)).toBe(false);
  });

  it("may have a least limit, and isn't sent another name for that", async () => {
    const server = await startParticular(({ body }) =>
      Number(body['max_tokens'] ?? 99) < 16
        ? [400, openAiError('integer below minimum value. Expected >= 16', { param: 'max_output_tokens' })]
        : undefined,
    );
    expect((await openAt(`${server.baseUrl}#m`)).info.notes).toEqual([]);
  });

  it.each([
    ['out of blocks', 500],
    ['the worker is gone', undefined],
  ])('is not one whose streams fail by themselves: %s', async (message, code) => {
    const server = await startParticular(({ body }) =>
      body['stream'] === true ? [200, `data: ${JSON.stringify({ object: 'error', message, code })}\n\n`] : undefined,
    );
    expect((await openAt(`${server.baseUrl}#m`)).info.notes).toEqual([]);
  });

  it('may refuse several', async () => {
    const server = await startParticular((asked) => {
      const known = new Set(['model', 'messages', 'max_completion_tokens', 'stream']);
      const unknown = isChat(asked) ? Object.keys(asked.body).filter((name) => !known.has(name)) : [];
      return unknown.length === 0 ? undefined : [400, openAiError(`Unknown parameters: ${unknown.join(', ')}`)];
    });
    const { info } = await openAt(`${server.baseUrl}#m`);
    expect(info.notes).toHaveLength(1);
    for (const name of ['max_tokens', 'temperature', 'stop', 'stream_options'])
      expect(info.notes?.[0]).toMatch(new RegExp(`[ ,]${name} \\(`));
  });

  it('keeps what it takes, where two may not be sent together', async () => {
    const server = await startParticular((asked) =>
      isChat(asked) && 'temperature' in asked.body && 'stop' in asked.body
        ? [400, openAiError('temperature and stop cannot both be given')]
        : undefined,
    );
    expect((await openAt(`${server.baseUrl}#m`)).info.notes).toEqual([cut]);
  });

  it('says nothing where everything is taken', async () => {
    const server = await startParticular();
    expect((await openAt(`${server.baseUrl}#m`)).info.notes).toEqual([]);
  });

  it('gives its reason where nothing helps, and for what the user sends', async () => {
    const refused = async (object: Objection, engineOptions = {}): Promise<unknown> => {
      const { baseUrl } = await startParticular(object);
      return openAt(`${baseUrl}#m`, { engineOptions }).catch((error: unknown) => error);
    };
    const noModel: Objection = ({ path }) =>
      path.endsWith('/models') ? undefined : [400, openAiError('The model m is out of order')];
    expect(await refused(noModel)).toMatchObject({
      code: 'PB_SERVER',
      message: expect.stringContaining(
        'generation failed (chat): the server refused the request: The model m is out of order',
      ),
      hint: expect.stringContaining('body'),
    });
    const own = await refused(without('temperature', 400, openAiError('no temperature')), { body: { temperature: 1 } });
    expect(own).toMatchObject({ message: expect.stringContaining('no temperature') });
  });
});

describe('a server with one endpoint', () => {
  const only =
    (ending: string, status: number, said: string): Objection =>
    ({ path }) =>
      path.endsWith('/models') || path.endsWith(ending) ? undefined : [status, said];
  const statuses = [400, 401, 403, 404, 405, 410, 422, 500, 501] as const;

  it.each(statuses)('chats, and has no log-likelihoods with %d', async (status) => {
    const server = await startParticular(only('/chat/completions', status, '<html>Not for you</html>'));
    const model = await openAt(`${server.baseUrl}#m`, { engineOptions: { retrySeconds: 0.1, backoffSeconds: 0.01 } });
    expect(model.capabilities).toMatchObject({ generate: true, loglikelihood: false });
    expect(model.capabilities.whyNoLoglikelihood).toMatch(/Not for you/);
    expect(await askOne(model)).toMatchObject({ text: 'Hel' });
  });

  it('chats, and answers with a page elsewhere', async () => {
    const page: Objection = ({ path }) =>
      path.endsWith('/v1/completions') ? [200, '<html><h1>Sign in</h1></html>'] : undefined;
    const { baseUrl } = await startParticular(page);
    const { capabilities } = await openAt(`${baseUrl}#m`);
    expect(capabilities.whyNoLoglikelihood).toContain('expected JSON');
  });

  it.each(['silence', 'end'] as const)('chats, and has nothing to say elsewhere: %s', async (how) => {
    const { baseUrl } = await startParticular(({ path }) => (path === '/v1/completions' ? how : undefined));
    const engineOptions = { retrySeconds: 0.1, backoffSeconds: 0.01 };
    const model = await openAt(`${baseUrl}#m`, { engineOptions }, {}, { hangMs: 400 });
    expect(model.capabilities.whyNoLoglikelihood).toMatch(
      how === 'silence' ? /no answer for 0.4 s/ : /connection broke/,
    );
    expect(await askOne(model)).toMatchObject({ text: 'Hel' });
  });

  it.each(['/v1/completions', '/v1/chat/completions'])(
    'is asked at %s, where nobody has set a style',
    async (ending) => {
      const { baseUrl } = await startParticular(only(ending, 404, 'no route'));
      const isPlain = ending === '/v1/completions';
      const { info } = await openAt(`${baseUrl}#m`, { name: isPlain ? 'a-instruct' : 'a', promptStyle: 'auto' });
      expect(info.promptStyle).toBe(isPlain ? 'plain' : 'chat');
      expect(info.notes?.[0]).toMatch(/^asked at \/\S+, since \/\S+ does not answer \(HTTP 404: no route\)$/);
      const fixed = openAt(`${baseUrl}#m`, { promptStyle: isPlain ? 'instruct' : 'base' });
      await expect(fixed).rejects.toThrow(
        expect.objectContaining({ hint: expect.stringContaining(isPlain ? 'set style: base' : 'set style: instruct') }),
      );
    },
  );
});
