import { defineCommand, type Command } from '../options/command.ts';
import { planOptions, quickstartOptions, runOptions, storedRunOptions } from './measure-options.ts';
import { compareOptions, decideOptions, gateOptions } from './decision-options.ts';
import { prepareCommands } from './prepare-commands.ts';
import { resultCommands } from './result-commands.ts';

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

const side = { isOptional: false, completion: 'run' } as const;

const measureAndDecide: readonly Command[] = [
  defineCommand({
    name: 'quickstart',
    group: 'Measure',
    summary: 'compare three small models on a mini set, in minutes',
    details:
      'Fetches the models, runs them on 40 items per task written for perbench, and prints one table per task. The scores are of the mini set, not of the benchmarks.',
    arguments: [],
    options: quickstartOptions,
    examples: ['perbench quickstart', 'perbench quickstart --minutes 3 --offline'],
    load: async () => (await import('../commands/run.ts')).quickstart,
  }),
  defineCommand({
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
    load: async () => (await import('../commands/run.ts')).run,
  }),
  defineCommand({
    name: 'resume',
    group: 'Measure',
    summary: 'go on with a run that was interrupted',
    details: 'Cells that failed are tried again.',
    arguments: [{ ...runArgument, help: 'id of a run, or its beginning; by default the newest unfinished one' }],
    options: storedRunOptions,
    examples: ['perbench resume', 'perbench resume 20261124-1630'],
    load: async () => (await import('../commands/run.ts')).resume,
  }),
  defineCommand({
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
    load: async () => (await import('../commands/plan.ts')).plan,
  }),
  defineCommand({
    name: 'rescore',
    group: 'Measure',
    summary: 'score stored outputs again, with the current scorers',
    arguments: [runArgument],
    options: storedRunOptions,
    examples: ['perbench rescore', 'perbench rescore 20261124-1630 --data-dir data'],
    load: async () => (await import('../commands/run.ts')).rescore,
  }),
  defineCommand({
    name: 'decide',
    group: 'Decide',
    summary: 'recommend a model for tasks under constraints',
    details:
      'For one task, or several with weights. Names the model with the highest score among those that pass every constraint, the runner-up, how sure that is, and what would change the answer. Exit code 4 where no model passes, 3 where none could be scored.',
    arguments: [runArgument],
    options: decideOptions,
    examples: [
      'perbench decide -t gsm8k=2,arc_easy=1 --max-memory 2GiB',
      'perbench decide 20261124-1630 --min-accuracy 0.7 --max-latency-p95 500ms',
      'perbench decide --table table.csv --anchors paper-gpu',
    ],
    load: async () => (await import('../commands/decisions.ts')).decide,
  }),
  defineCommand({
    name: 'compare',
    group: 'Decide',
    summary: 'compare two runs or models item by item',
    details:
      'Says what got better, what got worse, and what nobody can tell. A and B are runs, or models of runs as run:model; latest is the newest run, and :model is a model of it. One model against one is compared whatever they are called, several against several by name.',
    arguments: [
      { ...side, name: 'a', help: 'what is held against: a run, run:model, :model of the newest run, or latest' },
      { ...side, name: 'b', help: 'the candidate, named in the same way' },
    ],
    options: compareOptions,
    examples: [
      'perbench compare 20261124-1630 20261125-0910',
      'perbench compare :smollm2-135m-instruct :qwen2.5-coder-0.5b-instruct -t gsm8k',
      'perbench compare 20261124 latest --all -o compare.md',
    ],
    load: async () => (await import('../commands/decisions.ts')).compare,
  }),
  defineCommand({
    name: 'gate',
    group: 'Decide',
    summary: 'hold a run against a baseline and limits',
    details:
      'Limits come from flags, else from the section gates of the suite file (--config, or the one that the candidate was run with). Each is decided by a 95 % interval, never by a point: it passes where the whole interval is within the limit, fails where the whole interval is beyond it, and is inconclusive otherwise. Exit codes: 0 passed, 4 failed, 6 inconclusive.',
    arguments: [],
    options: gateOptions,
    examples: [
      'perbench gate --baseline 20261124-1630 --max-accuracy-drop 0.01 --max-throughput-drop 5%',
      'perbench gate --baseline 20261124-1630 --candidate latest -c perbench.yaml -o gate.junit.xml',
    ],
    load: async () => (await import('../commands/decisions.ts')).gate,
  }),
];

/** Every verb, in the order of `--help`. */
export const commands: readonly Command[] = [...measureAndDecide, ...resultCommands, ...prepareCommands];

/** Verbs of one noun, for the help of the noun alone: `perbench models`. */
export const nouns: Readonly<Record<string, string>> = {
  models: 'list, fetch, check and remove models',
  data: 'list, fetch and check data sets',
};
