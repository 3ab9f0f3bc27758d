/**
 * perbench's definitions beside those of vLLM bench, SGLang bench_serving, AIPerf, guidellm and MLPerf LoadGen, on the same
 * recorded requests: 32 items with log-normal prompts and answers, asked round and round of a simulated server with
 * continuous batching and 16 slots, whose true rate is known. Closed loops at concurrency 16; Poisson arrivals at 0.8 of
 * what the server can do; and at twice that, with at most 64 in flight.
 *
 *     node bench/definitions.ts [--seed 1] [--runs 200] [--markdown]
 *
 * The first tables show one window (`--seed` orders the items and the arrivals): perbench's figure, and by how much the
 * others differ from it. The last shows who is biased: the mean difference from the true rate over `--runs` windows, and its
 * standard error. `--markdown` prints the tables of docs/measurement.md.
 */
import { parseArgs } from 'node:util';
import { meanOf, standardDeviation } from '../src/stats/means.ts';
import { loadNames, loads } from './definition-loads.ts';
import { differenceTable, itemRates, percent, quantities, recordWindows } from './definition-tables.ts';

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '200' },
    markdown: { type: 'boolean', default: false },
  },
});
const runs = Number(flags.runs);

/** Mean difference from the true rate over many windows, with its standard error. */
function biasTable(): readonly (readonly string[])[] {
  const windows = loadNames.map((load) => Array.from({ length: runs }, (_, index) => loads[load].record(index + 1)));
  const rows = [itemRates.ours, ...itemRates.others].map(({ name, value }) => [
    name,
    ...loadNames.map((load, index) => {
      const { rate } = loads[load];
      const values = (windows[index] ?? []).map(value).filter((each) => each !== undefined);
      if (values.length < 2) return '–';
      const differences = values.map((each) => each / rate - 1);
      const error = standardDeviation(differences) / Math.sqrt(values.length);
      return `${percent(meanOf(differences))} ± ${(100 * error).toFixed(1)}`;
    }),
  ]);
  return [[`From the true rate, mean of ${runs} windows`, ...loadNames], ...rows];
}

/** As Markdown with every column; in the terminal without the words. */
function print(rows: readonly (readonly string[])[], hasWords: boolean): void {
  const shown = hasWords && !flags.markdown ? rows.map((row) => row.toSpliced(1, 1)) : rows;
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => (row[column] ?? '').length)));
  const isText = (column: number): boolean => column === 0 || (hasWords && flags.markdown && column === 1);
  const pad = (cell: string, column: number): string =>
    isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const rule = widths.map((width, column) => (isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const lines = shown.map((row) => row.map(pad));
  if (flags.markdown) for (const line of lines.toSpliced(1, 0, rule)) console.log(`| ${line.join(' | ')} |`);
  else for (const line of lines) console.log(line.join('  '));
  console.log();
}

const windows = recordWindows(Number(flags.seed));
for (const quantity of quantities) print(differenceTable(quantity, windows), true);
print(biasTable(), false);
