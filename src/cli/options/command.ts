import type { CliContext } from '../context.ts';
import type { CompletionSource } from '../../core/settings.ts';
import type { OptionTable, OptionValues } from './option.ts';
import type { ResolvedOptions } from './resolve-options.ts';

export interface CommandArgument {
  readonly name: string;
  readonly help: string;
  readonly isOptional: boolean;
  readonly isRepeatable?: boolean;
  readonly choices?: readonly string[];
  readonly completion?: CompletionSource;
}

/** What a handler gets of the command line. */
export interface CommandInput<Table extends OptionTable = OptionTable> {
  readonly arguments: readonly string[];
  readonly options: OptionValues<Table>;
  readonly origins: ResolvedOptions<Table>['origins'];
}

/** Runs a command to its end and says how it went: an exit code of docs/errors.md. */
export type CommandHandler<Table extends OptionTable> = (
  input: CommandInput<Table>,
  context: CliContext,
) => Promise<number>;

/** One verb. Everything that isn't in `load` is light, because every start of perbench reads it. */
export interface Command<Table extends OptionTable = OptionTable> {
  /** `run`, or two words for a verb of a noun: `models list`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: 'Measure' | 'Decide' | 'Inspect results' | 'Prepare';
  /** One line without a full stop. */
  readonly summary: string;
  /** Whole sentences, for `--help` of the command and docs/cli.md. */
  readonly details?: string;
  readonly arguments: readonly CommandArgument[];
  readonly options: Table;
  /** Has a result that `--out` writes; other commands refuse it. */
  readonly writesFiles?: true;
  readonly examples?: readonly string[];
  load(): Promise<CommandHandler<Table>>;
}

/** Keeps the types of a command's options while it joins a list. */
export function defineCommand<Table extends OptionTable>(command: Command<Table>): Command {
  // The options that reach the handler are resolved from this command's own table.
  return command as unknown as Command;
}
