import type { Command } from '../options/command.ts';
import { clientCommands } from './client-commands.ts';
import { decisionCommands } from './decision-commands.ts';
import { interopCommands } from './interop-commands.ts';
import { measureCommands } from './measure-commands.ts';
import { paperCommands } from './paper-commands.ts';
import { prepareCommands } from './prepare-commands.ts';
import { resultCommands } from './result-commands.ts';
import { viewCommands } from './view-commands.ts';

/** Every verb, in the order of `--help`. */
export const commands: readonly Command[] = [
  ...measureCommands,
  ...decisionCommands,
  ...resultCommands,
  ...viewCommands,
  ...paperCommands,
  ...interopCommands,
  ...prepareCommands,
  ...clientCommands,
];

/** Verbs of one noun, for the help of the noun alone: `perbench models`. */
export const nouns: Readonly<Record<string, string>> = {
  models: 'list, fetch, check and remove models',
  data: 'list, fetch and check data sets',
};
