import { defineCommand, type Command } from '../options/command.ts';
import {
  exportOptions,
  figuresOptions,
  importOptions,
  ladderOptions,
  listOptions,
  paperOptions,
  reportOptions,
  scoreOptions,
  showOptions,
  storeCopyOptions,
  viewOptions,
} from './result-options.ts';

const runsArgument = {
  name: 'run',
  help: 'run ids or prefixes of them, or latest, latest~1 (default: the newest run)',
  isOptional: true,
  isRepeatable: true,
  completion: 'run',
} as const;

/** Verbs that look at results. */
export const resultCommands: readonly Command[] = [
  defineCommand({
    name: 'list',
    group: 'Inspect results',
    summary: 'list the runs in the store',
    arguments: [],
    options: listOptions,
    examples: ['perbench list', 'perbench list --status interrupted --json'],
    load: async () => (await import('../commands/results.ts')).list,
  }),
  defineCommand({
    name: 'show',
    group: 'Inspect results',
    summary: 'show one run: cells, measurements, warnings, manifest',
    arguments: [
      {
        ...runsArgument,
        isRepeatable: false,
        help: 'run id or a prefix of it, or latest, latest~1 (default: the newest run)',
      },
    ],
    options: showOptions,
    examples: [
      'perbench show',
      'perbench show 20261124-1630 --samples wrong -n 3',
      'perbench show --config suite.yaml --limit 50',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/results.ts')).show,
  }),
  defineCommand({
    name: 'report',
    group: 'Inspect results',
    summary: 'print the scoreboards of runs, one table per task',
    arguments: [runsArgument],
    options: reportOptions,
    examples: [
      'perbench report',
      'perbench report -o table.csv -o table.md',
      'perbench report 20261124 20261125 -t gsm8k',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/results.ts')).report,
  }),
  defineCommand({
    name: 'ladder',
    group: 'Inspect results',
    summary: 'show quantisations and configurations against a base',
    details:
      'A table per task, the base first and the others from large to small: size, bits per weight, speed, accuracy and answers that changed against the base, and how far its distributions moved (perbench loss). --out takes .svg, .pdf and .png as well, for a chart of one task. See docs/ladder.md.',
    arguments: [
      {
        ...runsArgument,
        isRepeatable: false,
        help: 'run id or a prefix of it, or latest, latest~1 (default: the newest run)',
      },
    ],
    options: ladderOptions,
    examples: [
      'perbench ladder',
      'perbench ladder 20261124-1630 --base qwen-q8_0 -t arc_easy',
      'perbench ladder -t arc_easy -o ladder.svg -o ladder.csv',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/ladder.ts')).ladder,
  }),
  defineCommand({
    name: 'score',
    group: 'Inspect results',
    summary: 'score measurements made elsewhere, from a CSV table',
    details: 'Its columns are task, model, accuracy, throughput, latency and memory; see docs/scores.md.',
    arguments: [{ name: 'table', help: 'CSV file, or - for stdin', isOptional: false, completion: 'file' }],
    options: scoreOptions,
    examples: [
      'perbench score table.csv',
      'perbench score data/paper.csv -t gsm8k --anchors paper-gpu --card',
      'perbench score - -o scores.csv < table.csv',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/results.ts')).score,
  }),
  defineCommand({
    name: 'view',
    group: 'Inspect results',
    summary: 'browse all runs in the browser',
    details:
      'Shows scoreboards, single samples, and two models or runs side by side. Serves a page to this machine only, until Ctrl-C, and follows runs in progress. The printed address holds a token, new at each start: without it other users of this machine see nothing. Read-only; nothing is loaded from elsewhere.',
    arguments: [],
    options: viewOptions,
    examples: ['perbench view', 'perbench view --port 0 --open'],
    load: async () => (await import('../commands/view.ts')).view,
  }),
  defineCommand({
    name: 'figures',
    group: 'Inspect results',
    summary: 'draw runs or a table for a paper, as SVG, PDF and PNG',
    details:
      'Draws accuracy against size, throughput, latency and memory; the factors; the scores; the ranks. Three files per figure, with fonts embedded, in the folder given by --out (default: figures).',
    arguments: [runsArgument],
    options: figuresOptions,
    examples: ['perbench figures', 'perbench figures --table data/paper.csv --width page -o figures'],
    writesFiles: true,
    load: async () => (await import('../commands/paper.ts')).figures,
  }),
  defineCommand({
    name: 'paper',
    group: 'Inspect results',
    summary: 'check the PER paper against its own tables',
    details:
      'Recomputes the scores, draws Figure 1 and checks every claim. Nothing is measured: everything comes from the numbers printed in the paper. --out takes .csv, .json, .md, .svg, .pdf and .png files, or a folder for all of them.',
    arguments: [],
    options: paperOptions,
    examples: ['perbench paper', 'perbench paper -o paper', 'perbench paper --width page -o figure-1.svg'],
    writesFiles: true,
    load: async () => (await import('../commands/paper.ts')).paper,
  }),
  defineCommand({
    name: 'export',
    group: 'Inspect results',
    summary: 'export measurements or samples for other programs',
    arguments: [runsArgument],
    options: exportOptions,
    examples: [
      'perbench export --format csv',
      'perbench export --samples -t gsm8k > samples.jsonl',
      'perbench export -o table.tex -o metrics.prom',
      'perbench export --samples -o samples.parquet',
      'perbench export latest --format run -o base.json',
      'perbench export --format lm-eval -o results/',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/interop.ts')).exportRuns,
  }),
  defineCommand({
    name: 'import',
    group: 'Inspect results',
    summary: 'import results of other programs, or score answers',
    details:
      'Reads lm-eval (results_*.json, samples_*.jsonl), Inspect (.eval, .json) and Every Eval Ever (.json, .jsonl). Imported results are stored as a separate run; their numbers are marked as published, never as measured. With --model, reads answers of one model to --task (CSV, TSV, JSON, JSON Lines, Parquet, or the output of an OpenAI batch) and scores them here.',
    arguments: [{ name: 'file', help: 'files or folders', isOptional: false, isRepeatable: true, completion: 'file' }],
    options: importOptions,
    examples: [
      'perbench import results/ --performance 20261124',
      'perbench import log.eval --rename openai/gpt-x=gpt-x --performance speeds.csv',
      'perbench import results_2026-11-24T16-30-12.000000.json -o table.csv',
      'perbench import answers.jsonl --task gsm8k --model gpt-x --price-input 0.15 --price-output 0.6',
    ],
    writesFiles: true,
    load: async () => (await import('../commands/interop.ts')).importFiles,
  }),
  defineCommand({
    name: 'store copy',
    group: 'Inspect results',
    summary: 'copy runs from one store into another',
    details:
      'A store is a file or postgres://user@host/database. Runs are copied whole or not at all, with all samples; one that is there already is left as it is. Exit code 3: some were not copied, since they are being worked on, or are there with other content.',
    arguments: [
      { name: 'from', help: 'store with the runs', isOptional: false, completion: 'file' },
      { name: 'to', help: 'store that gets them; made where there is none', isOptional: false, completion: 'file' },
      { ...runsArgument, help: 'run ids or prefixes of them, or latest, latest~1 (default: all runs)' },
    ],
    options: storeCopyOptions,
    examples: [
      'perbench store copy postgres://perbench@db.example/perbench night.db',
      'perbench store copy .perbench/perbench.db baseline.db 20261124-1630',
    ],
    load: async () => (await import('../commands/store.ts')).copyStore,
  }),
];
