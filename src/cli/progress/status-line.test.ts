import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ScreenEmulator } from '../../../test/terminal/screen-emulator.ts';
import type { CliContext } from '../context.ts';
import { createOutput, type Output } from '../output.ts';
import { createStatusLine } from './status-line.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('shows which cell a probe is at and that time goes on, on one line that is gone at the end', () => {
  const screen = new ScreenEmulator(80, 10);
  const output = createOutput({
    stdout: screen,
    stderr: screen,
    isJson: false,
    isQuiet: false,
    verbosity: 0,
    hasColor: false,
  });
  const context = { output, globals: { progress: true, color: false }, environment: {} } as unknown as CliContext;
  const status = createStatusLine(context);
  output.note('Measuring speed first.');
  status.probe({ model: 'one', taskId: undefined, cell: 1, cells: 15 });
  expect(screen.lines().at(-1)).toBe('measuring speed: cell 1 of 15, one is loading · 0:00');
  status.probe({ model: 'one', taskId: 'gsm8k/mini@2', cell: 1, cells: 15 });
  expect(screen.lines()).toEqual([
    'Measuring speed first.',
    'measuring speed: cell 1 of 15, one on gsm8k/mini@2 · 0:00',
  ]);
  vi.advanceTimersByTime(42_000);
  expect(screen.lines().at(-1)).toBe('measuring speed: cell 1 of 15, one on gsm8k/mini@2 · 0:42');
  status.probe({ model: 'one', taskId: 'imdb/mini@2', cell: 2, cells: 15 });
  vi.advanceTimersByTime(1000);
  expect(screen.lines().slice(1)).toEqual(['measuring speed: cell 2 of 15, one on imdb/mini@2 · 0:43']);
  status[Symbol.dispose]();
  vi.advanceTimersByTime(5000);
  expect(screen.lines()).toEqual(['Measuring speed first.']);
});

it('tells a step every ten seconds where there is no terminal', () => {
  const lines: string[] = [];
  const stderr = { write: (text: string) => lines.push(text) } as unknown as Output['stderr'];
  const plain = { isJson: false, isQuiet: false, verbosity: 0, hasColor: false };
  const output = createOutput({ stdout: stderr, stderr, ...plain });
  const context = { output, globals: {}, environment: {} } as unknown as CliContext;
  using status = createStatusLine(context);
  for (let second = 0; second < 25; second += 1) {
    status.step(`tensor ${second}`);
    vi.advanceTimersByTime(1000);
  }
  expect(lines).toEqual(['tensor 10\n', 'tensor 20\n']);
});
