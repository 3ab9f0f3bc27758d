import { plainText } from '../../present/sanitise.ts';
import type { TextSink } from '../output.ts';
import { eventNote } from './event-note.ts';
import type { Progress } from './progress.ts';
import { createRunState } from './run-state.ts';

/** Says nothing but what must not be overlooked. */
export function createQuietProgress(sink: TextSink): Progress {
  const state = createRunState();
  let lines = 0;
  const note = (text: string): void => {
    sink.write(`${plainText(text)}\n`);
    lines += 1;
  };
  return {
    handle(event) {
      state.handle(event);
      const text = eventNote(event, state);
      if (text !== undefined) note(text);
    },
    note,
    framesDrawn: () => lines,
    [Symbol.dispose]() {},
  };
}
