import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { answerRequest } from './null-server.ts';

it('writes each token of a stream for itself, also at full speed', async () => {
  const body = JSON.stringify({ prompt: 'a', stream: true, max_tokens: 5 });
  const written: string[] = [];
  let turn = 0;
  const request = { method: 'POST', path: '/v1/completions', body };
  answerRequest(request, { tokens: 64, firstTokenMs: 0, tokenMs: 0 }, (text) => {
    if (text.includes(' word')) written.push(`${turn}: ${text.split(' word').length - 1}`);
  });
  for (; turn < 10; turn += 1) await nextTurn();
  const turns = written.map((each) => each.split(':')[0]);
  expect(written.every((each) => each.endsWith(': 1'))).toBe(true);
  expect(new Set(turns).size).toBe(5);
});
