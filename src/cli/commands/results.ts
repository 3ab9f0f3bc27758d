import type { Cell } from '../../core/cell.ts';
import type { Outcome, RunRecord, Store } from '../../core/store.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { openExistingStore, findRuns } from '../stored-runs.ts';
import type { listOptions, reportOptions, scoreOptions, showOptions } from '../tables/result-options.ts';
import { type Cell as TableCell, gap, numberCell, textBlock } from '../../present/document.ts';
import { UsageError } from '../../core/errors.ts';
import { valueWithoutSecrets } from '../../core/without-secrets.ts';
import { reportRuns, reportTable } from '../../app/report-runs.ts';
import { performanceCells, readTable, tableName } from '../read-table.ts';
import { project } from '../local-world.ts';
import { printBlocks, printLines, printReport, printTable, certificatesOf, printOpenRaces } from '../print-document.ts';
import { printNext } from '../next-commands.ts';
import { scoringChoice } from '../scoring.ts';
import { outputFiles } from '../write-outputs.ts';
import type { Scoreboard } from '../../scoring/scoreboard.ts';
import type { Measurement } from '../../core/measurement.ts';
import type { Sample } from '../../core/sample.ts';
import { certificateBlocks } from '../../present/certificate-document.ts';
import type { CliContext } from '../context.ts';
import { busyText } from '../busy-text.ts';
import { deviceText, type WatchedPass } from '../device-text.ts';
import { memoryText } from '../memory-text.ts';
import { printLabels } from '../print-labels.ts';
import { runLines } from '../run-lines.ts';
import { safeText } from '../../present/sanitise.ts';
import { suiteOfCommand } from '../suite-file/suite-of-command.ts';

export const list: CommandHandler<typeof listOptions> = async ({ options: { status, last } }, context) => {
  const { output } = context;
  const store = await openExistingStore(context);
  const all = (await store?.listRuns()) ?? [];
  const runs = all.filter((run) => status === undefined || run.status === status).slice(0, last);
  const rows: (readonly TableCell[])[] = [];
  for (const run of runs) {
    const cells = (await store?.cells(run.id)) ?? [];
    output.record('run', { ...run, cells: countStates(cells) });
    rows.push(runRow(run, cells));
  }
  if (rows.length > 0) printTable(['run', 'name', 'status', 'cells', 'models', 'tasks', 'protocol'], rows, context);
  else output.note(`no runs in ${context.storePlace.shown}`);
  return exitCodes.done;
};

function runRow({ id, name, status, protocol }: RunRecord, cells: readonly Cell[]): readonly TableCell[] {
  const { done = 0, failed = 0, unavailable = 0 } = countStates(cells);
  const bad = failed + unavailable;
  const models = new Set(cells.map(({ model }) => model)).size;
  const tasks = new Set(cells.map(({ taskId }) => taskId)).size;
  const count = `${done}/${cells.length}${bad === 0 ? '' : `, ${bad} failed`}`;
  return [id, name, status, count, numberCell(models, 0), numberCell(tasks, 0), protocol];
}

function countStates(cells: readonly Cell[]): Partial<Record<Cell['state'], number>> {
  const counts: Partial<Record<Cell['state'], number>> = {};
  for (const { state } of cells) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

export const report: CommandHandler<typeof reportOptions> = async ({ arguments: names, options }, context) => {
  const files = await outputFiles(context, 'report');
  const { store, runs } = await findRuns(names, context);
  const performance =
    options.performance === undefined ? undefined : await performanceCells(options.performance, context);
  const made = await reportRuns(store, runs, {
    ...project(context),
    tasks: options.task,
    performance,
    scoring: scoringChoice(options),
  });
  if (made.scoreboards.length === 0) {
    throw new UsageError(`no cells of ${options.task.join(', ')} in ${runs.map(({ id }) => id).join(', ')}`, {
      hint: 'perbench show lists the cells of a run.',
    });
  }
  await printReport(made, files, context);
  await printNext(made, store, context);
  return exitCodes.done;
};

export const score: CommandHandler<typeof scoreOptions> = async ({ arguments: [file = '-'], options }, context) => {
  const files = await outputFiles(context, 'report');
  const made = await reportTable(await readTable(file, context), {
    ...project(context),
    file: tableName(file),
    tasks: options.task,
    scoring: scoringChoice(options),
    isStrict: options.strict,
  });
  await printReport(made, files, context);
  return made.scoreboards.every(isWithoutModel) ? exitCodes.someCellsFailed : exitCodes.done;
};

function isWithoutModel({ flags }: Scoreboard): boolean {
  return flags.some(({ code }) => code === 'no_valid_model');
}

export const show: CommandHandler<typeof showOptions> = async (input, context) => {
  if (input.options.config !== undefined) return showConfig(input, context);
  const { options, arguments: names } = input;
  const files = await outputFiles(context, 'report');
  const { store, runs } = await findRuns(names, context);
  for (const run of runs) {
    const cells = await store.cells(run.id);
    await printRun(store, run, cells, context);
    printCertificates(run, context);
    await printReport(await reportRuns(store, [run], project(context)), files, context, { isWhole: true });
    await printLosses(store, run, context);
    await printLabels(store, cells, context);
    await printPasses(store, cells, context);
    if (options.samples !== undefined) {
      const only = options.samples === 'all' ? undefined : options.samples;
      await printSamples(store, cells, { only, limit: options.last }, context);
    }
  }
  return exitCodes.done;
};

async function showConfig(input: CommandInput<typeof showOptions>, context: CliContext): Promise<number> {
  const { config } = input.options;
  const made = await suiteOfCommand(input, context, config === '' ? undefined : config);
  const settings = made.settings.map((setting) => ({ ...setting, value: valueWithoutSecrets(setting.value) }));
  const rows = settings.map(({ key, value, origin }) => [key, origin.from, valueText(value)]);
  for (const { key, value, origin } of settings) context.output.record('setting', { key, value, ...origin });
  printTable(['setting', 'from', 'value'], rows, context);
  return exitCodes.done;
}

function valueText(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function printRun(store: Store, run: RunRecord, cells: readonly Cell[], context: CliContext): Promise<void> {
  context.output.record('run', { ...run, cells });
  printLines([...(await runLines(store, run)), ''], context);
  printTable(['model', 'task', 'state', 'items', 'measured'], cells.map(cellRow), context);
  const errors = cells.flatMap(({ model, taskId, error }) =>
    error === undefined ? [] : [textBlock(`${model} / ${taskId}: ${error.message}`)],
  );
  printBlocks([...errors, gap], context);
}

/** What models took of GPUs, what GPUs did, and what was done because others used the CPU; nothing where neither was. */
async function printPasses(store: Store, cells: readonly Cell[], { output }: CliContext): Promise<void> {
  const passes: WatchedPass[] = [];
  for (const { id, model, taskId } of cells) {
    for (const result of await store.passResults(id)) passes.push({ model, taskId, result });
  }
  for (const { model, taskId, result } of passes) {
    const { pass, launch, memory } = result;
    if (memory?.devices === undefined) continue;
    output.record('memory', { model, taskId, pass, launch, devices: memory.devices });
  }
  for (const text of [memoryText(passes), deviceText(passes), busyText(passes)])
    if (text !== undefined) output.result(`${text}\n`);
}

/** What a race decided; the tables after it lack means of models that were stopped early. */
function printCertificates(run: RunRecord, context: CliContext): void {
  const { output } = context;
  printOpenRaces(run, context);
  for (const certificate of certificatesOf(run)) {
    output.record('certificate', { certificate });
    printBlocks([...certificateBlocks(certificate), gap], context);
  }
}

async function printLosses(store: Store, run: RunRecord, context: CliContext): Promise<void> {
  if ((run.manifest.losses ?? []).length === 0) return;
  const { storedLosses } = await import('../../app/measure-loss.ts');
  const { printLossTable } = await import('./loss.ts');
  const losses = await storedLosses(store, run);
  if (losses !== undefined) printLossTable(losses, context);
}

function cellRow({ model, taskId, state, items, measurements }: Cell): readonly TableCell[] {
  const measured = Object.values(measurements).filter(isMeasurement);
  const known = measured.filter(({ status }) => status !== 'unavailable').length;
  return [model, taskId, state, numberCell(items, 0), `${known} of ${measured.length}`];
}

function isMeasurement(value: Cell['measurements'][keyof Cell['measurements']]): value is Measurement {
  return value !== undefined && 'status' in value && typeof value.status === 'string';
}

async function printSamples(
  store: Store,
  cells: readonly Cell[],
  query: { readonly only: Outcome | undefined; readonly limit: number },
  { output, interruption }: CliContext,
): Promise<void> {
  const { only, limit } = query;
  for (const { id, model, taskId } of cells) {
    for await (const sample of store.samples(id, { limit, ...(only !== undefined && { only }) })) {
      interruption.signal.throwIfAborted();
      output.record('sample', { model, taskId, ...sample });
      output.result(sampleText(sample, model, taskId));
    }
  }
}

function sampleText(sample: Sample, model: string, taskId: string): string {
  const { itemId, prompt, output, expected, answer, failure, cut, thoughts } = sample;
  return safeText(
    [
      `── ${model} / ${taskId} / ${itemId}: score ${sample.score}`,
      `prompt:   ${prompt}`,
      ...(failure === undefined ? [`output:   ${output}`] : [`failed:   ${failure.reason}: ${failure.message}`]),
      ...(thoughts === undefined ? [] : [`thoughts: ${thoughts}`]),
      `expected: ${expected}`,
      `answer:   ${answer ?? `(${cut ?? 'unparsed'})`}`,
      '',
    ].join('\n'),
  );
}
