import { once } from 'node:events';
import { EnvironmentError } from '../../core/errors.ts';
import { nullModel, startNullServer } from '../../local/null-server/null-server.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import type { nullServerOptions } from '../tables/client-commands.ts';

export const nullServer: CommandHandler<typeof nullServerOptions> = async ({ options }, { output, interruption }) => {
  const { port, ...answers } = options;
  const server = await startNullServer(answers, port).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new EnvironmentError(`port ${port} is taken`, {
      hint: 'Name another with --port, or 0 for any that is free.',
    });
  });
  await using resources = new AsyncDisposableStack();
  resources.use(server);
  output.record('null-server', { baseUrl: server.baseUrl });
  output.result(`${server.baseUrl} answers without a model, as "${nullModel}"; Ctrl-C ends it`);
  interruption.expectEnd();
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
  return exitCodes.done;
};
