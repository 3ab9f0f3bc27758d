import { expect, it } from 'vitest';
import { readFinish } from './finish-reason.ts';

it.each([
  ['content_filter', 'content_filter'],
  ['CONTENT_FILTERED', 'content_filter'],
  ['SAFETY', 'content_filter'],
  ['refusal', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
  ['length', 'length'],
  ['MAX_TOKENS', 'length'],
  ['model_length', 'length'],
  [{ type: 'length', length: 16 }, 'length'],
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['tool_calls', 'stop'],
  ['error', 'fault'],
  ['weather', 'weather'],
  ['', undefined],
  ['null', undefined],
  [null, undefined],
  [0, undefined],
  [7, undefined],
  [false, undefined],
  ['0', undefined],
])('reads %j as %j', (said, finish) => {
  expect(readFinish(said)).toBe(finish);
});
