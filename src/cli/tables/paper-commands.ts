import type { Command } from '../options/command.ts';
import { custom, number, text, texts, withDefault } from '../options/option.ts';

/** Widths that journals print at; others are given in millimetres. */
const paperWidthsMm = { column: 84, page: 178 } as const;
const namedWidths: Readonly<Record<string, number>> = paperWidthsMm;

const width = withDefault(
  custom<number>({
    argument: 'width',
    expected: 'column (84 mm), page (178 mm) or 40 to 400 mm',
    help: 'width of figures on paper: column, page, or millimetres',
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

const dpi = withDefault(number({ argument: 'n', min: 72, max: 1200, help: 'dots per inch of PNG files' }), 300);

export const paperOptions = { width, dpi } as const;

export const figuresOptions = {
  table: text({
    argument: 'file',
    help: 'draw a table of measurements (CSV, as perbench score reads it, or - for stdin) instead of runs',
    completion: 'file',
  }),
  task: texts({
    short: 't',
    argument: 'task',
    isCommaSeparated: true,
    help: 'only these tasks (repeatable, or joined by commas)',
    completion: 'task',
  }),
  width,
  dpi,
} as const;

export const paperCommands: readonly Command[] = [
  {
    name: 'figures',
    group: 'Look at results',
    summary: 'draw runs or a table for a paper, as SVG and PNG',
    details:
      'One file per figure, fonts embedded. Files go into the folder of --out, by default figures. Accuracy against size, throughput, latency and memory; the factors; the scores; the ranks.',
    arguments: [
      {
        name: 'run',
        help: 'ids of runs, or their beginnings; by default the newest',
        isOptional: true,
        isRepeatable: true,
        completion: 'run',
      },
    ],
    options: figuresOptions,
    examples: ['perbench figures', 'perbench figures --table data/paper.csv --width page -o figures'],
  },
  {
    name: 'paper',
    group: 'Look at results',
    summary: 'hold the PER paper against its own tables',
    details:
      'Scores recomputed, Figure 1, every claim checked. Nothing is measured: everything comes from the numbers that the paper prints. --out takes .csv .json .md .svg .png files, or a folder for all of them.',
    arguments: [],
    options: paperOptions,
    examples: ['perbench paper', 'perbench paper -o paper', 'perbench paper --width page -o figure-1.svg'],
  },
];
