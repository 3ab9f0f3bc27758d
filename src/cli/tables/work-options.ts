import { number, flag, text, texts } from '../options/option.ts';

/** What a worker is told. None of it is read from the environment: workers of one machine may differ in it. */
export const workOptions = {
  model: {
    ...texts({
      argument: 'name',
      isCommaSeparated: false,
      help: 'only these models of the run (repeatable)',
      hasEnvironment: false,
    }),
    short: 'm',
  },
  accuracyOnly: flag({
    help: 'answer blocks of items, which --shards made, and measure no times',
    hasEnvironment: false,
  }),
  modelDir: texts({
    argument: 'folder',
    isCommaSeparated: false,
    help: 'folder with model files, where they are not where the run found them (repeatable)',
    completion: 'folder',
  }),
  dataDir: text({ argument: 'folder', help: 'data set folder, where it is another one here', completion: 'folder' }),
  wait: number({
    argument: 'seconds',
    min: 0,
    isWhole: false,
    help: 'longest wait while others hold all that is left',
    defaultText: 'until they end',
    hasEnvironment: false,
  }),
  job: text({
    argument: 'name',
    help: 'name of the job that the worker is of; what places workers sets it',
    hasEnvironment: false,
  }),
} as const;
