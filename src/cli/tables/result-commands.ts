import type { Command } from '../options/command.ts';
import { choice, flag, number, optionalText, texts } from '../options/option.ts';
import { performanceOption } from './interop-commands.ts';
import { scoringOptions } from './scoring-options.ts';
import { suiteOptions } from './suite-options.ts';

const runsArgument = {
  name: 'run',
  help: 'ids of runs, or their beginnings; by default the newest',
  isOptional: true,
  isRepeatable: true,
  completion: 'run',
} as const;

export const listOptions = {
  status: choice({ argument: 'name', choices: ['running', 'finished', 'interrupted'], help: 'only these runs' }),
  last: number({ short: 'n', argument: 'n', min: 1, help: 'only the newest n' }),
} as const;

export const showOptions = {
  ...suiteOptions,
  config: optionalText({
    short: 'c',
    argument: 'file',
    help: 'print every setting of a suite, and where its value comes from',
    hasEnvironment: false,
    completion: 'file',
  }),
  samples: choice({
    argument: 'which',
    choices: ['all', 'right', 'wrong', 'unparsed', 'truncated', 'failed'],
    help: 'also print samples: prompt, output, verdict',
  }),
  last: number({ short: 'n', argument: 'n', min: 1, help: 'at most n samples of each cell', defaultText: '10' }),
} as const;

const tasksOption = texts({
  short: 't',
  argument: 'task',
  isCommaSeparated: true,
  help: 'only these tasks (repeatable, or joined by commas)',
  completion: 'task',
});

export const reportOptions = {
  task: tasksOption,
  performance: performanceOption,
  ...scoringOptions,
} as const;

export const scoreOptions = {
  task: tasksOption,
  strict: flag({ help: 'also leave models out whose numbers are doubtful' }),
  ...scoringOptions,
} as const;

export const resultCommands: readonly Command[] = [
  {
    name: 'list',
    group: 'Look at results',
    summary: 'list the runs in the store',
    arguments: [],
    options: listOptions,
    examples: ['perbench list', 'perbench list --status interrupted --json'],
  },
  {
    name: 'show',
    group: 'Look at results',
    summary: 'show one run: cells, measurements, warnings, manifest',
    arguments: [{ ...runsArgument, isRepeatable: false, help: 'id of a run, or its beginning; by default the newest' }],
    options: showOptions,
    examples: [
      'perbench show',
      'perbench show 20261124-1630 --samples wrong -n 3',
      'perbench show --config suite.yaml --limit 50',
    ],
  },
  {
    name: 'report',
    group: 'Look at results',
    summary: 'print the scoreboards of runs, one table per task',
    arguments: [runsArgument],
    options: reportOptions,
    examples: [
      'perbench report',
      'perbench report -o table.csv -o table.md',
      'perbench report 20261124 20261125 -t gsm8k',
    ],
  },
  {
    name: 'score',
    group: 'Look at results',
    summary: "score anybody's measurements from a CSV table",
    details: 'Its columns are task, model, accuracy, throughput, latency and memory; docs/scores.md says more.',
    arguments: [{ name: 'table', help: 'CSV file, or - for stdin', isOptional: false, completion: 'file' }],
    options: scoreOptions,
    examples: [
      'perbench score table.csv',
      'perbench score data/paper.csv -t gsm8k --anchors paper-gpu --card',
      'perbench score - -o scores.csv < table.csv',
    ],
  },
];
