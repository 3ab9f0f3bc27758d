import type { Command } from '../options/command.ts';
import { number, withDefault } from '../options/option.ts';

export const calibrateOptions = {
  seconds: withDefault(
    number({ argument: 's', min: 0.1, max: 600, isWhole: false, help: 'length of each of the two measurements' }),
    5,
  ),
  concurrency: withDefault(number({ argument: 'n', min: 1, max: 10_000, help: 'requests in flight' }), 64),
  clientProcesses: withDefault(number({ argument: 'n', min: 1, max: 64, help: 'processes that ask' }), 1),
} as const;

export const nullServerOptions = {
  port: withDefault(
    number({ argument: 'n', min: 0, max: 65_535, help: 'port on loopback; 0: any that is free' }),
    8900,
  ),
  tokens: withDefault(
    number({ argument: 'n', min: 1, max: 100_000, help: 'tokens of an answer, where max_tokens allows them' }),
    64,
  ),
  firstTokenMs: withDefault(number({ argument: 'ms', min: 0, isWhole: false, help: 'time to the first token' }), 0),
  tokenMs: withDefault(number({ argument: 'ms', min: 0, isWhole: false, help: 'time from token to token' }), 0),
} as const;

export const clientCommands: readonly Command[] = [
  {
    name: 'calibrate',
    group: 'Prepare',
    summary: 'measure how fast perbench can ask servers',
    details:
      'Measures requests and streamed tokens per second: asks a server without a model as fast as it can. Later runs on this machine with as many client processes mark windows that came near this ceiling as client_bound.',
    arguments: [],
    options: calibrateOptions,
    examples: ['perbench calibrate', 'perbench calibrate --seconds 20 --concurrency 256 --client-processes 4'],
  },
  {
    name: 'null-server',
    group: 'Prepare',
    summary: 'serve the OpenAI protocol without a model',
    details:
      'To measure clients. Completions and chat, whole and streamed, on loopback alone until Ctrl-C. Its answers mean nothing.',
    arguments: [],
    options: nullServerOptions,
    examples: ['perbench null-server', 'perbench null-server --port 0 --tokens 200 --first-token-ms 20 --token-ms 5'],
  },
];
