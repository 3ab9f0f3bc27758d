import type { CommandHandler } from '../options/command.ts';
import type { noOptions } from '../tables/prepare-commands.ts';

export const doctor: CommandHandler<typeof noOptions> = async () => {
  throw new Error('TODO');
};
