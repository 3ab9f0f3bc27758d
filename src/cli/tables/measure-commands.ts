import { quantities } from '../../core/quantities.ts';
import type { Command } from '../options/command.ts';
import { choice, custom, flag, number, text, withDefault } from '../options/option.ts';
import { suiteOptions } from './suite-options.ts';

/** A bare `80` is refused: that many bytes is no GPU, and nobody says which unit was meant. */
function parseGpuMemory(value: string): number | undefined {
  const bytes = quantities.size.parse(value);
  return bytes !== undefined && bytes >= 2 ** 20 ? bytes : undefined;
}

const suiteArgument = {
  name: 'suite',
  help: 'suite file: YAML, JSON, TypeScript, or - for stdin; without one and without --model, perbench.yaml or perbench.config.ts',
  isOptional: true,
  completion: 'file',
} as const;

const runArgument = {
  name: 'run',
  help: 'id of a run, or its beginning; by default the newest',
  isOptional: true,
  completion: 'run',
} as const;

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

export const measureCommands: readonly Command[] = [
  {
    name: 'quickstart',
    group: 'Measure',
    summary: 'compare three small models on a mini set, in minutes',
    details:
      'Fetches the models, runs them on 40 items per task written for perbench, and prints one table per task. The scores are of the mini set, not of the benchmarks.',
    arguments: [],
    options: quickstartOptions,
    examples: ['perbench quickstart', 'perbench quickstart --minutes 3 --offline'],
  },
  {
    name: 'run',
    aliases: ['eval'],
    group: 'Measure',
    summary: 'run models on tasks and print the scoreboards',
    details:
      'A run that was interrupted goes on where it stopped when the same command is given again. Flags override the suite file.',
    arguments: [suiteArgument],
    options: runOptions,
    examples: [
      'perbench run suite.yaml',
      'perbench run suite.yaml --decide "cheapest with accuracy >= 0.7"',
      'perbench run -m smollm2-135m-instruct -m ./other.gguf -t all --data-dir data --limit 200',
      'perbench eval --model smollm2-135m-instruct --tasks gsm8k,arc_easy --limit 0.1 --output_path results.json',
    ],
  },
  {
    name: 'resume',
    group: 'Measure',
    summary: 'go on with a run that was interrupted',
    details: 'Cells that failed are tried again.',
    arguments: [{ ...runArgument, help: 'id of a run, or its beginning; by default the newest unfinished one' }],
    options: storedRunOptions,
    examples: ['perbench resume', 'perbench resume 20261124-1630'],
  },
  {
    name: 'plan',
    group: 'Measure',
    summary: 'say what a run would take: hours, downloads, memory',
    arguments: [suiteArgument],
    options: planOptions,
    examples: [
      'perbench plan suite.yaml',
      'perbench plan suites/paper.yaml --gpu-memory 80GiB --gpus 8',
      'perbench plan -m qwen2.5-coder-0.5b-instruct -t gsm8k --probe never',
    ],
  },
  {
    name: 'rescore',
    group: 'Measure',
    summary: 'score stored outputs again, with the current scorers',
    arguments: [runArgument],
    options: storedRunOptions,
    examples: ['perbench rescore', 'perbench rescore 20261124-1630 --data-dir data'],
  },
];
