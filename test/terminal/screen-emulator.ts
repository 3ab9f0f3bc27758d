import { textWidth } from '../../src/present/text-width.ts';

interface Row {
  cells: string[];
  /** Goes on in the next row: only such rows are joined when the terminal gets another width. */
  isWrapped: boolean;
}

const sequence = /^\u001B\[(\??)([0-9;]*)([A-Za-z])/;

/**
 * A small terminal for tests: takes what is written and keeps the grid that a person would see, and the scrollback.
 * Knows what the display uses: line feeds (as CR LF), moves up and down, erasing, cursor visibility, styles. Throws at
 * any other sequence, so that a test can't pass because something was ignored.
 */
export class ScreenEmulator {
  readonly isTTY = true;
  columns: number;
  rows: number;
  isCursorVisible = true;
  readonly #reflows: boolean;
  readonly #gone: Row[] = [];
  readonly #touched = new Set<number>();
  #grid: Row[] = [emptyRow()];
  #row = 0;
  #column = 0;

  /** @param reflows whether long lines are wrapped anew on resize, or cut */
  constructor(columns: number, rows: number, reflows = false) {
    this.columns = columns;
    this.rows = rows;
    this.#reflows = reflows;
  }

  /** Lines on the screen, without blanks at their ends, and without empty lines at the bottom. */
  lines(): readonly string[] {
    const lines = this.#grid.map(rowText);
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** Lines that scrolled off the top, oldest first. */
  scrollback(): readonly string[] {
    return this.#gone.map(rowText);
  }

  /** Lines of the screen that were erased or written since the last call. */
  takeTouchedLines(): readonly number[] {
    const lines = Array.from(this.#touched).toSorted((a, b) => a - b);
    this.#touched.clear();
    return lines;
  }

  write(text: string): true {
    let rest = text;
    while (rest !== '') {
      const match = sequence.exec(rest);
      if (match === null) {
        const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
        this.#character(character);
        rest = rest.slice(character.length);
      } else {
        this.#control(match[1] === '?', match[2] ?? '', match[3] ?? '');
        rest = rest.slice(match[0].length);
      }
    }
    return true;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    const marked = this.#grid.map((line, index) => ({ ...line, hasCursor: index === this.#row }));
    const fitted = marked.flatMap((line) => (this.#reflows ? wrap(line, columns) : [cut(line, columns)]));
    while (fitted.length > rows) this.#gone.push(fitted.shift() ?? emptyRow());
    this.#row = Math.max(
      0,
      fitted.findIndex(({ hasCursor }) => hasCursor),
    );
    this.#grid = fitted;
    this.#column = Math.min(this.#column, columns - 1);
  }

  #character(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#lineFeed(false);
    else if (character < ' ') throw new Error(`unknown control character ${JSON.stringify(character)}`);
    else this.#put(character, textWidth(character));
  }

  #put(character: string, width: number): void {
    if (width === 0) return;
    if (this.#column + width > this.columns) this.#lineFeed(true);
    const cells = this.#rowAt(this.#row).cells;
    while (cells.length < this.#column) cells.push(' ');
    cells[this.#column] = character;
    if (width === 2) cells[this.#column + 1] = '';
    this.#column += width;
    this.#touched.add(this.#row);
  }

  #lineFeed(isWrapped: boolean): void {
    this.#rowAt(this.#row).isWrapped = isWrapped;
    this.#column = 0;
    if (this.#row + 1 < this.rows) {
      this.#row += 1;
      this.#rowAt(this.#row);
    } else {
      this.#gone.push(this.#grid.shift() ?? emptyRow());
      this.#grid.push(emptyRow());
    }
  }

  #control(isPrivate: boolean, argument: string, final: string): void {
    const count = argument === '' ? 1 : Number(argument);
    if (isPrivate && argument === '25') this.isCursorVisible = final === 'h';
    else if (isPrivate && argument === '2026') return;
    else if (final === 'm') return;
    else if (final === 'A') this.#row = Math.max(0, this.#row - count);
    else if (final === 'B') this.#row = Math.min(this.rows - 1, this.#row + count);
    else if (final === 'K' && argument === '') this.#erase(this.#row, this.#column);
    else if (final === 'J' && argument === '') {
      this.#erase(this.#row, this.#column);
      for (let below = this.#row + 1; below < this.#grid.length; below += 1) this.#erase(below, 0);
    } else throw new Error(`unknown sequence ESC [${isPrivate ? '?' : ''}${argument}${final}`);
  }

  #erase(at: number, from: number): void {
    const target = this.#rowAt(at);
    if (target.cells.length > from) this.#touched.add(at);
    target.cells.length = Math.min(target.cells.length, from);
    target.isWrapped = false;
  }

  #rowAt(index: number): Row {
    return (this.#grid[index] ??= emptyRow());
  }
}

function emptyRow(): Row {
  return { cells: [], isWrapped: false };
}

function rowText({ cells }: Row): string {
  return cells.join('').trimEnd();
}

type MarkedRow = Row & { readonly hasCursor: boolean };

function cut(line: MarkedRow, columns: number): MarkedRow {
  return { ...line, cells: line.cells.slice(0, columns) };
}

/** The cursor rests at the start of its line, so it stays with the first part. */
function wrap(line: MarkedRow, columns: number): readonly MarkedRow[] {
  const parts: MarkedRow[] = [];
  for (let start = 0; start === 0 || start < line.cells.length; start += columns) {
    const cells = line.cells.slice(start, start + columns);
    parts.push({
      cells,
      isWrapped: start + columns < line.cells.length,
      hasCursor: line.hasCursor && start === 0,
    });
  }
  return parts;
}
