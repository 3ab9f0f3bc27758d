import { styleText } from 'node:util';
import { textWithoutSecrets } from '../core/without-secrets.ts';
import { jsonText, safeText } from '../present/sanitise.ts';

type Style = Parameters<typeof styleText>[0];

/** A stream that can be written to, as much of it as is needed. */
export interface TextSink {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** The same stream, which is told no secrets. */
export function sinkWithoutSecrets<Sink extends TextSink>(stream: Sink): Sink {
  const write: TextSink['write'] = (text) => stream.write(textWithoutSecrets(text));
  return new Proxy(stream, {
    get(target, name) {
      if (name === 'write') return write;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
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
  /** Nothing more is written to stdout: its reader has gone. */
  closeStdout(): void;
}

export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, isJson, isQuiet, verbosity, hasColor } = options;
  let notes: ((text: string) => void) | undefined;
  let isOpen = true;
  const write = (text: string): void => {
    if (isOpen) stdout.write(text);
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
    closeStdout: () => {
      isOpen = false;
    },
  };
}

/** Colours where the stream shows them: NO_COLOR, FORCE_COLOR and TERM are styleText's business. */
export function styledFor(stream: TextSink, hasColor: boolean, text: string, style: Style): string {
  if (!hasColor) return text;
  // styleText asks the stream itself whether it has colours, which only a real one can answer.
  return styleText(style, text, { stream: stream as NodeJS.WriteStream, validateStream: true });
}
