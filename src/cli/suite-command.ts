import { UsageError } from '../core/errors.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './options/command.ts';
import { resolveSuite, type SuiteSettings } from './suite-file/suite-settings.ts';
import type { SuiteOptions } from './tables/suite-options.ts';
import { suiteNames } from './registries.ts';

/** The suite of a command that takes one: from its argument or `--config`, and its flags. */
export async function suiteOfCommand(
  input: Pick<CommandInput<SuiteOptions>, 'arguments' | 'options' | 'origins'>,
  context: CliContext,
  config = context.globals.config,
): Promise<SuiteSettings> {
  const [argument] = input.arguments;
  if (argument !== undefined && config !== undefined && argument !== config) {
    throw new UsageError(`two suite files were named: ${argument} and --config ${config}`, {
      hint: 'Name one of them.',
    });
  }
  const fileName = argument ?? config;
  return resolveSuite({ input, fileName, world: context, names: suiteNames });
}
