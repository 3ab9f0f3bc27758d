import { expect, it } from 'vitest';
import type { HighestLoad, LoadProbe, SweepSearch } from '../core/sweep.ts';
import { parseLimit } from '../core/limits.ts';
import { terminalText } from './terminal.ts';
import { searchSentence, sweepDocument } from './sweep-document.ts';

const alone: LoadProbe = {
  concurrency: 1,
  requests: 60,
  value: 812,
  low: 780,
  high: undefined,
  verdict: 'beyond',
  isValueWithin: false,
};

function sentence(found: Partial<HighestLoad> | undefined, isFinished = true): string {
  const whole = { concurrency: 6, low: 6, high: 6, isOpen: false, doubt: undefined, probes: [alone] };
  const search: SweepSearch = {
    model: 'm',
    promptTokens: 512,
    outputTokens: 64,
    limit: parseLimit('ttft p95 <= 500ms'),
    maxConcurrency: 64,
    level: 0.95,
    isFinished,
    found: found && { ...whole, ...found },
  };
  return searchSentence(search).replace('m, pp512 tg64: highest concurrency with ttft p95 <= 500 ms: ', '');
}

it.each([
  [{ low: 5, high: 8 }, true, '6 (95 %: 5 to 8)'],
  [{}, true, '6 (95 %: no other)'],
  [{ low: 0, high: 8 }, true, '6 (95 %: none to 8)'],
  [{ low: 5, high: 64, isOpen: true }, true, '6 (95 %: 5 to at least 64)'],
  [{ concurrency: 64, low: 64, high: 64, isOpen: true }, true, 'at least 64, the most that was tried'],
  [{ concurrency: undefined, low: 0, high: 0 }, true, 'none: alone, a request takes 812 ms [780, …]'],
  [{ concurrency: undefined, low: 0, high: 3 }, true, 'none (95 %: none to 3): alone, a request takes 812 ms [780, …]'],
  [{ low: 2, high: 8 }, false, '6 (95 %: 2 to 8), as far as it was searched'],
  [undefined, false, 'nothing could be measured'],
] as const)('of %j, finished %j, it says: %s', (found, isFinished, text) => {
  expect(sentence(found, isFinished)).toBe(text);
});

it('says that nothing was measured where a sweep was stopped before its first load', () => {
  const about = { launches: 1, windowSeconds: 1, startedAtMs: 0, perbenchVersion: '1', host: 'h' };
  const { screen } = sweepDocument({ ...about, models: [], cells: [], searches: [], isInterrupted: true });
  expect(terminalText(screen)).toBe('interrupted: nothing was measured');
});
