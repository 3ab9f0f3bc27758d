import { quantities } from '../../core/quantities.ts';
import { choice, custom, flag, number, text, withDefault } from '../options/option.ts';
import { suiteOptions } from './suite-options.ts';

/** A bare `80` is refused: that many bytes is no GPU, and nobody says which unit was meant. */
function parseGpuMemory(value: string): number | undefined {
  const bytes = quantities.size.parse(value);
  return bytes !== undefined && bytes >= 2 ** 20 ? bytes : undefined;
}

export const quickstartOptions = {
  minutes: withDefault(
    number({ argument: 'n', min: 0.5, max: 600, isWhole: false, help: 'time to use, downloads aside' }),
    6,
  ),
} as const;

/** GPUs that a plan assumes, for machines that aren't at hand. */
export const gpuOptions = {
  gpuMemory: custom<number>({
    argument: 'size',
    expected: 'a size such as 80GiB or 24576MiB',
    help: 'plan for GPUs with so much memory each (default: those that are here)',
    parse: parseGpuMemory,
  }),
  gpus: number({ argument: 'n', min: 0, max: 4096, help: 'plan for so many GPUs (default: those that are here)' }),
} as const;

export const runOptions = {
  ...suiteOptions,
  ...gpuOptions,
  dryRun: flag({
    help: 'print the plan, with estimated memory and what does not fit; fetch and start nothing',
    hasEnvironment: false,
  }),
  anchors: text({
    argument: 'name|file',
    help: 'what scores 0.5 in PER-A, for --decide winner: cpu, paper-gpu, a .yaml or .json file (default: of the project, else of this hardware)',
    hasEnvironment: false,
  }),
  fresh: flag({ help: 'start a new run even where an unfinished one of the same suite could go on' }),
} as const;

export const storedRunOptions = {
  dataDir: text({ argument: 'folder', help: 'folder with the data sets, if it moved', completion: 'folder' }),
} as const;

export const planOptions = {
  ...suiteOptions,
  ...gpuOptions,
  probe: withDefault(
    choice({ argument: 'when', choices: ['auto', 'always', 'never'], help: 'measure speed for a few seconds first' }),
    'auto',
  ),
} as const;
