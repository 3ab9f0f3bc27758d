import { defineCommand, type Command } from '../options/command.ts';
import { sweepOptions } from './sweep-options.ts';
import { workOptions } from './work-options.ts';
import {
  lossOptions,
  planOptions,
  quickstartOptions,
  resumeOptions,
  runOptions,
  storedRunOptions,
} from './measure-options.ts';
import { compareOptions, decideOptions, gateOptions } from './decision-options.ts';
import { costOptions } from './cost-options.ts';
import { prepareCommands } from './prepare-commands.ts';
import { resultCommands } from './result-commands.ts';

const suiteArgument = {
  name: 'suite',
  help: 'suite file: YAML, JSON, TypeScript, or - for stdin (default without --model: perbench.yaml or perbench.config.ts)',
  isOptional: true,
  completion: 'file',
} as const;

const runArgument = {
  name: 'run',
  help: 'run id or a prefix of it, or latest, latest~1 (default: the newest run)',
  isOptional: true,
  completion: 'run',
} as const;

const side = { isOptional: false, completion: 'run or file' } as const;

const measureAndDecide: readonly Command[] = [
  defineCommand({
    name: 'quickstart',
    group: 'Measure',
    summary: 'compare three small models on a mini set, in minutes',
    details:
      'Downloads the models, runs them on up to 40 items per task written for perbench, and prints one table per task. The scores are for this mini set, not for the benchmarks.',
    arguments: [],
    options: quickstartOptions,
    examples: ['perbench quickstart', 'perbench quickstart --minutes 3 --offline'],
    writesFiles: true,
    load: async () => (await import('../commands/run.ts')).quickstart,
  }),
  defineCommand({
    name: 'run',
    aliases: ['eval'],
    group: 'Measure',
    summary: 'run models on tasks and print the scoreboards',
    details:
      'Repeat the same command to resume an interrupted run. Flags override the suite file. With --on, workers on the machines of a cluster do the work, and this one follows them; Ctrl-C asks whether to cancel the run or to leave it to them.',
    arguments: [suiteArgument],
    options: runOptions,
    examples: [
      'perbench run suite.yaml',
      'perbench run suite.yaml --decide "cheapest with accuracy >= 0.7"',
      'perbench run suite.yaml --on slurm --store postgres://me@db/perbench',
      'perbench run -m smollm2-135m-instruct -m ./other.gguf -t all --data-dir data --limit 200',
      'perbench run -m http://127.0.0.1:8000/v1 -t gsm8k --data-dir data',
      'perbench eval --model smollm2-135m-instruct --tasks gsm8k,arc_easy --limit 0.1 --output_path results.json',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/run.ts')).run,
  }),
  defineCommand({
    name: 'resume',
    group: 'Measure',
    summary: 'resume an interrupted run',
    details:
      'Failed cells are retried. A run that workers elsewhere are at is followed instead, from any machine; --on submits workers for what is left.',
    arguments: [{ ...runArgument, help: 'run id or a prefix of it (default: the newest unfinished run)' }],
    options: resumeOptions,
    examples: ['perbench resume', 'perbench resume 20261124-1630', 'perbench resume --force'],
    writesFiles: true,
    load: async () => (await import('../commands/run.ts')).resume,
  }),
  defineCommand({
    name: 'work',
    group: 'Measure',
    summary: 'work on a run beside other machines',
    details:
      'Claims cells of a run that this machine may take, runs them, claims the next, and ends when nothing is left for it. Every machine with the store may have one; see docs/clusters.md. Exit codes: 0 nothing is left for it, 3 cells failed here, 5 a model, data or memory are missing here, 75 only other hardware may do what is left.',
    arguments: [runArgument],
    options: workOptions,
    examples: [
      'perbench work 20261124-1630 --store postgres://perbench@db/perbench',
      'perbench work --model smollm2-135m-instruct --wait 60',
      'perbench work latest --accuracy-only --model-dir /models',
    ],
    load: async () => (await import('../commands/work.ts')).work,
  }),
  defineCommand({
    name: 'cancel',
    group: 'Measure',
    summary: 'end all work on a run, wherever it goes on',
    details:
      'Workers finish what is in flight and end; jobs that wait are taken out of their queue. What was measured is kept, and perbench resume goes on with it.',
    arguments: [{ ...runArgument, help: 'run id or a prefix of it (default: the newest unfinished run)' }],
    options: {},
    examples: ['perbench cancel', 'perbench cancel 20261124-1630 --store postgres://me@db/perbench'],
    load: async () => (await import('../commands/cluster.ts')).cancel,
  }),
  defineCommand({
    name: 'plan',
    group: 'Measure',
    summary: 'estimate the time, downloads and memory of a run',
    arguments: [suiteArgument],
    options: planOptions,
    examples: [
      'perbench plan suite.yaml',
      'perbench plan suites/paper.yaml --gpu-memory 80GiB --gpus 8',
      'perbench plan -m qwen2.5-coder-0.5b-instruct -t gsm8k --probe never',
      'perbench plan --estimate -m hf:owner/repo/model.gguf',
    ],
    load: async () => (await import('../commands/plan.ts')).plan,
  }),
  defineCommand({
    name: 'sweep',
    group: 'Measure',
    summary: 'measure speed by prompt length and concurrency',
    details:
      'Asks prompts of random words, no two with the same beginning, and counts the tokens that were processed. pp512 and tg64 are what llama-bench calls them; with --within it looks for the highest concurrency that keeps a limit instead. Nothing is stored; --out also writes charts (.svg, .png, .pdf). Exit codes: 0 measured, 3 a load could not be measured, 4 no concurrency keeps the limit, 6 that stays open.',
    arguments: [
      {
        name: 'model',
        help: 'models as for --model of run: a name, a file, hf:…, a server (default: those of the suite file)',
        isOptional: true,
        isRepeatable: true,
        completion: 'model',
      },
    ],
    options: sweepOptions,
    examples: [
      'perbench sweep smollm2-135m-instruct --prompt-tokens 128,512 --concurrency 1,4 -o sweep.png',
      'perbench sweep http://127.0.0.1:8000/v1 --within "ttft p95 <= 500ms"',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/sweep.ts')).sweep,
  }),
  defineCommand({
    name: 'rescore',
    group: 'Measure',
    summary: 'rescore stored outputs with the current scorers',
    arguments: [runArgument],
    options: storedRunOptions,
    examples: ['perbench rescore', 'perbench rescore 20261124-1630 --data-dir data'],
    load: async () => (await import('../commands/run.ts')).rescore,
  }),
  defineCommand({
    name: 'loss',
    group: 'Measure',
    summary: 'measure how far models are from a base, token by token',
    details:
      "Kullback-Leibler divergence, same likeliest token, and perplexity against a base model: of a run on its own prompts and the base's answers, or on a text file. Records of a run are kept with it. Without a run, give model files or names, the base first, and --text. For models that run in process. Exit code 3: some could not be compared.",
    arguments: [
      {
        name: 'run',
        help: 'run id or a prefix of it (default: the newest run); or with --text, models, the base first',
        isOptional: true,
        isRepeatable: true,
        completion: 'run',
      },
    ],
    options: lossOptions,
    examples: [
      'perbench loss',
      'perbench loss 20261124-1630 --base base -t gsm8k --items 50',
      'perbench loss base.gguf base-Q4_K_M.gguf base-Q2_K.gguf --text wiki.txt -o loss.md',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/loss.ts')).loss,
  }),
  defineCommand({
    name: 'decide',
    group: 'Decide',
    summary: 'recommend a model for tasks within limits',
    details:
      'For one task, or several with weights. Names the model with the highest score among those that meet every limit, the runner-up, how certain the choice is, and what would change the answer. --serve prints the command that serves it with the settings that were measured, --brief writes a brief for whoever signs; see docs/deploying.md. Exit codes: 0 a model is recommended, 6 a tie or not measured well enough, 4 no model is usable or meets the limits, 3 cells failed or have invalid numbers.',
    arguments: [runArgument],
    options: decideOptions,
    examples: [
      'perbench decide -t gsm8k=2,arc_easy=1 --max-memory 2GiB',
      'perbench decide 20261124-1630 --min-accuracy 0.7 --max-latency-p95 500ms',
      'perbench decide --serve -o serve.sh --brief brief.html',
      'perbench decide --as kubernetes -o deployment.yaml',
      'perbench decide --table table.csv --anchors paper-gpu',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/decisions.ts')).decide,
  }),
  defineCommand({
    name: 'compare',
    group: 'Decide',
    summary: 'compare two runs or models item by item',
    details:
      'Lists what improved, what regressed, and what is not distinguishable. A and B are runs, files that perbench export --format run wrote, or single models of either, written run:model. latest is the newest run, latest~1 the one before it, and :model is a model of the newest run. Two single models are compared whatever their names; several models are matched by name.',
    arguments: [
      {
        ...side,
        name: 'a',
        help: 'baseline: a run, run:model, :model of the newest run, latest~1, or an exported run (.json)',
      },
      { ...side, name: 'b', help: 'candidate, written the same way' },
    ],
    options: compareOptions,
    examples: [
      'perbench compare 20261124-1630 20261125-0910',
      'perbench compare :smollm2-135m-instruct :qwen2.5-coder-0.5b-instruct -t gsm8k',
      'perbench compare latest~1 latest --all -o compare.md',
      'perbench compare base.json latest',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/decisions.ts')).compare,
  }),
  defineCommand({
    name: 'gate',
    group: 'Decide',
    summary: 'check a run against a baseline and limits',
    details:
      'Limits come from flags, else from the gates section of the suite file (--config, or the suite of the candidate). Each is decided by a 95 % confidence interval, never by a point estimate: it passes if the whole interval is within the limit, fails if the whole interval is beyond it, and is inconclusive otherwise. Exit codes: 0 passed, 4 failed, 6 inconclusive.',
    arguments: [],
    options: gateOptions,
    examples: [
      'perbench gate --baseline latest~1 --max-accuracy-drop 0.01 --max-throughput-drop 5%',
      'perbench gate --baseline base.json --candidate latest -c perbench.yaml -o gate.junit.xml',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/decisions.ts')).gate,
  }),
  defineCommand({
    name: 'cost',
    group: 'Decide',
    summary: 'show what answers cost here, and against an API',
    details:
      'Price of 1,000 answers at full use and at a load, the devices that it takes, and the break-even against APIs whose prices per token are in a file. All prices are yours; nothing is measured. --out takes .svg, .pdf and .png as well, for a chart of one task. See docs/cost.md.',
    arguments: [{ ...runArgument, help: `${runArgument.help}, or a file that perbench export --format run wrote` }],
    options: costOptions,
    examples: [
      'perbench cost --price-per-hour 1.2',
      'perbench cost --price-per-hour 1.2 --load 50000/day --duty-cycle 33% --prices prices.yaml',
      'perbench cost latest --price-per-hour 0.4 --electricity 0.3 --pue 1.4 -o cost.md -o cost.csv',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/cost.ts')).cost,
  }),
];

/** Every verb, in the order of `--help`. */
export const commands: readonly Command[] = [...measureAndDecide, ...resultCommands, ...prepareCommands];

/** Verbs of one noun, for the help of the noun alone: `perbench models`. */
export const nouns: Readonly<Record<string, string>> = {
  models: 'list, show, download, verify and remove models',
  data: 'list, download and verify data sets',
  store: 'copy runs between stores',
};
