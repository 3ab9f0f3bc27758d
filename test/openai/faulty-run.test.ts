import { describe, expect, it } from 'vitest';
import type { Generation } from '../../src/core/engine.ts';
import { passOptions, plainRequest, streamOf } from '../conformance/engine-requests.ts';
import { answerRight, type Asked, openAnswering, sendEvents, sendJson, startAnswering } from './answering-server.ts';

const items = 500;

const whole = (value: unknown) => (asked: Asked) => sendJson(asked.response, value);
const events =
  (...all: readonly unknown[]) =>
  ({ response }: Asked) =>
    sendEvents(response, all);
const cut =
  (finish: string) =>
  ({ response }: Asked) =>
    sendEvents(response, [{ choices: [{ text: 'one', finish_reason: finish }] }], false);

/** The same as a whole answer and in a stream. */
const either = (value: unknown) => (asked: Asked) =>
  (asked.body['stream'] === true ? events(value) : whole(value))(asked);

/** Faults that pass: the second try is answered right. */
const passing: readonly ((asked: Asked) => void)[] = [
  either({ object: 'error', message: 'out of blocks', type: 'InternalServerError', code: 500 }),
  either({ message: 'busy', code: 503 }),
  either({ error: 'overloaded', error_type: 'overloaded' }),
  either({ detail: 'worker restarted' }),
  either({ choices: [{ text: 'so', finish_reason: 'abort' }] }),
  ({ response }) => sendEvents(response, ['event: error\ndata: lost\n\n'], false),
  cut(''),
  cut('null'),
  ({ response }) => sendJson(response, '{"choices": [{"text": "so'),
  ({ response }) => sendJson(response, ''),
  ({ response }) => void response.writeHead(500).end('{"error":{"message":"out of order"}}'),
  ({ response }) => void response.socket?.resetAndDestroy(),
];

/** Answers that are odd, and yet whole. */
const harmless: readonly ((asked: Asked, text: string) => void)[] = [
  (asked, text) => either({ choices: [{ text, finish_reason: 'stop' }], usage: { prompt_tokens: 9 } })(asked),
  (asked, text) => either({ choices: [{ text: [{ type: 'text', text }], finish_reason: 'stop' }] })(asked),
  (asked, text) => either({ choices: [{ text, finish_reason: 'end_turn' }], usage: { completion_tokens: -7 } })(asked),
  (asked, text) => either({ model: 'another', choices: [{ text, finish_reason: 'why' }] })(asked),
  (asked, text) =>
    sendJson(asked.response, `{"choices": [{"text": ${JSON.stringify(text)}, "finish_reason": "stop"}], "x": NaN}`),
];

/** What can't be answered, however often it is asked. */
const lasting: readonly ((asked: Asked) => void)[] = [
  either({ choices: null }),
  either({ choices: [] }),
  either({ error: { message: 'no such field', type: 'invalid_request_error' } }),
  ({ response }) => void response.writeHead(404).end('{"error":{"message":"lost"}}'),
  ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>'),
];

/** Every twentieth goes wrong, each in the next way. */
function faultOf<Fault>(prompt: string, faults: readonly Fault[]): Fault | undefined {
  const number = Number(prompt.slice('Question '.length));
  return number % 20 === 7 ? faults[Math.floor(number / 20) % faults.length] : undefined;
}

async function run(answer: (asked: Asked) => void, isStreamed: boolean): Promise<ReadonlyMap<string, Generation>> {
  await using server = await startAnswering(answer);
  await using model = await openAnswering(server);
  const requests = Array.from({ length: items }, (_, index) => plainRequest(`r${index}`, `Question ${index}`));
  const results = await Array.fromAsync(
    model.generate(streamOf(requests), passOptions({ concurrency: 8, isStreamed })),
  );
  // Each exactly once.
  expect(results.map(({ id }) => id).toSorted()).toEqual(requests.map(({ id }) => id).toSorted());
  return new Map(results.map((result) => [result.id, result]));
}

const textsOf = (results: ReadonlyMap<string, Generation>): ReadonlyMap<string, string> =>
  new Map([...results].map(([id, result]) => [id, result.status === 'failed' ? 'failed' : result.text]));

const without = new Map(Array.from({ length: items }, (_, index) => [`r${index}`, `echo of Question ${index}`]));

describe.each([
  ['whole', false],
  ['streamed', true],
])('500 answers, %s, of which one in twenty goes wrong', (_way, isStreamed) => {
  it('are the same as without faults where those pass', async () => {
    let faults = 0;
    const results = await run((asked) => {
      const fault = asked.attempt === 1 ? faultOf(asked.prompt, passing) : undefined;
      if (fault !== undefined) faults += 1;
      (fault ?? answerRight)(asked);
    }, isStreamed);
    expect(faults).toBe(25);
    const texts = textsOf(results);
    expect(texts.size).toBe(items);
    for (const [id, text] of without) expect([id, texts.get(id)]).toEqual([id, text]);
    const retried = [...results.values()].filter((result) => result.status === 'done' && result.retries > 0);
    expect(retried.length).toBeGreaterThanOrEqual(faults);
  });

  it('are the same where they are only odd', async () => {
    const results = await run((asked) => {
      const odd = faultOf(asked.prompt, harmless);
      if (odd === undefined) answerRight(asked);
      else odd(asked, `echo of ${asked.prompt}`);
    }, isStreamed);
    const texts = textsOf(results);
    for (const [id, text] of without) expect([id, texts.get(id)]).toEqual([id, text]);
  });

  it('fail alone where they cannot be understood', async () => {
    const results = await run((asked) => (faultOf(asked.prompt, lasting) ?? answerRight)(asked), isStreamed);
    const failed = [...results.values()].filter(({ status }) => status === 'failed').map(({ id }) => id);
    const expected = Array.from({ length: 25 }, (_, index) => `r${index * 20 + 7}`);
    expect(failed.toSorted()).toEqual(expected.toSorted());
    const texts = textsOf(results);
    for (const [id, text] of without)
      expect([id, texts.get(id)]).toEqual([id, expected.includes(id) ? 'failed' : text]);
  });
});
