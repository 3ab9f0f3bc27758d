import { describe, expect, it } from 'vitest';
import { passOptions, plainRequest, streamOf } from '../conformance/engine-requests.ts';
import { type Asked, openAnswering, sendEvents, sendJson, startAnswering, useOddServer } from './answering-server.ts';

const ask = useOddServer();

const right = { prompt_tokens: 9, completion_tokens: 3 };
type Fields = Readonly<Record<string, unknown>>;

/** The same choice, whole and as a stream. */
function both(choice: Fields, more: Fields = { usage: right }) {
  return ({ body, response }: Asked): void => {
    const { text, message, finish_reason: finish, ...rest } = choice;
    if (body['stream'] !== true) {
      sendJson(response, { model: 'm', choices: [choice], ...more });
      return;
    }
    const said = message === undefined ? { text } : { delta: message };
    sendEvents(response, [
      { model: 'm', choices: [{ ...said, ...rest, finish_reason: null }] },
      { choices: [{ delta: {}, text: '', finish_reason: finish }], ...more },
    ]);
  };
}

const ways = [false, true];
const cases = <Case extends readonly unknown[]>(all: readonly Case[]) =>
  all.flatMap((each) => ways.map((isStreamed) => [isStreamed ? 'streamed' : 'whole', ...each] as const));

describe('an answer', () => {
  it.each(
    cases([
      ['length', 'length'],
      ['max_tokens', 'length'],
      ['MAX_TOKENS', 'length'],
      ['token_limit', 'length'],
      ['max_output_tokens', 'length'],
      ['max_length', 'length'],
      ['length_limit', 'length'],
      ['LENGTH', 'length'],
      ['model_length', 'length'],
      ['model_context_window_exceeded', 'length'],
      ['stop', 'stop'],
      ['stop_sequence', 'stop'],
      ['eos_token', 'stop'],
      ['end_turn', 'stop'],
      ['COMPLETE', 'stop'],
      ['content_filter', 'content_filter'],
      ['SAFETY', 'content_filter'],
      ['content_filtered', 'content_filter'],
      ['RECITATION', 'content_filter'],
      ['blocklist', 'content_filter'],
      ['refusal', 'content_filter'],
      [{ type: 'length', length: 64 }, 'length'],
    ]),
  )('%s that ends for %j is ended by %s', async (way, said, finishReason) => {
    const { result } = await ask(both({ text: 'some', finish_reason: said }), way === 'streamed');
    expect(result).toMatchObject({ status: 'done', text: 'some', finishReason });
    expect(result).not.toHaveProperty('remarks');
  });

  it.each(cases([['sparkles'], ['because']]))(
    '%s that ends for the unknown reason "%s" counts, with a mark',
    async (way, said) => {
      const { result } = await ask(both({ text: 'some', finish_reason: said }), way === 'streamed');
      const remarks = [`ended for the unknown reason "${said}" and count as complete`];
      expect(result).toMatchObject({ status: 'done', text: 'some', finishReason: 'stop', remarks });
    },
  );

  const whole = { text: 'Yes' };
  it.each(
    cases([
      [
        'text parts',
        [
          { type: 'text', text: 'Y' },
          { type: 'text', text: 'es' },
        ],
        whole,
      ],
      ['a list of texts', ['Y', 'es'], whole],
      ['one object', { type: 'text', text: 'Yes' }, whole],
      ['output_text', [{ type: 'output_text', text: 'Yes' }], whole],
      ['a text with a value', [{ type: 'text', text: { value: 'Yes' } }], whole],
      [
        'a thinking part',
        [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'Yes' },
        ],
        { text: 'Yes', thoughts: 'Hm.' },
      ],
      ['thoughts that are marked', [{ text: 'Hm.', thought: true }, { text: 'Yes' }], { text: 'Yes', thoughts: 'Hm.' }],
      ['a refusal', [{ type: 'refusal', refusal: 'No.' }], { text: 'No.', finishReason: 'content_filter' }],
    ]),
  )('%s has its content as %s', async (way, _, content, expected) => {
    const { result } = await ask(both({ message: { content }, finish_reason: 'stop' }), way === 'streamed');
    expect(result).toMatchObject({ status: 'done', ...expected });
  });

  it.each(
    cases([
      ['no output', { prompt_tokens: 9, total_tokens: 12 }],
      ['null', { prompt_tokens: 9, completion_tokens: null }],
      ['text', { prompt_tokens: '9', completion_tokens: '3' }],
      ['a fraction', { prompt_tokens: 9, completion_tokens: 2.5 }],
      ['a negative number', { prompt_tokens: -7, completion_tokens: 3 }],
      ['no number of tokens', { prompt_tokens: 9, completion_tokens: 1e308 }],
      ['a list', [9, 3]],
    ]),
  )('%s with %s for a count has none, and a mark', async (way, _, usage) => {
    const { result, others } = await ask(both({ text: 'some', finish_reason: 'stop' }, { usage }), way === 'streamed');
    const remarks = ['have no token counts that can be used'];
    expect(result).toMatchObject({ status: 'done', text: 'some', promptTokens: 0, outputTokens: 0, remarks });
    expect(others).toBe(2);
  });

  it.each(
    cases([
      ['meta/M', undefined],
      ['/models/m.gguf', undefined],
      ['m-2024-08-06', undefined],
      ['gpt-4o-mini', ['came from the model "gpt-4o-mini" instead of "m"']],
      ['m-instruct', ['came from the model "m-instruct" instead of "m"']],
    ]),
  )('%s of the model "%s" has the remarks %j', async (way, model, remarks) => {
    const value = { model, choices: [{ text: 'some', finish_reason: 'stop' }], usage: right };
    const { result } = await ask(({ response }) => {
      if (way === 'streamed') sendEvents(response, [value]);
      else sendJson(response, value);
    }, way === 'streamed');
    expect(result).toMatchObject({ status: 'done', text: 'some' });
    expect((result as { remarks?: unknown }).remarks).toEqual(remarks);
  });

  it.each(
    cases([
      ['choices: null', { choices: null, usage: right }],
      ['no choices', { id: 'x', usage: right }],
      ['an empty list', { choices: [], usage: right }],
      ['an empty choice', { choices: [null] }],
      ['no message', { choices: [{ index: 0, finish_reason: 'stop' }] }],
      ['no object', ['choices']],
      [
        'a filter that let it through',
        { choices: [], prompt_filter_results: [{ content_filter_results: { hate: { filtered: false } } }] },
      ],
    ]),
  )('%s with %s fails its request, with what came', async (way, _, value) => {
    const { result, others } = await ask(({ response }) => {
      if (way === 'streamed') sendEvents(response, [value]);
      else sendJson(response, value);
    }, way === 'streamed');
    const message = `an answer without a choice or a message: ${JSON.stringify(value)}`;
    expect(result).toMatchObject({ status: 'failed', reason: 'engine', message });
    expect(others).toBe(2);
  });

  it.each(
    cases([
      ['Azure', { prompt_filter_results: [{ content_filter_results: { violence: { filtered: true } } }] }],
      ['its older form', { prompt_annotations: [{ content_filter_results: { hate: { filtered: true } } }] }],
      ['Google', { promptFeedback: { blockReason: 'SAFETY' } }],
    ]),
  )('%s without a choice is filtered where %s says so', async (way, _, more) => {
    const { result } = await ask(({ response }) => {
      if (way === 'streamed') sendEvents(response, [{ choices: [], ...more }]);
      else sendJson(response, { choices: [], ...more });
    }, way === 'streamed');
    expect(result).toMatchObject({ status: 'done', finishReason: 'content_filter' });
  });

  it.each([{ role: 'assistant' }, { role: 'assistant', content: '' }])('is not begun by %j alone', async (delta) => {
    const { result } = await ask(({ response }) => sendEvents(response, [{ choices: [{ delta }] }]), true);
    expect(result).toMatchObject({ status: 'failed', message: expect.stringContaining('without a choice') });
  });

  it('that a filter left without a message is filtered', async () => {
    const { result } = await ask(({ response }) => {
      sendJson(response, { choices: [{ message: null, finish_reason: 'content_filter' }] });
    }, false);
    expect(result).toMatchObject({ status: 'done', finishReason: 'content_filter' });
  });

  it('that ends at a limit is cut, however few tokens are counted', async () => {
    const few = { prompt_tokens: 20, completion_tokens: 0, completion_tokens_details: { reasoning_tokens: 64 } };
    const hidden = await ask(both({ text: '', finish_reason: 'length' }, { usage: few }), false);
    expect(hidden.result).toMatchObject({ status: 'done', finishReason: 'budget_cut', thinkingTokens: 64 });
    const capped = await ask(both({ text: 'some', finish_reason: 'length' }), false);
    expect(capped.result).toMatchObject({ status: 'done', finishReason: 'length', outputTokens: 3 });
    const usage = { prompt_tokens: 8180, completion_tokens: 12 };
    const full = await ask(both({ text: 'some', finish_reason: 'length' }, { usage }), false);
    expect(full.result).toMatchObject({ status: 'failed', reason: 'prompt_too_long' });
  });

  it('reads bare numbers of Python, but not inside texts', async () => {
    const text = String.raw`{"choices": [{"text": "NaN, \"-Infinity\"", "finish_reason": "stop", "logprobs": {"token_logprobs": [-0.5, -Infinity]}}], "usage": {"prompt_tokens": 9, "completion_tokens": 3, "cost": NaN}}`;
    const done = { status: 'done', text: 'NaN, "-Infinity"', outputTokens: 3 };
    expect((await ask(({ response }) => sendJson(response, text), false)).result).toMatchObject(done);
    expect((await ask(({ response }) => sendEvents(response, [`data: ${text}\n\n`]), true)).result).toMatchObject(done);
  });
});

describe('an error with status 200', () => {
  const said = 'the engine ran out of blocks';
  const transient: readonly (readonly [string, unknown])[] = [
    ['object: error', { object: 'error', message: said, type: 'InternalServerError', param: null, code: 500 }],
    ['message and code', { message: said, code: 503 }],
    ['error and error_type', { error: said, error_type: 'overloaded' }],
    ['a code as text', { error: { message: said, type: null, code: '429' } }],
    ['detail', { detail: said }],
    ['a list', [{ error: { code: 500, message: said, status: 'INTERNAL' } }]],
    [
      'an error in the choice',
      { choices: [{ text: 'some', finish_reason: 'error', error: { code: 502, message: said } }] },
    ],
    ['type: error', { type: 'error', error: { type: 'overloaded_error', message: said } }],
  ];

  it.each(cases(transient))('%s as %s is asked again', async (way, _, value) => {
    const isStreamed = way === 'streamed';
    const broken = ({ response }: Asked): void => {
      if (isStreamed) sendEvents(response, [{ choices: [{ text: 'so' }] }, value]);
      else sendJson(response, value);
    };
    const passing = await ask(broken, isStreamed, 1);
    expect(passing.result).toMatchObject({ status: 'done', text: expect.stringContaining('echo of'), retries: 1 });
    expect(passing.others).toBe(2);
  });

  it.each([
    ['a named event', `event: error\ndata: {"message":"${said}"}\n\n`],
    ['a named event of plain text', `event: error\ndata: ${said}\n\n`],
    ['plain text', `data: ${said}\n\n`],
    ['a line for errors', `error: {"message":"${said}"}\n\ndata: [DONE]\n\n`],
    ['text before the end', `${said}\n\ndata: [DONE]\n\n`],
    ['no event at all', `{"error": {"message": "${said}"}}`],
  ])('as %s fails its request in the end, with what the server says', async (_, event) => {
    const { result, others } = await ask(({ response }) => sendEvents(response, [event], false), true);
    const message = expect.stringMatching(
      /^an error in an answer with status 200: the engine ran out of blocks, after \d tries$/,
    );
    expect(result).toMatchObject({ status: 'failed', reason: 'engine', message });
    expect(others).toBe(2);
  });

  it.each(
    cases([
      ['invalid_request_error', { error: { message: 'no such field', type: 'invalid_request_error' } }],
      ['a list of details', { detail: [{ loc: ['body'], msg: 'no such field', type: 'value_error' }] }],
    ]),
  )('%s that is the fault of its request (%s) is not asked again', async (way, _, value) => {
    await using server = await startAnswering(({ response }) => {
      if (way === 'streamed') sendEvents(response, [value]);
      else sendJson(response, value);
    });
    await using model = await openAnswering(server);
    const before = server.asked();
    const requests = [plainRequest('r', 'Question', { maxTokens: 64 })];
    const pass = passOptions({ concurrency: 1, isStreamed: way === 'streamed' });
    const results = await Array.fromAsync(model.generate(streamOf(requests), pass));
    expect(results).toMatchObject([{ status: 'failed', message: 'the server refused the request: no such field' }]);
    expect(server.asked() - before).toBe(1);
  });
});

describe('a stream that breaks off', () => {
  it.each(['', 'null', 'None', 'undefined', ' ', 0, 1, false])(
    'behind the finish reason %j is asked again',
    async (finish) => {
      const cut = ({ response }: Asked): void =>
        sendEvents(response, [{ choices: [{ text: 'one', finish_reason: finish }] }], false);
      const { result } = await ask(cut, true, 2);
      expect(result).toMatchObject({ status: 'done', text: expect.stringContaining('echo of'), retries: 2 });
    },
  );

  it.each(['error', 'abort', 'insufficient_system_resource'])('for the reason %s is asked again', async (finish) => {
    const { result } = await ask(both({ text: 'one', finish_reason: finish }), true, 1);
    expect(result).toMatchObject({ status: 'done', text: expect.stringContaining('echo of'), retries: 1 });
  });
});
