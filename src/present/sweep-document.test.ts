import { expect, it } from 'vitest';
import { briefPass } from '../../test/setup/bare-pass.ts';
import { silentServer } from '../../test/setup/server-window.ts';
import type { LatencyRecord } from '../core/cell.ts';
import type { ServerWindow } from '../core/meter.ts';
import type { HighestLoad, LoadProbe, SweepCell, SweepSearch } from '../core/sweep.ts';
import { serverSideRows } from '../metrics/server-side.ts';
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

function latenciesOf(requests: number, firstMs: number): LatencyRecord {
  const all = (ms: number): number[] => Array.from({ length: requests }, () => ms);
  return {
    endToEndMs: all(firstMs + 100),
    timeToFirstTokenMs: all(firstMs),
    timePerOutputTokenMs: all(10),
    outputTokens: all(8),
  };
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

it('has what a server told of itself under each load, and says in short where much time passed outside of it', () => {
  const told = (waitingMax: number): ServerWindow => ({
    ...silentServer,
    waitingMax,
    times: {
      queue: { count: 9, sumMs: 9 * 40, buckets: [] },
      timeToFirstToken: { count: 9, sumMs: 9 * 50, buckets: [] },
    },
  });
  const cells = [1, 8].map((concurrency): SweepCell => {
    const pass = {
      ...briefPass,
      requests: 9,
      server: told(concurrency - 1),
      latencies: latenciesOf(9, concurrency * 60),
    };
    return {
      model: 'm',
      promptTokens: 64,
      outputTokens: 8,
      concurrency,
      state: 'done',
      reason: undefined,
      launches: 1,
      requests: 9,
      failedRequests: 0,
      reusedTokens: 0,
      measurements: {},
      server: serverSideRows('m', [pass])[0],
      marks: [],
    };
  });
  const about = { launches: 1, windowSeconds: 1, startedAtMs: 0, perbenchVersion: '1', host: 'h' };
  const models = [{ name: 'm', info: undefined }];
  const { screen } = sweepDocument({ ...about, models, cells, searches: [], isInterrupted: false });
  const whole = terminalText(screen, { width: 200, isWhole: true });
  expect(whole).toMatch(/The server's times: m\nload +TTFT +client TTFT/u);
  expect(whole).toMatch(/\npp64 tg8 c8 +50\.0 +480 /u);
  expect(whole).toMatch(/The server's load: m\nload +waiting\npp64 tg8 c1 +0\npp64 tg8 c8 +7\n/u);
  const brief = terminalText(screen, { width: 200, isWhole: false });
  expect(brief).not.toContain("The server's times");
  expect(brief).toContain('pp64 tg8 c8: 430 ms of the 480 ms to the first token (90 %) passed outside the server');
  expect(brief).not.toMatch(/\n\n\n/u);
});

it('says that nothing was measured where a sweep was stopped before its first load', () => {
  const about = { launches: 1, windowSeconds: 1, startedAtMs: 0, perbenchVersion: '1', host: 'h' };
  const { screen } = sweepDocument({ ...about, models: [], cells: [], searches: [], isInterrupted: true });
  expect(terminalText(screen)).toBe('interrupted: nothing was measured');
});
