import { expect, it, vi } from 'vitest';
import { exampleCell, passStart, runStart } from '../../../test/terminal/progress-events.ts';
import { ScreenEmulator } from '../../../test/terminal/screen-emulator.ts';
import { createTtyProgress } from './tty-progress.ts';

it.each([
  [true, 'goes on'],
  [false, 'stands still'],
])('a display of work elsewhere (%s) %s while latency is measured', (isElsewhere) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  try {
    using progress = createTtyProgress({
      sink: new ScreenEmulator(100, 10),
      now: () => performance.now(),
      outlook: { lengths: {}, speeds: [], timeLimitMs: undefined },
      paint: (text) => text,
      isReflowing: false,
      isElsewhere,
      onResize: () => () => undefined,
      onExit: () => () => undefined,
    });
    progress.handle(runStart([exampleCell(0)]));
    progress.handle(passStart(0, 'latency'));
    const before = progress.framesDrawn();
    vi.advanceTimersByTime(5000);
    expect(progress.framesDrawn() > before).toBe(isElsewhere);
  } finally {
    vi.useRealTimers();
  }
});
