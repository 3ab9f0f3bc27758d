import { expect, it, vi } from 'vitest';
import type { GenerationResult, LoglikelihoodResult } from '../core/engine.ts';
import type { PassProgress } from '../core/event.ts';
import type { Answer } from './ask-items.ts';
import { createPassTally } from './pass-tally.ts';

const times = { scheduledMs: 0, startedMs: 10, firstTokenMs: 20, lastTokenMs: 30 };
const shared = {
  id: 'a',
  status: 'done',
  reusedTokens: 0,
  promptHead: [],
  promptSha256: '',
  retries: 0,
  times,
} as const;
const generation: GenerationResult = {
  ...shared,
  text: '',
  finishReason: 'stop',
  promptTokens: 3,
  outputTokens: 2,
  tokenLogprobs: undefined,
};
const likelihood: LoglikelihoodResult = {
  ...shared,
  continuations: [],
  contextTokens: 3,
  decodedTokens: 7,
  boundaryShift: false,
  exchanges: undefined,
};

it('counts what was asked over HTTP: each try, and each part of an item that is scored', () => {
  const tally = createPassTally(
    { total: undefined, limitMs: undefined },
    () => undefined,
    () => undefined,
  );
  const results: readonly Answer['result'][] = [
    generation,
    { ...generation, retries: 2 },
    likelihood,
    { ...likelihood, exchanges: 9 },
    { ...likelihood, exchanges: 11, retries: 2 },
    { id: 'a', status: 'failed', reason: 'engine', message: '', promptTokens: undefined },
  ];
  for (const result of results) tally.count({ result });
  expect(tally.requests()).toEqual({ durationsMs: [20, 20, 20], retried: 2, exchanges: 1 + 3 + 1 + 9 + 11 + 1 });
});

it('counts drafted tokens, and those that came true', () => {
  const tally = createPassTally(
    { total: undefined, limitMs: undefined },
    () => undefined,
    () => undefined,
  );
  for (const result of [generation, { ...generation, draftedTokens: 5, acceptedTokens: 3 }, likelihood])
    tally.count({ result });
  expect(tally.counts).toMatchObject({ draftedTokens: 5, acceptedTokens: 3 });
});

it('says what the engine works on though nothing is answered yet, and what earlier attempts did', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const told: PassProgress[] = [];
  const tally = createPassTally(
    { total: 9, limitMs: undefined, before: { done: 3, scoreSum: 2 } },
    (progress) => told.push(progress),
    () => undefined,
  );
  const inFlight = { requests: 2, tokens: { prompt: 700, output: 5 } };
  tally.working({ requests: 1, tokens: undefined });
  expect(told).toEqual([]);
  vi.advanceTimersByTime(300);
  tally.working(inFlight);
  expect(told).toMatchObject([{ done: 3, before: 3, promptTokens: 0, inFlight }]);
  vi.useRealTimers();
});
