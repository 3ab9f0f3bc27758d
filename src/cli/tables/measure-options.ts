import { launcherNames } from '../../core/cluster.ts';
import { quantities } from '../../core/quantities.ts';
import { usualChunkTokens, usualLossItems } from '../../core/loss.ts';
import { choice, custom, flag, number, text, texts, withDefault } from '../options/option.ts';
import { baseOption } from './decision-options.ts';
import { suiteOptions } from './suite-options.ts';

/** A bare `80` is refused: that many bytes is no GPU, and nobody says which unit was meant. */
function parseGpuMemory(value: string): number | undefined {
  const bytes = quantities.size.parse(value);
  return bytes !== undefined && bytes >= 2 ** 20 ? bytes : undefined;
}

export const quickstartOptions = {
  minutes: withDefault(
    number({ argument: 'n', min: 0.5, max: 600, isWhole: false, help: 'time budget, excluding downloads' }),
    5,
  ),
} as const;

/** GPUs that a plan assumes, for machines that are elsewhere. */
export const gpuOptions = {
  gpuMemory: custom<number>({
    argument: 'size',
    expected: 'a size such as 80GiB or 24576MiB',
    help: 'GPU memory to plan for',
    defaultText: 'the GPUs of this machine',
    parse: parseGpuMemory,
  }),
  gpus: number({
    argument: 'n',
    min: 0,
    max: 4096,
    help: 'number of GPUs to plan for',
    defaultText: 'the GPUs of this machine',
  }),
} as const;

const force = flag({
  help: "go on though none of a model's first answers can be read, or none is a label of its task",
  hasEnvironment: false,
});

/** Of runs whose workers are elsewhere. */
const clusterOptions = {
  on: choice({
    argument: 'engine',
    choices: launcherNames,
    help: 'submit workers to the engine of a cluster, and follow them (docs/clusters.md)',
    hasEnvironment: false,
  }),
  workers: number({
    argument: 'n',
    min: 1,
    max: 10_000,
    help: 'with --on: workers for each group of models that need the same',
    defaultText: 'one per model, and one for each further block of --shards',
    hasEnvironment: false,
  }),
  detach: flag({ help: 'with --on: submit, and do not follow', hasEnvironment: false }),
  print: flag({
    help: 'with --on: write the run, print what would be submitted for it, and submit nothing',
    hasEnvironment: false,
  }),
} as const;

export const runOptions = {
  ...suiteOptions,
  ...gpuOptions,
  dryRun: flag({
    help: 'print the plan, with estimated memory and what does not fit; download and start nothing',
    hasEnvironment: false,
  }),
  anchors: text({
    argument: 'name|file',
    help: 'anchors, which score 0.5 in PER-A, for --decide winner: cpu, paper-gpu, or a .yaml or .json file',
    defaultText: "the project's, else those of this hardware",
    hasEnvironment: false,
  }),
  ...clusterOptions,
  fresh: flag({ help: 'start a new run even if an unfinished run of the same suite could be resumed' }),
  force,
  writeOut: flag({
    help: 'show the first prompt of each model and task as it is sent, with its template applied',
    hasEnvironment: false,
  }),
} as const;

export const storedRunOptions = {
  dataDir: text({ argument: 'folder', help: 'data set folder, if it has moved', completion: 'folder' }),
} as const;

const ofRun = (help: string) => texts({ argument: 'name', isCommaSeparated: false, help, hasEnvironment: false });

export const lossOptions = {
  base: baseOption,
  model: { ...ofRun('only these models of the run (repeatable)'), short: 'm' },
  task: { ...ofRun('only these tasks of the run (repeatable)'), short: 't', completion: 'task' },
  items: withDefault(
    number({
      argument: 'n',
      min: 2,
      help: 'prompts per task, the first of the drawn order, or chunks of a text',
      hasEnvironment: false,
    }),
    usualLossItems,
  ),
  text: text({
    argument: 'file',
    help: 'text file in UTF-8 to compare on, instead of tasks',
    completion: 'file',
    hasEnvironment: false,
  }),
  chunkTokens: withDefault(
    number({
      argument: 'n',
      min: 8,
      help: 'tokens per chunk of a text; the second half is counted',
      hasEnvironment: false,
    }),
    usualChunkTokens,
  ),
  ...storedRunOptions,
} as const;

export const resumeOptions = { ...storedRunOptions, ...clusterOptions, force } as const;

/** What estimates take beside what they are of. */
export const estimateOptions = {
  recalibrate: flag({ help: 'measure the speed of this machine again, for estimates', hasEnvironment: false }),
} as const;

export const planOptions = {
  ...suiteOptions,
  ...gpuOptions,
  estimate: flag({
    help: 'estimate memory and speed of the models from the headers of their files alone, before any download',
    hasEnvironment: false,
  }),
  ...estimateOptions,
  probe: withDefault(
    choice({
      argument: 'when',
      choices: ['auto', 'always', 'never'],
      help: 'start the models and measure their speed first',
    }),
    'auto',
  ),
} as const;
