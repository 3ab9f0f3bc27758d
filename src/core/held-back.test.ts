import { expect, it } from 'vitest';
import { isHeldBack } from './held-back.ts';

it.each(['content_filter', 'CONTENT_FILTERED', 'SAFETY', 'refusal', 'PROHIBITED_CONTENT', 'guardrail_intervened'])(
  '%s says that a filter held the answer back',
  (word) => {
    expect(isHeldBack(word)).toBe(true);
  },
);

it.each(['stop', 'length', '', 'tool_calls', 'unsafe_stop'])('%j does not', (word) => {
  expect(isHeldBack(word)).toBe(false);
});
