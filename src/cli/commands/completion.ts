import { printCompletionScript } from '../completion/completion-script.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import type { noOptions } from '../tables/prepare-commands.ts';

export const completion: CommandHandler<typeof noOptions> = async ({ arguments: [shell = 'bash'] }) => {
  printCompletionScript(shell);
  return exitCodes.done;
};
