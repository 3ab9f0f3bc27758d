import { describe, expect, it } from 'vitest';
import { cellStart, exampleCell, passProgress, passStart, runStart } from '../../../test/terminal/progress-events.ts';
import { frameLines } from './frame-lines.ts';
import { createRunState } from './run-state.ts';
import type { Outlook } from './time-left.ts';

type Word = Parameters<typeof passProgress>[2];

/** The display after these words of the accuracy pass of the first of so many cells, each with 100 items. */
function linesAfter(words: readonly Word[], columns: number, outlook: Partial<Outlook> = {}, count = 1) {
  const state = createRunState();
  const cells = Array.from({ length: count }, (_, at) =>
    exampleCell(at, { protocol: 'paper', items: 100, model: 'one' }),
  );
  state.handle(runStart(cells));
  state.handle(cellStart(0));
  state.handle(passStart(0, 'accuracy'));
  for (const word of words) state.handle(passProgress(0, 'accuracy', { total: 100, ...word }));
  return frameLines({
    state,
    outlook: { lengths: {}, speeds: [], timeLimitMs: undefined, ...outlook },
    elapsedMs: 1000,
    size: { columns, rows: 24 },
    paint: (text) => text,
    isFrozen: false,
  });
}

describe('what a row says of the items so far', () => {
  const rowAfter = (columns: number, ...words: readonly Word[]) => linesAfter(words, columns)[1];

  it('moves while the first answers are in flight', () => {
    const inFlight = (prompt: number, output: number) => ({ inFlight: { requests: 16, tokens: { prompt, output } } });
    expect(rowAfter(80, inFlight(512, 0))).toMatch(/ 0\/100 +512 tokens/);
    expect(rowAfter(80, inFlight(512, 0), inFlight(12_000, 345))).toMatch(/ 0\/100 +12,345 tokens/);
    expect(rowAfter(80, { inFlight: { requests: 16, tokens: undefined } })).toMatch(/ 0\/100 +16 asked/);
    // Of a cell that was resumed, earlier answers are known.
    expect(rowAfter(80, { done: 2, before: 2, scoreSum: 1, ...inFlight(512, 0) })).toMatch(/ 2\/100 +1 of 2 right/);
  });

  it('counts right answers while they are few, and gives an interval between 0 and 100 % once they are not', () => {
    expect(rowAfter(80, { done: 8, scoreSum: 7 })).toMatch(/ 8\/100 +7 of 8 right/);
    expect(rowAfter(80, { done: 8, scoreSum: 8 })).toMatch(/ 8\/100 +8 of 8 right/);
    expect(rowAfter(80, { done: 8, scoreSum: 6.55 })).toMatch(/ 8\/100 +6\.5 of 8 right/);
    expect(rowAfter(80, { done: 29, scoreSum: 29 })).toMatch(/ 29\/100 +29 of 29 right/);
    expect(rowAfter(80, { done: 30, scoreSum: 30 })).toMatch(/ 30\/100 +100\.0 \(88\.6-100\.0\)/);
    expect(rowAfter(80, { done: 30, scoreSum: 0 })).toMatch(/ 30\/100 +0\.0 \(0\.0-11\.4\)/);
    expect(rowAfter(40, { done: 8, scoreSum: 7 })).toMatch(/ 8\/100 +7\/8$/);
    expect(rowAfter(40, { done: 50, scoreSum: 20 })).toMatch(/ 50\/100 +40 %$/);
  });
});

describe('the time that is left', () => {
  const footerAfter = (outlook: Partial<Outlook>, word: Word, count = 1) =>
    linesAfter([word], 100, outlook, count).at(-1);
  const speeds = [{ model: 'one', taskId: 'gsm8k/per@1', itemMs: 6000 }];

  it('is known from earlier runs before the first answer', () => {
    expect(footerAfter({ speeds }, { elapsedMs: 60_000 })).toMatch(/· 6-12 min left/);
    expect(footerAfter({}, { elapsedMs: 60_000 })).not.toContain('left');
  });

  it('counts what is in flight when the first answers come', () => {
    // The first of eight at once took 16 s; the seven others are as far.
    const inFlight = { requests: 7, tokens: { prompt: 3500, output: 700 } };
    const first = { done: 1, elapsedMs: 16_000, promptTokens: 500, outputTokens: 100 };
    expect(footerAfter({}, { ...first, inFlight })).toMatch(/· 2-5 min left/);
    expect(footerAfter({}, { ...first, inFlight: { requests: 7, tokens: undefined } })).toMatch(/· 3-8 min left/);
  });

  it('is not told of a cell whose time is over though it has too few items', () => {
    const row = (elapsedMs: number) =>
      linesAfter([{ total: undefined, limitMs: 20_000, elapsedMs }], 80, { timeLimitMs: 300_000 })[1];
    expect(row(5_000)).toMatch(/0:15$/);
    expect(row(25_000)).toMatch(/0\/100$/);
  });

  it('is that of the run where it has a limit', () => {
    expect(footerAfter({ timeLimitMs: 300_000 }, { elapsedMs: 0 }, 15)).toMatch(/· 5 min left/);
  });
});
