import type { RunEvent } from '../../core/event.ts';
import type { Output } from '../output.ts';
import type { Progress } from './progress.ts';

const progressEveryMs = 1000;

/** Every event as one JSON line on stdout; the progress of a pass at most once a second. */
export function createJsonlProgress(output: Output, now: () => number): Progress {
  let lines = 0;
  let progressMs = -Infinity;
  return {
    handle(event: RunEvent) {
      if (event.type === 'pass-progress') {
        if (now() - progressMs < progressEveryMs) return;
        progressMs = now();
      }
      const { type, ...fields } = event;
      output.record(type, fields);
      lines += 1;
    },
    // Notes are for people: they go to stderr.
    note: (text) => output.stderr.write(`${text}\n`),
    framesDrawn: () => lines,
    [Symbol.dispose]() {},
  };
}
