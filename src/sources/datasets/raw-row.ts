/** A row as its file has it, before it is checked. */
export interface RawRow {
  readonly value: unknown;
  readonly file: string;
  /** 1-based line; the row's number in formats without lines. */
  readonly line: number;
  /** Where in a nested file the row lies, such as `data[0].paragraphs[3].qas[1]`. */
  readonly keyPrefix?: string;
  /** Why the row can't even be parsed, in words for "got …". */
  readonly damage?: string;
}
