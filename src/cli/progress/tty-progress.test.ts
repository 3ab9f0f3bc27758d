import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cell } from '../../core/cell.ts';
import { textWidth } from '../../present/text-width.ts';
import {
  cellEnd,
  cellStart,
  exampleCell,
  passEnd,
  passProgress,
  passStart,
  runStart,
} from '../../../test/terminal/progress-events.ts';
import { ScreenEmulator } from '../../../test/terminal/screen-emulator.ts';
import type { Outlook } from './time-left.ts';
import { createTtyProgress } from './tty-progress.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start(
  columns: number,
  rows: number,
  options: {
    readonly isReflowing?: boolean;
    readonly reflows?: boolean;
    readonly outlook?: Partial<Outlook>;
  } = {},
) {
  const screen = new ScreenEmulator(columns, rows, options.reflows);
  let resized: () => void = () => undefined;
  let exited: () => void = () => undefined;
  const progress = createTtyProgress({
    sink: screen,
    now: () => performance.now(),
    outlook: {
      lengths: { throughput: 20_000, latency: 20_000 },
      speeds: [],
      timeLimitMs: undefined,
      ...options.outlook,
    },
    paint: (text) => text,
    isReflowing: options.isReflowing ?? false,
    onResize: (listener) => {
      resized = listener;
      return () => undefined;
    },
    onExit: (listener) => {
      exited = listener;
      return () => undefined;
    },
  });
  const resize = (newColumns: number, newRows: number): void => {
    screen.resize(newColumns, newRows);
    resized();
  };
  return { screen, progress, resize, exit: () => exited() };
}

function cells(count: number, overrides: Partial<Cell> = {}): readonly Cell[] {
  return Array.from({ length: count }, (_, position) => exampleCell(position, overrides));
}

type Display = ReturnType<typeof start>;

function runFirstCell({ progress }: Display, count: number): void {
  progress.handle(runStart(cells(count)));
  progress.handle(cellStart(0));
  progress.handle(passStart(0, 'accuracy'));
  progress.handle(passProgress(0, 'accuracy', { done: 0, elapsedMs: 1 }));
  const newest = { done: 50, elapsedMs: 10_001, outputTokens: 4000, scoreSum: 20, memoryBytes: 412 * 2 ** 20 };
  progress.handle(passProgress(0, 'accuracy', newest));
  vi.advanceTimersByTime(300);
}

function tooWide(screen: ScreenEmulator): readonly string[] {
  return screen.lines().filter((line) => textWidth(line) >= screen.columns);
}

describe('the live display', () => {
  it('shows each cell with its numbers, and the suite below', () => {
    const display = start(120, 24);
    runFirstCell(display, 3);
    expect(display.screen.lines().join('\n')).toMatchInlineSnapshot(`
      "  model    task               items         accuracy, %  items/s   tok/s     left    memory           doing
      ▸ model-0  gsm8k/per@1       50/200    40.0 (27.6-53.8)     5.00     400     1:10   412 MiB        accuracy
      · model-1  gsm8k/per@1          200
      · model-2  gsm8k/per@1          200
      0/3 cells · 0:00 · 3-5 min left"
    `);
  });

  it('keeps what matters most at 40 columns', () => {
    const display = start(40, 24);
    runFirstCell(display, 3);
    expect(tooWide(display.screen)).toEqual([]);
    expect(display.screen.lines().join('\n')).toMatchInlineSnapshot(`
      "  model    task          items      acc
      ▸ model-0  gsm8k/pe…    50/200     40 %
      · model-1  gsm8k/pe…       200
      · model-2  gsm8k/pe…       200
      0/3 cells · 0:00 · 3-5 min left"
    `);
  });

  it('cuts names of wide characters where their columns end', () => {
    const display = start(60, 24);
    display.progress.handle(runStart(cells(2, { model: '通义千问二点五编程版本指令微调模型' })));
    vi.advanceTimersByTime(1000);
    expect(tooWide(display.screen)).toEqual([]);
    expect(display.screen.lines()[1]).toMatchInlineSnapshot(`"· 通义千问二点五…   gsm8k/per@1       200"`);
  });

  it('never writes over the last column or the last row, in any size', () => {
    for (const columns of [12, 20, 40, 61, 80, 133, 200]) {
      for (const rows of [4, 5, 10, 24]) {
        const display = start(columns, rows);
        runFirstCell(display, 200);
        expect(tooWide(display.screen), `${columns} columns`).toEqual([]);
        expect(display.screen.lines().length, `${columns} x ${rows}`).toBeLessThan(rows);
        expect(display.screen.scrollback(), `${columns} x ${rows}`).toEqual([]);
        display.progress[Symbol.dispose]();
      }
    }
  });

  it('shows the cells around the running one when there are more than rows', () => {
    const display = start(100, 10);
    display.progress.handle(runStart(cells(200)));
    for (let position = 0; position < 100; position += 1) {
      display.progress.handle(cellStart(position));
      display.progress.handle(cellEnd(position));
    }
    display.progress.handle(cellStart(100));
    display.progress.handle(passStart(100, 'accuracy'));
    vi.advanceTimersByTime(1000);
    const lines = display.screen.lines();
    expect(lines.length).toBeLessThan(10);
    expect(lines.some((line) => line.startsWith('▸ model-100'))).toBe(true);
    expect(lines.at(-2)).toMatchInlineSnapshot(`"  … 194 more: 96 waiting, 98 done"`);
  });

  it('makes room for what others write to the terminal, and comes back below it', () => {
    const display = start(60, 12);
    runFirstCell(display, 2);
    display.progress.aside(() => display.screen.write('a table\nof two lines\n'));
    const lines = display.screen.lines();
    expect(lines.slice(0, 2)).toEqual(['a table', 'of two lines']);
    expect(lines.filter((line) => line.startsWith('▸'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('0/2 cells');
    display.progress[Symbol.dispose]();
    expect(display.screen.lines()).toEqual(['a table', 'of two lines']);
  });

  it('writes only lines that changed', () => {
    const display = start(120, 24);
    runFirstCell(display, 5);
    display.screen.takeTouchedLines();
    display.progress.handle(passProgress(0, 'accuracy', { done: 60, elapsedMs: 11_000 }));
    vi.advanceTimersByTime(250);
    // The running cell, and the clock below.
    expect(display.screen.takeTouchedLines()).toEqual([1, 6]);
  });

  it('draws at most four frames a second, and one a second when nothing happens', () => {
    const display = start(120, 24);
    runFirstCell(display, 3);
    const before = display.progress.framesDrawn();
    for (let step = 0; step < 1000; step += 1) {
      display.progress.handle(passProgress(0, 'accuracy', { done: 50 + step / 10, elapsedMs: 10_000 + step }));
      vi.advanceTimersByTime(10);
    }
    expect(display.progress.framesDrawn() - before).toBeLessThanOrEqual(40);
    const idle = display.progress.framesDrawn();
    vi.advanceTimersByTime(10_000);
    expect(display.progress.framesDrawn() - idle).toBeLessThanOrEqual(10);
    expect(display.progress.framesDrawn() - idle).toBeGreaterThan(5);
  });

  it('stands still while latency is measured, then draws a frame every five seconds', () => {
    const display = start(120, 24);
    runFirstCell(display, 3);
    display.progress.handle(passStart(0, 'latency'));
    expect(display.screen.lines().at(-1)).toContain('display paused');
    const before = display.progress.framesDrawn();
    for (let step = 0; step < 14; step += 1) {
      display.progress.handle(passProgress(0, 'latency', { done: step, elapsedMs: step * 1000, limitMs: 60_000 }));
      vi.advanceTimersByTime(1000);
    }
    expect(display.progress.framesDrawn()).toBe(before);
    for (let step = 14; step < 36; step += 1) {
      display.progress.handle(passProgress(0, 'latency', { done: step, elapsedMs: step * 1000, limitMs: 60_000 }));
      vi.advanceTimersByTime(1000);
    }
    expect(display.progress.framesDrawn() - before).toBe(5);
    display.progress.handle(passEnd(0, 'latency', 36_000));
    vi.advanceTimersByTime(250);
    expect(display.screen.lines().at(-1)).not.toContain('display paused');
  });

  it('stands where it stood after Enter was pressed', () => {
    for (const rows of [6, 24]) {
      const display = start(120, rows);
      runFirstCell(display, 3);
      const place = { cellId: 'run.0', pass: 'throughput', launch: 0 } as const;
      const wait = { share: 0.6, busiest: [], limitMs: 60_000, canSkip: true };
      display.progress.handle({ type: 'wait-start', ...place, ...wait });
      // What the terminal shows of the key.
      display.screen.write('\n');
      display.progress.handle({ type: 'wait-end', ...place, outcome: 'skipped', waitedMs: 1000 });
      const all = [...display.screen.scrollback(), ...display.screen.lines()];
      const headers = all.filter((line) => line.includes('model') && line.includes('items/s'));
      expect(headers).toHaveLength(1);
      expect(all).toContain('measuring now, and waiting no more until the machine was quiet');
    }
  });

  it('prints warnings above itself, where they stay', () => {
    const display = start(60, 8);
    runFirstCell(display, 3);
    for (let count = 0; count < 10; count += 1) {
      display.progress.handle({ type: 'warning', message: `number ${count}` });
    }
    display.progress.handle(cellStart(1));
    display.progress.handle(cellEnd(1, 'failed'));
    display.progress[Symbol.dispose]();
    const everything = [...display.screen.scrollback(), ...display.screen.lines()];
    expect(everything.join('\n')).toMatchInlineSnapshot(`
      "warning: number 0
      warning: number 1
      warning: number 2
      warning: number 3
      warning: number 4
      warning: number 5
      warning: number 6
      warning: number 7
      warning: number 8
      warning: number 9
      failed: model-1 / gsm8k/per@1: the engine ended. Look at the
       log."
    `);
  });

  it('takes escape sequences and line breaks out of what it prints', () => {
    const display = start(60, 8);
    runFirstCell(display, 1);
    display.progress.handle({ type: 'warning', message: 'a\u001B[2Jb\nc\u202Ed' });
    expect(display.screen.lines()[0]).toBe('warning: ab cd');
  });

  it.each([
    ['that cuts lines', false],
    ['that wraps lines anew', true],
  ])('leaves one clean display and every warning after a resize, in a terminal %s', (_, reflows) => {
    const display = start(120, 24, { isReflowing: reflows, reflows });
    display.progress.handle({ type: 'warning', message: 'kept' });
    runFirstCell(display, 3);
    display.resize(40, 24);
    vi.advanceTimersByTime(250);
    const narrow = display.screen.lines();
    expect(narrow.filter((line) => line.includes('kept'))).toHaveLength(1);
    expect(narrow.filter((line) => line.startsWith('▸'))).toHaveLength(1);
    expect(narrow.filter((line) => line.includes('/3 cells'))).toHaveLength(1);
    expect(tooWide(display.screen)).toEqual([]);
    display.resize(120, 24);
    vi.advanceTimersByTime(250);
    expect(display.screen.lines().filter((line) => line.startsWith('▸'))).toHaveLength(1);
    expect(display.screen.lines().filter((line) => line.includes('kept'))).toHaveLength(1);
  });

  it('loses no warning in a terminal that cuts lines though it was taken for one that cuts none', () => {
    const display = start(120, 24, { isReflowing: false, reflows: true });
    display.progress.handle({ type: 'warning', message: 'kept' });
    runFirstCell(display, 3);
    display.resize(40, 24);
    vi.advanceTimersByTime(250);
    expect(display.screen.lines()[0]).toBe('warning: kept');
  });

  it('gives the cursor back when it ends, and when the process ends first', () => {
    const display = start(80, 24);
    runFirstCell(display, 2);
    expect(display.screen.isCursorVisible).toBe(false);
    display.progress[Symbol.dispose]();
    expect(display.screen.isCursorVisible).toBe(true);
    expect(display.screen.lines()).toEqual([]);

    const crashed = start(80, 24);
    runFirstCell(crashed, 2);
    crashed.exit();
    expect(crashed.screen.isCursorVisible).toBe(true);
  });
});

describe('a slow start', () => {
  it('shows the newest line of a server, as long as it loads', () => {
    const display = start(80, 10);
    display.progress.handle(runStart(cells(2)));
    display.progress.handle(cellStart(0));
    display.progress.handle({ type: 'launch-start', model: 'model-0', launch: 0, launches: 3 });
    const line = `Loading \u001b[31mshards${'.'.repeat(90)}`;
    display.progress.handle({ type: 'launch-progress', model: 'model-0', launch: 0, line });
    vi.advanceTimersByTime(1000);
    const shown = display.screen.lines().find((each) => each.startsWith('model-0: Loading'));
    expect(shown).toMatch(/^model-0: Loading .*…$/);
    expect(textWidth(shown ?? '')).toBeLessThan(80);
    display.progress[Symbol.dispose]();
  });
});

it('keeps first answers and prompts above the frame', () => {
  const { screen, progress } = start(100, 30);
  progress.handle(runStart([exampleCell(0)]));
  progress.handle({ type: 'first-prompt', cellId: 'run.0', form: 'plain', text: 'Sort:\n\u001B[2J  this' });
  const shown = { input: 'Why?', output: 'Bill\u001B[2Jing', answer: 'billing', expected: 'bug', score: 0 };
  progress.handle({ type: 'first-answer', cellId: 'run.0', itemId: '1', ...shown, cut: undefined });
  progress[Symbol.dispose]();
  const lines = screen.lines();
  expect(lines).toContain('model-0 / gsm8k/per@1: first prompt, sent as it is, without a template:');
  expect(lines).toContain('  |   this');
  expect(lines).toContain('model-0 / gsm8k/per@1: Why? → "Billing" read as billing ✗ (expected bug)');
});
