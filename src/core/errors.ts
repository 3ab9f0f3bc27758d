import { textWithoutSecrets } from './without-secrets.ts';

/** What an error says: one line, or a line per problem. Names in it may have line breaks, which become spaces. */
export type ErrorLines = string | readonly string[];

function linesText(lines: ErrorLines): string {
  const all = typeof lines === 'string' ? [lines] : lines;
  return all.map((line) => line.replaceAll(/\s*[\n\r\u0085\u2028\u2029]\s*/g, ' ')).join('\n');
}

/** Base of every error that a user may see. `code` is stable, the text isn't; it holds no secrets. */
export abstract class PerbenchError extends Error {
  abstract readonly code: `PB_${string}`;
  /** What the user can do, as one imperative sentence. */
  readonly hint: string | undefined;

  constructor(message: ErrorLines, options: { readonly hint?: ErrorLines | undefined; readonly cause?: unknown } = {}) {
    super(textWithoutSecrets(linesText(message)), options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint === undefined ? undefined : textWithoutSecrets(linesText(options.hint));
  }
}

interface ErrorOptions {
  readonly hint?: ErrorLines | undefined;
  readonly cause?: unknown;
}

/** Wrong use of the command line or of the library: exit code 2. */
export class UsageError extends PerbenchError {
  readonly code = 'PB_USAGE';
}

/** A suite or configuration file says something that it can't: exit code 2. */
export class ConfigError extends PerbenchError {
  readonly code = 'PB_CONFIG';
  /** `line` and `column` are 1-based. */
  readonly at: { readonly file: string; readonly line?: number; readonly column?: number; readonly key?: string };

  constructor(at: ConfigError['at'], message: ErrorLines, options: ErrorOptions = {}) {
    const place = [at.file, at.line, at.column].filter((part) => part !== undefined).join(':');
    const [first = '', ...others] = typeof message === 'string' ? [message] : message;
    super([`${place}: ${first}`, ...others], options);
    this.at = at;
  }
}

/** A name that isn't in the registry: exit code 2. */
export class UnknownNameError extends PerbenchError {
  readonly code = 'PB_UNKNOWN_NAME';
  readonly near: string | undefined;
  /** Without the names that are known. */
  readonly what: string;

  /**
   * @param elsewhere what to do where nothing is near, of a family with too many names to list them all
   * @param besides what else was looked for, after the name
   */
  constructor(
    family: string,
    name: string,
    known: readonly string[],
    near?: string,
    elsewhere?: string,
    besides: string = '',
  ) {
    const what = `unknown ${family} "${name}"${besides}`;
    super(elsewhere === undefined ? `${what}; known: ${known.join(', ')}` : what, {
      hint: near === undefined ? elsewhere : `Did you mean "${near}"?`,
    });
    this.near = near;
    this.what = what;
  }
}

/** A data set that can't be found, read or trusted: exit code 5. */
export class DataError extends PerbenchError {
  readonly code = 'PB_DATA';
}

/** A row of a data file that doesn't fit the schema of its task: exit code 2. */
export class InvalidItemError extends PerbenchError {
  readonly code = 'PB_INVALID_ITEM';
  /** `line` is 1-based (or the row of a table); `key` is a dotted path. */
  readonly at: { readonly file: string; readonly line: number; readonly key: string };

  constructor(at: InvalidItemError['at'], expected: string, received: string) {
    super(`${at.file}:${at.line}: \`${at.key}\` must be ${expected}, got ${received}`, {
      hint: 'Fix the row, or pass --skip-invalid to skip it.',
    });
    this.at = at;
  }
}

/** One cell, row or heading of a table that can't be used. */
export interface TableProblem {
  /** 1-based; the heading is line 1. */
  readonly line: number;
  readonly column: string | undefined;
  readonly message: string;
}

/** A table of measurements with cells that aren't what they must be: exit code 2. One line per problem. */
export class TableError extends PerbenchError {
  readonly code = 'PB_TABLE';
  readonly problems: readonly TableProblem[];

  constructor(file: string, problems: readonly TableProblem[], shown = 20) {
    const lines = problems
      .slice(0, shown)
      .map(
        ({ line, column, message }) =>
          `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`,
      );
    if (problems.length > shown) lines.push(`and ${problems.length - shown} more`);
    super(lines, { hint: 'Fix the table; leave cells without a measurement empty.' });
    this.problems = problems;
  }
}

/** A file of another program, or an exported run, that isn't what its format says or is none that perbench reads: exit code 2. */
export class ImportError extends PerbenchError {
  readonly code = 'PB_IMPORT';
  /** `line` is 1-based; `key` is a dotted path. */
  readonly at: { readonly file: string; readonly line?: number; readonly key?: string };

  constructor(at: ImportError['at'], message: string, options: ErrorOptions = {}) {
    const place = at.line === undefined ? at.file : `${at.file}:${at.line}`;
    super(`${place}: ${at.key === undefined ? '' : `\`${at.key}\`: `}${message}`, options);
    this.at = at;
  }
}

/** A model that can't be found, fetched, trusted or loaded: exit code 5. */
export class ModelError extends PerbenchError {
  readonly code = 'PB_MODEL';
}

/** A download that failed for good, or whose content isn't what it should be: exit code 5. */
export class DownloadError extends PerbenchError {
  readonly code = 'PB_DOWNLOAD';
}

/** The machine lacks something: a library, memory, a program: exit code 5. */
export class EnvironmentError extends PerbenchError {
  readonly code = 'PB_ENVIRONMENT';
}

/** A scorer of the user's own threw, or gave what is no score: its item fails, the others go on. */
export class ScorerError extends PerbenchError {
  readonly code = 'PB_SCORER';
}

/** An engine failed while it ran: its cell fails, the others go on. */
export class EngineError extends PerbenchError {
  readonly code = 'PB_ENGINE';
  /** What an engine wrote before it failed; shown only to those who ask for more. */
  readonly detail: string | undefined;

  constructor(
    message: ErrorLines,
    { detail, ...options }: ErrorOptions & { readonly detail?: string | undefined } = {},
  ) {
    super(message, options);
    this.detail = detail;
  }
}

/**
 * A model's server can't be reached, refuses, or answers what it mustn't: its cell fails, the others go on. Neither
 * message nor hint ever holds the key.
 */
export class ServerError extends PerbenchError {
  readonly code = 'PB_SERVER';
  /** Without user, password and query. */
  readonly at: { readonly url: string; readonly statusCode?: number | undefined };

  constructor(message: ErrorLines, at: ServerError['at'], options: ErrorOptions = {}) {
    const [first = '', ...others] = typeof message === 'string' ? [message] : message;
    super([`${at.url}: ${first}`, ...others], options);
    this.at = at;
  }
}

/**
 * None of a model's first answers can be read, or none is a label of its task: its cell fails, the others go on. What was
 * answered is kept.
 */
export class UnusableAnswersError extends PerbenchError {
  readonly code = 'PB_ANSWERS';
}

/** An engine was asked for what it can't do; the cell is `unavailable: unsupported`. */
export class UnsupportedError extends PerbenchError {
  readonly code = 'PB_UNSUPPORTED';
}

/** What a cell began with isn't what is here: another engine build, file or data. */
export class ChangedCellError extends UnsupportedError {}

/** The store is locked, damaged, full, or from a newer version: exit code 5. */
export class StoreError extends PerbenchError {
  readonly code = 'PB_STORE';
}

/** There is nothing yet where a store is to be read: no file, or a database without tables of perbench. */
export class NoStoreError extends StoreError {}

/** What places workers on machines refuses or can't be reached: exit code 5. */
export class LauncherError extends PerbenchError {
  readonly code = 'PB_LAUNCHER';
  /** The engine has answered that it won't; otherwise nobody knows whether it would. */
  readonly isRefusal: boolean;

  constructor(
    message: ErrorLines,
    { isRefusal = false, ...options }: ErrorOptions & { readonly isRefusal?: boolean } = {},
  ) {
    super(message, options);
    this.isRefusal = isRefusal;
  }
}

/** Another process took over this cell; what this one still has is not written. */
export class FencedError extends PerbenchError {
  readonly code = 'PB_FENCED';
}
