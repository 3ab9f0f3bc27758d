import { describe, expect, it } from 'vitest';
import { sendJson, useOddServer } from './answering-server.ts';

const ask = useOddServer();

describe('an answer', () => {
  it.each([
    ["Python's way", "{'choices': [{'text': 'some', 'finish_reason': None}]}"],
    ['two objects', '{"choices":[{"text":"a"}]}{"choices":[{"text":"b"}]}'],
    ['lines', '{"message":{"content":"a"},"done":false}\n{"done":true}\n'],
  ])('in %s is shown, and not asked for again', async (_, text) => {
    const { result } = await ask(({ response }) => sendJson(response, text), false);
    const begin = text.slice(0, 20);
    expect(result).toMatchObject({ status: 'failed', message: expect.stringContaining(begin) });
    expect((result as { message: string }).message).not.toMatch(/truncated|tries/);
  });

  it('may have raw line ends in its texts', async () => {
    const text = '{"choices": [{"text": "one\ntwo\u0001", "finish_reason": "stop"}]}';
    const { result } = await ask(({ response }) => sendJson(response, text), false);
    expect(result).toMatchObject({ status: 'done', text: 'one\ntwo\u0001' });
  });

  it.each([
    [{ message: 'Your input was flagged by moderation', code: 403, metadata: { reasons: ['hate'] } }, 'done'],
    [{ message: 'The prompt was rejected', code: 'content_policy_violation' }, 'done'],
    [{ message: 'Your account was flagged; ask the support' }, 'failed'],
  ])('refused with 403 for %j is %s', async (error, status) => {
    const { result, others } = await ask(
      ({ response }) => response.writeHead(403).end(JSON.stringify({ error })),
      false,
    );
    expect(result).toMatchObject({ status, ...(status === 'done' && { finishReason: 'content_filter' }) });
    expect(others).toBe(2);
  });

  it.each([
    'max_tokens is too large: 64. This model supports at most 20 completion tokens.',
    'max_output_tokens: maximum is 20',
    'Expected max_completion_tokens <= 20, got 64',
  ])('refused for a cap says what to do: %s', async (message) => {
    const { result } = await ask(
      ({ response }) => response.writeHead(400).end(JSON.stringify({ error: { message } })),
      false,
    );
    expect(result).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^the server allows 20 tokens of output.*body=\{"max_tokens":20\}/),
    });
  });
});
