import type { Command } from '../options/command.ts';
import { choice, flag, text, texts } from '../options/option.ts';

/** Formats of one file: `--format`, or the ending of `--out`. A test compares them with the registries. */
const fileFormats = ['csv', 'json', 'markdown', 'latex', 'parquet', 'openmetrics', 'bencher', 'jsonl'] as const;

/** Formats of other programs, which are folders. */
const folderFormats = ['lm-eval', 'inspect', 'every-eval-ever', 'hf-eval-results'] as const;

export const exportOptions = {
  format: choice({
    argument: 'name',
    choices: [...fileFormats, ...folderFormats],
    help: 'format of what is written; the last four are of several files and go into a folder',
    defaultText: 'by the ending of --out; else csv, or jsonl with --samples',
  }),
  samples: flag({ help: 'the samples, a line or row for each item, instead of the measurements' }),
  task: text({ short: 't', argument: 'task', help: 'only this task', completion: 'task' }),
} as const;

/** Where speed and memory come from, for accuracies that were measured elsewhere. */
export const performanceOption = text({
  argument: 'run|table',
  help: 'take throughput, latency and memory that are missing from this run, or from this CSV table',
  hasEnvironment: false,
  completion: 'run',
});

export const importOptions = {
  performance: performanceOption,
  rename: texts({
    argument: 'old=new',
    help: 'call a model by the name that it has here (repeatable)',
    hasEnvironment: false,
  }),
  metric: text({
    argument: 'name',
    help: "metric that is the accuracy, such as acc_norm or exact_match,strict-match (default: the task's own)",
    hasEnvironment: false,
  }),
  task: text({ short: 't', argument: 'task', help: 'only this task', completion: 'task' }),
  dryRun: flag({ help: 'show what the files hold, store nothing', hasEnvironment: false }),
} as const;

export const interopCommands: readonly Command[] = [
  {
    name: 'export',
    group: 'Look at results',
    summary: 'write measurements or samples, for other programs',
    arguments: [
      {
        name: 'run',
        help: 'ids of runs, or their beginnings; by default the newest',
        isOptional: true,
        isRepeatable: true,
        completion: 'run',
      },
    ],
    options: exportOptions,
    examples: [
      'perbench export --format csv',
      'perbench export --samples -t gsm8k > samples.jsonl',
      'perbench export -o table.tex -o metrics.prom',
      'perbench export --samples -o samples.parquet',
      'perbench export --format lm-eval -o results/',
    ],
  },
  {
    name: 'import',
    group: 'Look at results',
    summary: 'read results that another program measured, and score them',
    details:
      'Reads lm-eval (results_*.json, samples_*.jsonl), Inspect (.eval, .json) and Every Eval Ever (.json, .jsonl). What is read is kept as a run of its own; its numbers are marked as published, never as measured.',
    arguments: [{ name: 'file', help: 'files or folders', isOptional: false, isRepeatable: true, completion: 'file' }],
    options: importOptions,
    examples: [
      'perbench import results/ --performance 20261124',
      'perbench import log.eval --rename openai/gpt-x=gpt-x --performance speeds.csv',
      'perbench import results_2026-11-24T16-30-12.000000.json -o table.csv',
    ],
  },
];
