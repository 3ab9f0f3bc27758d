import { textWidth } from '../../present/text-width.ts';
import type { TextSink } from '../output.ts';

const escape = '\u001B[';
// Terminals that know it show the frame at once; others ignore it.
const beginFrame = `${escape}?2026h`;
const endFrame = `${escape}?2026l`;
const clearLine = `${escape}K`;
const clearBelow = `${escape}J`;

/**
 * A block of lines at the bottom of a terminal that is drawn again and again. Only lines that changed are written. The
 * cursor rests at the start of the block's last line.
 */
export interface FramePainter {
  /** Lines must be narrower than the terminal; they may hold colours. */
  paint(lines: readonly string[]): void;
  /** Writes text above the block, where it stays, and draws the block anew. */
  printAbove(text: string, lines: readonly string[]): void;
  /** Takes the block away while others write to the terminal, and draws it anew below. */
  aside(others: () => void, lines: readonly string[]): void;
  /** Takes the block away and shows the cursor. */
  close(): void;
  /** The terminal has another width: the next frame is drawn anew. */
  resize(): void;
  /** Somebody pressed Enter, which moved the cursor down a line: back to where it rests. */
  undoEnter(): void;
  framesDrawn(): number;
}

export interface FramePainterOptions {
  /** The terminal re-wraps long lines when it gets narrower, as most do; xterm and the console cut them. */
  readonly isReflowing: boolean;
}

export function createFramePainter(sink: TextSink, { isReflowing }: FramePainterOptions): FramePainter {
  let shown: readonly string[] = [];
  let isStale = false;
  let isCursorHidden = false;
  let frames = 0;

  /** From the start of the last line to the start of the first, where the block stands now. */
  function toTop(): string {
    const rows = rowsAbove(shown, isStale && isReflowing ? sink.columns : undefined);
    return rows === 0 ? '\r' : `\r${escape}${rows}A`;
  }

  function cleared(): string {
    return shown.length === 0 ? '' : toTop() + clearBelow;
  }

  function write(text: string): void {
    const hide = isCursorHidden ? '' : `${escape}?25l`;
    isCursorHidden = true;
    sink.write(beginFrame + hide + text + endFrame);
    frames += 1;
  }

  return {
    paint(lines) {
      if (isStale || shown.length === 0) {
        write(cleared() + whole(lines));
      } else {
        const changes = changed(shown, lines);
        if (changes === undefined) return;
        write(toTop() + changes);
      }
      shown = lines;
      isStale = false;
    },
    printAbove(text, lines) {
      write(`${cleared()}${text}\n${whole(lines)}`);
      shown = lines;
      isStale = false;
    },
    aside(others, lines) {
      write(cleared());
      others();
      write(whole(lines));
      shown = lines;
      isStale = false;
    },
    close() {
      if (!isCursorHidden) return;
      sink.write(`${cleared()}${escape}?25h`);
      isCursorHidden = false;
      shown = [];
    },
    resize() {
      isStale = true;
    },
    undoEnter() {
      if (shown.length > 0) sink.write(`\r${escape}1A`);
    },
    framesDrawn: () => frames,
  };
}

function rowsAbove(lines: readonly string[], columns: number | undefined): number {
  if (columns === undefined) return Math.max(0, lines.length - 1);
  const rows = lines.slice(0, -1).map((line) => Math.max(1, Math.ceil(textWidth(line) / columns)));
  return rows.reduce((total, count) => total + count, 0);
}

function whole(lines: readonly string[]): string {
  return `${lines.map((line) => line + clearLine).join('\n')}\r`;
}

/** From the start of the first line; undefined where nothing changed. */
function changed(before: readonly string[], after: readonly string[]): string | undefined {
  if (before.length === after.length && before.every((line, index) => line === after[index])) return undefined;
  const parts = after.map((line, index) => {
    const isKept = line === before[index];
    // A line feed also makes room where the block grows; a move down wouldn't.
    const next = index === after.length - 1 ? '' : index + 1 < before.length ? `\r${escape}1B` : '\n';
    return (isKept ? '' : line + clearLine) + next;
  });
  const rest = after.length < before.length ? clearRest : '';
  return `${parts.join('')}${rest}\r`;
}

// From the start of the line below to the end of the screen, and back.
const clearRest = `\r${escape}1B${clearBelow}${escape}1A`;
