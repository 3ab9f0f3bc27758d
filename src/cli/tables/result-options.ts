import { choice, custom, flag, number, optionalText, text, texts, withDefault } from '../options/option.ts';
import { baseOption, scoringOptions, tasksOption } from './decision-options.ts';
import { suiteOptions } from './suite-options.ts';
import { outcomes } from '../../core/store.ts';
import { ladderAxes } from '../../core/ladder-axes.ts';

/** Formats of one file: `--format`, or the ending of `--out`. A test compares them with the registries. */
const fileFormats = [
  'csv',
  'json',
  'markdown',
  'latex',
  'parquet',
  'openmetrics',
  'bencher',
  'confusion',
  'labels',
  'items',
  'fields',
  'server',
  'jsonl',
] as const;

/** Formats of other programs, which are folders. */
const folderFormats = ['lm-eval', 'inspect', 'every-eval-ever', 'hf-eval-results'] as const;

/** A run whole, as `compare` and `gate` read it. */
export const runFormat = 'run';

const taskOption = text({ short: 't', argument: 'task', help: 'only this task', completion: 'task' });

export const exportOptions = {
  format: choice({
    argument: 'name',
    choices: [...fileFormats, runFormat, ...folderFormats],
    help: 'output format; run is one run for compare and gate, the last four write several files into a folder',
    defaultText: 'by the extension of --out; else csv, or jsonl with --samples',
  }),
  samples: flag({ help: 'export samples, one line or row per item, instead of measurements' }),
  task: taskOption,
} as const;

/** Where speed and memory come from, for accuracies that were measured elsewhere. */
const performanceOption = text({
  argument: 'run|table',
  help: 'run or CSV table to take missing throughput, latency and memory from',
  hasEnvironment: false,
  completion: 'run',
});

function price(help: string) {
  return number({ argument: 'price', min: 0, isWhole: false, help, hasEnvironment: false });
}

export const importOptions = {
  performance: performanceOption,
  rename: texts({
    argument: 'old=new',
    help: 'rename a model to its name in perbench (repeatable)',
    hasEnvironment: false,
  }),
  metric: text({
    argument: 'name',
    help: 'metric to import as accuracy, such as acc_norm or exact_match,strict-match',
    defaultText: "the task's own",
    hasEnvironment: false,
  }),
  task: text({
    short: 't',
    argument: 'task',
    help: 'only this task; with --model the task that was answered: a name, a task file or a data file',
    completion: 'task',
  }),
  model: text({
    short: 'm',
    argument: 'name',
    help: 'score the answers of a model of this name to --task; rows have an id and an output',
    hasEnvironment: false,
  }),
  dataDir: text({ argument: 'folder', help: 'data set folder, for --model', completion: 'folder' }),
  skipInvalid: suiteOptions.skipInvalid,
  partial: flag({
    help: 'with --model, leave out items without an answer; they count as failed otherwise',
    hasEnvironment: false,
  }),
  pricePerThousand: price('price of 1,000 answers, for --model'),
  priceInput: price('price of a million prompt tokens, for --model'),
  priceOutput: price('price of a million output tokens, for --model'),
  dryRun: flag({ help: 'show the contents of the files without storing them', hasEnvironment: false }),
} as const;

export const storeCopyOptions = {
  allowRunning: flag({
    help: 'also copy runs that are being worked on, as they are now; in the copy they are interrupted',
    hasEnvironment: false,
  }),
} as const;

export const listOptions = {
  status: choice({
    argument: 'name',
    choices: ['running', 'finished', 'interrupted'],
    help: 'only runs with this status',
  }),
  last: number({ short: 'n', argument: 'n', min: 1, help: 'only the newest n runs' }),
} as const;

export const showOptions = {
  ...suiteOptions,
  config: optionalText({
    short: 'c',
    argument: 'file',
    help: 'print every setting of a suite and where its value comes from',
    hasEnvironment: false,
    completion: 'file',
  }),
  samples: choice({
    argument: 'which',
    choices: ['all', ...outcomes],
    help: 'also print samples: prompt, output, verdict',
  }),
  last: withDefault(number({ short: 'n', argument: 'n', min: 1, help: 'maximum number of samples per cell' }), 10),
} as const;

export const reportOptions = {
  task: tasksOption,
  performance: performanceOption,
  ...scoringOptions,
} as const;

export const scoreOptions = {
  task: tasksOption,
  strict: flag({ help: 'also exclude models with doubtful numbers' }),
  ...scoringOptions,
} as const;

/** Widths that journals print at; others are given in millimetres. */
const paperWidthsMm = { column: 84, page: 178 } as const;
const namedWidths: Readonly<Record<string, number>> = paperWidthsMm;

export const width = withDefault(
  custom<number>({
    argument: 'width',
    expected: 'column (84 mm), page (178 mm) or 40 to 400 mm',
    help: 'width of printed figures: column, page, or millimetres',
    defaultText: 'column',
    parse: (value) => {
      const known = namedWidths[value];
      if (known !== undefined) return known;
      const millimetres = /^(\d+(?:\.\d+)?)(?:mm)?$/u.exec(value)?.[1];
      const size = Number(millimetres);
      return millimetres !== undefined && size >= 40 && size <= 400 ? size : undefined;
    },
  }),
  paperWidthsMm.column,
);

export const dpi = withDefault(
  number({ argument: 'n', min: 72, max: 1200, help: 'resolution of PNG files, in dots per inch' }),
  300,
);

/** How charts come out on paper. */
export const paperOptions = { width, dpi } as const;

export const figuresOptions = {
  table: text({
    argument: 'file',
    help: 'draw a CSV table of measurements, as for perbench score (- for stdin), instead of runs',
    completion: 'file',
  }),
  task: tasksOption,
  width,
  dpi,
} as const;

export const ladderOptions = {
  base: baseOption,
  task: tasksOption,
  x: choice({
    argument: 'measure',
    choices: ladderAxes.x,
    help: 'horizontal axis of charts: file size or peak memory',
    defaultText: 'size where files differ, else memory',
    hasEnvironment: false,
  }),
  y: choice({
    argument: 'measure',
    choices: ladderAxes.y,
    help: 'vertical axis of charts: KL divergence, difference in accuracy, or share of answers that changed',
    defaultText: 'kl where it was taken, else accuracy',
    hasEnvironment: false,
  }),
  width,
  dpi,
} as const;

export const viewOptions = {
  port: withDefault(number({ argument: 'n', min: 0, max: 65_535, help: 'port on loopback; 0 picks a free one' }), 7575),
  open: flag({ help: 'open the page in the browser' }),
} as const;
