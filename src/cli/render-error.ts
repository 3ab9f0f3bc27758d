import { PerbenchError } from '../core/errors.ts';
import { exitCodeByErrorCode, exitCodes } from './exit-codes.ts';
import { safeText } from '../present/sanitise.ts';

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

/** Known errors are one line and a hint; everything else is a bug of ours and shows its stack. */
export function renderError(error: unknown): RenderedError {
  if (error instanceof PerbenchError) return renderKnown(error);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: exitCodes.bug,
    text: `error: this is a bug in perbench: ${safeText(stack)}\nhint: Please report it with the lines above and the command.\n`,
    record: { code: 'PB_BUG', message, stack },
  };
}

function renderKnown({ code, message, hint }: PerbenchError): RenderedError {
  const lines = safeText(message).split('\n');
  const hintLine = hint === undefined ? '' : `hint: ${safeText(hint)}\n`;
  return {
    exitCode: exitCodeByErrorCode[code] ?? exitCodes.bug,
    text: `${lines.map((line) => `error: ${line}\n`).join('')}${hintLine}`,
    record: { code, message, hint },
  };
}
