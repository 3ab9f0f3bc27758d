import type { RunEvent } from '../../core/event.ts';

/** Shows a run while it goes on. Disposing it leaves the terminal as it was found. */
export interface Progress extends Disposable {
  handle(event: RunEvent): void;
  /** Prints a line that stays. */
  note(text: string): void;
  /** What showing has cost so far; stored with the run. */
  framesDrawn(): number;
}
