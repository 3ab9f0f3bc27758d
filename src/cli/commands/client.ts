import { calibrate } from '../../app/calibrate.ts';
import { exitCodes } from '../exit-codes.ts';
import { sourceSettings } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import type { calibrateOptions, nullServerOptions } from '../tables/prepare-options.ts';
import { once } from 'node:events';
import { EnvironmentError } from '../../core/errors.ts';
import { nullModel, startNullServer } from '../../app/null-server/null-server.ts';

export const calibrateClient: CommandHandler<typeof calibrateOptions> = async ({ options }, context) => {
  const { output, interruption } = context;
  const { seconds, concurrency, clientProcesses } = options;
  output.note(`sending requests to a server without a model for ${2 * seconds} s; keep the machine otherwise idle`);
  const measured = await calibrate({
    durationMs: seconds * 1000,
    concurrency,
    clientProcesses,
    cacheDir: sourceSettings(context).cacheDir,
    signal: interruption.signal,
  });
  const { requests, streamedTokens, host, file } = measured;
  output.record('calibration', measured);
  output.result(
    [
      `requests          ${requests.perSecond.toFixed(0)}/s, ${(requests.cpuMsEach * 1000).toFixed(0)} µs of CPU each`,
      `streamed tokens   ${streamedTokens.perSecond.toFixed(0)}/s, ${(streamedTokens.cpuMsEach * 1000).toFixed(1)} µs of CPU each`,
      `at ${concurrency} concurrent requests${clientProcesses === 1 ? '' : ` from ${clientProcesses} processes`}, on ${host.cpuModel} (${host.cores} cores)`,
      `saved to ${file}`,
    ].join('\n'),
  );
  return exitCodes.done;
};

export const nullServer: CommandHandler<typeof nullServerOptions> = async ({ options }, { output, interruption }) => {
  const { port, ...answers } = options;
  const server = await startNullServer(answers, port).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new EnvironmentError(`port ${port} is in use`, {
      hint: 'Choose another with --port, or 0 for a free one.',
    });
  });
  await using resources = new AsyncDisposableStack();
  resources.use(server);
  output.record('null-server', { baseUrl: server.baseUrl });
  output.result(`serving "${nullModel}" at ${server.baseUrl}; press Ctrl-C to stop`);
  interruption.expectEnd();
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
  return exitCodes.done;
};
