import { flag, number, withDefault } from '../options/option.ts';
import { suiteOptions } from './suite-options.ts';

const { dataDir, shots } = suiteOptions;

export const initOptions = {
  force: flag({ help: 'replace a file that is already there', hasEnvironment: false }),
} as const;

export const noOptions = {} as const;

export const modelsListOptions = {
  all: flag({ help: 'also the models of the paper, most of which need a large machine' }),
} as const;

export const dataOptions = { dataDir } as const;

export const tasksOptions = {
  dataDir,
  writeOut: flag({ short: 'w', help: 'print the first prompt of each task', hasEnvironment: false }),
  shots,
} as const;

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
