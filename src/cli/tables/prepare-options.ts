import { flag, number, text, texts, withDefault } from '../options/option.ts';
import { estimateOptions, gpuOptions } from './measure-options.ts';
import { suiteOptions } from './suite-options.ts';

const { dataDir, shots, input, target, answer, skipInvalid } = suiteOptions;

export const initOptions = {
  force: flag({ help: 'overwrite an existing file', hasEnvironment: false }),
  input,
  target,
  answer,
  skipInvalid,
} as const;

export const noOptions = {} as const;

export const modelsListOptions = {
  all: flag({ help: 'include the models of the paper, most of which need a large machine' }),
  fit: flag({
    help: 'estimate memory and speed of all models on this machine; those first that fit',
    hasEnvironment: false,
  }),
  ...estimateOptions,
  ...gpuOptions,
  allowBusy: suiteOptions.allowBusy,
} as const;

export const dataOptions = { dataDir } as const;

export const tasksOptions = {
  dataDir,
  writeOut: flag({ short: 'w', help: 'print the first prompt of each task', hasEnvironment: false }),
  items: withDefault(
    number({ argument: 'n', min: 1, max: 1000, help: 'items of each task whose prompts are printed' }),
    1,
  ),
  shots,
  input,
  target,
  answer,
  skipInvalid,
} as const;

export const calibrateOptions = {
  seconds: withDefault(
    number({ argument: 's', min: 0.1, max: 600, isWhole: false, help: 'length of each of the two measurements' }),
    5,
  ),
  concurrency: withDefault(number({ argument: 'n', min: 1, max: 10_000, help: 'concurrent requests' }), 64),
  clientProcesses: withDefault(
    number({ argument: 'n', min: 1, max: 64, help: 'client processes that send requests' }),
    1,
  ),
} as const;

export const nullServerOptions = {
  port: withDefault(number({ argument: 'n', min: 0, max: 65_535, help: 'port on loopback; 0 picks a free one' }), 8900),
  tokens: withDefault(
    number({ argument: 'n', min: 1, max: 100_000, help: 'tokens per answer, if max_tokens allows' }),
    64,
  ),
  firstTokenMs: withDefault(number({ argument: 'ms', min: 0, isWhole: false, help: 'time to first token (TTFT)' }), 0),
  tokenMs: withDefault(number({ argument: 'ms', min: 0, isWhole: false, help: 'time per output token (TPOT)' }), 0),
} as const;

export const quantizeOptions = {
  to: texts({
    argument: 'types',
    isCommaSeparated: true,
    hasEnvironment: false,
    help: 'quantisations to make, such as q8_0,q4_k_m',
  }),
  out: text({
    short: 'o',
    argument: 'folder',
    completion: 'folder',
    hasEnvironment: false,
    help: 'folder for the files (default: that of the model file, and for a model that was fetched the current one)',
  }),
  threads: suiteOptions.threads,
  force: flag({ help: 'replace files that are there', hasEnvironment: false }),
} as const;
