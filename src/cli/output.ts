import { styleText } from 'node:util';
import { jsonText, safeText } from '../present/sanitise.ts';

type Style = Parameters<typeof styleText>[0];

/** A stream that can be written to, as much of it as is needed. */
export interface TextSink {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  /** Bits of colour that it shows. */
  getColorDepth?(): number;
  on?(event: 'error', listener: (error: unknown) => void): unknown;
  write(text: string): unknown;
}

export interface OutputOptions {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly verbosity: number;
  readonly hasColor: boolean;
}

/**
 * Where commands write. stdout carries the result and nothing else: text, or JSON lines under `--json`. Notes and
 * warnings go to stderr.
 */
export interface Output {
  readonly isJson: boolean;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Lines of the result for people; nothing under `--json`. */
  result(text: string): void;
  /** The result as it is, without a line break at its end, also under `--json`. */
  raw(text: string): void;
  /** One JSON line of the result; nothing without `--json`. */
  record(event: string, fields: object): void;
  /** For people who wait; not under `--quiet`. */
  note(text: string): void;
  /** Only with `-v`, or from `-vv` on with level 2. */
  detail(text: string, level?: 1 | 2): void;
  /** Shown under `--quiet` as well: doubt is part of the result. */
  warn(text: string): void;
  /** Notes and warnings go there while it is set: a live display prints them above itself. */
  divertNotes(sink: ((text: string) => void) | undefined): void;
  styled(text: string, style: Style): string;
}

export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, isJson, isQuiet, verbosity, hasColor } = options;
  let notes: ((text: string) => void) | undefined;
  const write = (text: string): void => {
    stdout.write(text);
  };
  const tell = (text: string): void => {
    if (notes === undefined) stderr.write(`${safeText(text)}\n`);
    else notes(safeText(text));
  };
  return {
    isJson,
    stdout,
    stderr,
    result: (text) => {
      if (!isJson) write(`${text}\n`);
    },
    raw: write,
    record: (event, fields) => {
      if (isJson) write(`${jsonText({ event, ...fields })}\n`);
    },
    note: (text) => {
      if (!isQuiet) tell(text);
    },
    detail: (text, level = 1) => {
      if (verbosity >= level && !isQuiet) tell(text);
    },
    warn: (text) => tell(`warning: ${text}`),
    divertNotes: (sink) => {
      notes = sink;
    },
    styled: (text, style) => styledFor(stdout, hasColor, text, style),
  };
}

/** Colours where the stream shows them: NO_COLOR, FORCE_COLOR and TERM are styleText's business. */
export function styledFor(stream: TextSink, hasColor: boolean, text: string, style: Style): string {
  if (!hasColor) return text;
  // styleText asks the stream itself whether it has colours, which only a real one can answer.
  return styleText(style, text, { stream: stream as NodeJS.WriteStream, validateStream: true });
}
