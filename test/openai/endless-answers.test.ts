import { describe, expect, it } from 'vitest';
import { passOptions, plainRequest, streamOf } from '../conformance/engine-requests.ts';
import { askOf, type Asked, type Became, openAnswering, startAnswering, startOdd } from './answering-server.ts';

/** Asks with a hang time that a test can wait for. */
async function askBriefly(
  answer: (asked: Asked) => void,
  isStreamed: boolean,
  hangMs: number,
  times = 1,
): Promise<Became> {
  await using server = await startOdd();
  await using model = await openAnswering(server, { hangMs });
  return await askOf(model, answer, isStreamed, times);
}

describe('an answer without an end', () => {
  /** Writes again and again until nobody listens any more. */
  function forever({ response }: Asked, head: string, piece: string, everyMs = 0): void {
    response.writeHead(200, { 'content-type': head });
    const write = (): void => {
      if (response.destroyed || response.writableEnded) return;
      const isRoom = response.write(piece);
      if (everyMs > 0) setTimeout(write, everyMs);
      else if (isRoom) setImmediate(write);
      else response.once('drain', write);
    };
    write();
  }
  const large = 'x'.repeat(65_536);

  it.each([
    ['events', 'text/event-stream', `data: ${JSON.stringify({ choices: [{ text: large }] })}\n\n`],
    ['one line', 'text/event-stream', large],
    ['JSON', 'application/json', `"${large}`],
  ])('of %s is cut, and fails alone', async (kind, type, piece) => {
    const { result, others } = await askBriefly(
      (asked) => forever(asked, type, piece),
      kind !== 'JSON',
      60_000,
      Infinity,
    );
    expect(result).toMatchObject({ status: 'failed', message: 'the answer did not end after 4 MiB' });
    expect(others).toBe(2);
  });

  it.each([
    ['comments', 'text/event-stream', ': ping\n\n'],
    ['events without content', 'text/event-stream', 'data: {"choices":[{"delta":{}}]}\n\n'],
    ['white space', 'application/json', ' '],
  ])('of %s hangs', async (kind, type, piece) => {
    const slow = (asked: Asked): void => forever(asked, type, piece, 20);
    const { result } = await askBriefly(slow, kind !== 'white space', 700);
    expect(result).toMatchObject({ status: 'done', text: expect.stringContaining('echo of'), retries: 1 });
  });

  it('of content ends after twelve times the hang time', async () => {
    const slow = (asked: Asked): void =>
      forever(asked, 'text/event-stream', 'data: {"choices":[{"text":"a"}]}\n\n', 50);
    const { result, others } = await askBriefly(slow, true, 500);
    expect(result).toMatchObject({ status: 'failed', message: 'the answer did not end within 6 s' });
    expect(others).toBe(2);
  });

  it.each([
    ['comments', ': ping\n\n'],
    ['white space', '\n'],
    ['half an event', 'data: {'],
  ])('of %s does not keep a model from failing to open', async (_, piece) => {
    await using server = await startOdd((asked) => forever(asked, 'text/event-stream', piece, 20));
    await expect(openAnswering(server, { hangMs: 300, options: { retrySeconds: 1 } })).rejects.toMatchObject({
      code: 'PB_SERVER',
      message: expect.stringContaining('nothing of an answer for 0.3 s, after 2 tries'),
    });
  });

  it('in its headers ends', async () => {
    const slow = ({ response }: Asked): void => {
      const { socket } = response;
      socket?.write('HTTP/1.1 200 OK\r\n');
      const write = (): void => {
        if (socket?.destroyed !== false) return;
        socket.write('x-more: 1\r\n');
        setTimeout(write, 50);
      };
      write();
    };
    const { result } = await askBriefly(slow, false, 700);
    expect(result).toMatchObject({ status: 'done', retries: 1 });
  });
});

it('says that a server asks for more time than there is', async () => {
  await using server = await startAnswering(({ response }) => {
    response.writeHead(429, { 'retry-after': '3600' });
    response.end('{"error":{"message":"slow down"}}');
  });
  await using model = await openAnswering(server);
  const asked = Array.fromAsync(model.generate(streamOf([plainRequest('r', 'Question')]), passOptions()));
  await expect(asked).rejects.toThrow(
    'HTTP 429: slow down, after one try; it asks to wait 3600 s (Retry-After), longer than retrySeconds allows (20 s)',
  );
});
