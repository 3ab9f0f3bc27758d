import type { RunEvent } from '../../core/event.ts';
import type { TextSink } from '../output.ts';
import { frameLines, type FrameInput } from './frame-lines.ts';
import { createFramePainter } from './frame-painter.ts';
import { keptLines, type Progress } from './progress.ts';
import { createRunState } from './run-state.ts';
import type { Outlook } from './time-left.ts';

export interface TtyProgressOptions {
  readonly sink: TextSink;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly outlook: Outlook;
  readonly paint: FrameInput['paint'];
  readonly isReflowing: boolean;
  /** What is measured is on other machines: drawing disturbs nothing. */
  readonly isElsewhere?: boolean | undefined;
  /** Calls back when the terminal got another size; returns how to stop that. */
  readonly onResize: (listener: () => void) => () => void;
  /** Calls back when the process ends without disposing of the display; returns how to stop that. */
  readonly onExit: (listener: () => void) => () => void;
}

const frameEveryMs = 250;
/** Clocks go on though nothing happened. */
const idleFrameEveryMs = 1000;
/** A latency pass draws nothing at first, and then rarely: a person must see that it lives. */
const frozenMs = 15_000;
const frozenFrameEveryMs = 5000;

/** A table of all cells, redrawn in place at most four times a second. */
export function createTtyProgress(options: TtyProgressOptions): Progress {
  const { sink, now, outlook, paint } = options;
  const state = createRunState();
  const painter = createFramePainter(sink, options);
  const startMs = now();
  let [drawnMs, isDirty] = [-Infinity, false];
  let frozenSinceMs: number | undefined;

  function lines(): readonly string[] {
    if (state.cells.length === 0) return [];
    const size = { columns: sink.columns ?? 80, rows: sink.rows ?? 24 };
    const elapsedMs = now() - startMs;
    return frameLines({ state, outlook, elapsedMs, size, paint, isFrozen: frozenSinceMs !== undefined });
  }

  function draw(): void {
    if (state.cells.length === 0) return;
    painter.paint(lines());
    drawnMs = now();
    isDirty = false;
  }

  function tick(): void {
    const sinceMs = now() - drawnMs;
    if (frozenSinceMs !== undefined) {
      if (now() - frozenSinceMs >= frozenMs && sinceMs >= frozenFrameEveryMs) draw();
    } else if (isDirty || sinceMs >= idleFrameEveryMs) draw();
  }

  const note = (text: string): void => painter.printAbove(text, lines());

  function follow(event: RunEvent): void {
    state.handle(event);
    isDirty = true;
    if (event.type === 'pass-start') {
      frozenSinceMs = event.pass === 'latency' && options.isElsewhere !== true ? now() : undefined;
      // The last frame before the silence says why it is silent.
      if (frozenSinceMs !== undefined) draw();
    }
    if (event.type === 'pass-end' || event.type === 'cell-end' || event.type === 'run-end') frozenSinceMs = undefined;
  }

  const timer = setInterval(tick, frameEveryMs);
  timer.unref();
  const stopResize = options.onResize(() => {
    painter.resize();
    isDirty = true;
  });
  const stopExit = options.onExit(() => painter.close());

  return {
    handle(event) {
      if (event.type === 'wait-end' && event.outcome === 'skipped') painter.undoEnter();
      follow(event);
      for (const line of keptLines(event, state)) note(line);
    },
    note,
    aside: (write) => painter.aside(write, lines()),
    framesDrawn: () => painter.framesDrawn(),
    [Symbol.dispose]() {
      clearInterval(timer);
      stopResize();
      stopExit();
      painter.close();
    },
  };
}
