import { EnvironmentError, PerbenchError } from '../core/errors.ts';
import { explainSystemError, isSystemError } from '../core/system-error.ts';
import { exitCodeByErrorCode, exitCodes } from './exit-codes.ts';
import { safeText } from '../present/sanitise.ts';
import { textWidth, wrapText } from '../present/text-width.ts';

/** How an error ends the process, and what is said of it. */
export interface RenderedError {
  readonly exitCode: number;
  /** For stderr, with a line break at its end. */
  readonly text: string;
  /** For stdout under `--json`. */
  readonly record: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string | undefined;
    readonly stack?: string | undefined;
  };
}

/**
 * Known errors are one line and a hint, and so is what the operating system refuses; everything else is a bug of ours and
 * shows its stack.
 *
 * @param width of the terminal; undefined leaves lines as long as they are
 */
export function renderError(error: unknown, width?: number): RenderedError {
  if (error instanceof PerbenchError) return renderKnown(error, width);
  if (isSystemError(error)) {
    const { message, hint } = explainSystemError(error);
    return renderKnown(new EnvironmentError(message, { hint, cause: error }), width);
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: exitCodes.bug,
    text: `error: this is a bug in perbench: ${safeText(stack)}\nhint: Please report it with the lines above and the command.\n`,
    record: { code: 'PB_BUG', message, stack },
  };
}

/** A line broken between words, as lists of names need it; one with a word that is longer stays as it is. */
function broken(line: string, width: number | undefined): readonly string[] {
  const indent = '  ';
  if (width === undefined || line.split(' ').some((word) => textWidth(indent + word) > width)) return [line];
  return wrapText(line, width, indent);
}

function renderKnown({ code, message, hint }: PerbenchError, width: number | undefined): RenderedError {
  const lines = safeText(message)
    .split('\n')
    .flatMap((line) => broken(`error: ${line}`, width));
  // Hints have commands in them, which people copy.
  const hintLine = hint === undefined ? '' : `hint: ${safeText(hint)}\n`;
  return {
    exitCode: exitCodeByErrorCode[code] ?? exitCodes.bug,
    text: `${lines.map((line) => `${line}\n`).join('')}${hintLine}`,
    record: { code, message, hint },
  };
}
