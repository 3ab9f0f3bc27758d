import { UsageError } from '../../core/errors.ts';
import { decisionDocument } from '../../present/decision-document.ts';
import { reportRuns, reportTable } from '../../app/report-runs.ts';
import type { Report } from '../../present/report.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, gateExitCode } from '../exit-codes.ts';
import { project } from '../local-world.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { printBlocks, reportExitCode } from '../print-document.ts';
import { readTable, tableName } from '../read-table.ts';
import { constraintsOf, gateLimitsOf, scoreOf } from '../scoring.ts';
import { findRuns, openReadStore } from '../stored-runs.ts';
import type { decideOptions, compareOptions, gateOptions } from '../tables/decision-options.ts';
import { checkOutputs } from '../check-outputs.ts';
import { printServeStep } from '../next-commands.ts';
import { tellServing, wantedServing } from '../serving-outputs.ts';
import { outputFiles, writeDocument, writeGithub } from '../write-outputs.ts';
import { comparisonDocument } from '../../present/comparison-document.ts';
import { compareRuns } from '../../app/compare-runs.ts';
import { type Gate, gateDocument } from '../../present/gate-document.ts';
import { isExportedName } from '../../app/compared-run.ts';
import { type GateOptions, gateRuns } from '../../app/gate-runs.ts';
import type { Store } from '../../core/store.ts';
import { readSuiteFile } from '../suite-file/read-suite-file.ts';
import { checkSuite } from '../suite-file/check-suite.ts';

export const decide: CommandHandler<typeof decideOptions> = async (input, context) => {
  const { table, ...options } = input.options;
  if (table !== undefined && input.arguments.length > 0) {
    throw new UsageError('both a run and a table were given', { hint: 'Give one of them.' });
  }
  const wanted = wantedServing({ table, ...options }, context);
  const files = await outputFiles(context, 'decision', undefined, wanted.endings);
  const documents = files.map(({ path }) => ({ path, name: path }));
  await checkOutputs([...documents, ...wanted.files, ...wanted.briefs], context);
  const report = await decidedReport(input, context);
  const { answers } = report;
  if (answers === undefined || answers.tasks.length === 0) throw new UsageError('there are no cells to decide on');
  const document = decisionDocument(answers, report);
  const told = await tellServing(answers, report, wanted, context, input.arguments[0]);
  if (told === 'nothing') printBlocks(document.screen, context);
  else context.output.note(document.verdict);
  context.output.record('decision', { answer: document.verdict, ...answers });
  await writeDocument(document, files, context);
  if (told === 'nothing') printServeStep(report, context);
  if (told === 'served' && options.model !== undefined) return exitCodes.done;
  const code = reportExitCode(report);
  // There is no command, though each task has its model.
  return told === 'none' && code === exitCodes.done ? exitCodes.gateInconclusive : code;
};

async function decidedReport(
  { arguments: names, options }: CommandInput<typeof decideOptions>,
  context: CliContext,
): Promise<Report> {
  const { table, task, anchors, weights, pricePerHour } = options;
  const request = {
    ...project(context),
    tasks: task,
    scoring: { score: scoreOf(options), limits: constraintsOf(options), anchors, weights, pricePerHour },
  };
  if (table !== undefined) return reportTable(await readTable(table, context), { ...request, file: tableName(table) });
  const [name = ''] = names;
  if (isExportedName(name)) {
    throw new UsageError(`${name} is a file: decide reads runs of the store`, {
      hint: 'Name a run of perbench list; exported runs are for perbench cost, compare and gate. A CSV file: --table.',
    });
  }
  const { store, runs } = await findRuns(names, context);
  return reportRuns(store, runs.slice(0, 1), request);
}

export const compare: CommandHandler<typeof compareOptions> = async (
  { arguments: [nameA = '', nameB = ''], options },
  context,
) => {
  const { output, interruption } = context;
  const files = await outputFiles(context, 'comparison');
  const store = await storeOf([nameA, nameB], context);
  const comparison = await compareRuns(store, nameA, nameB, {
    tasks: options.task,
    folder: context.workingFolder,
    signal: interruption.signal,
  });
  const document = comparisonDocument(comparison, options.all === true ? undefined : options.items);
  printBlocks(document.screen, context);
  const { cells, ...rest } = comparison;
  for (const cell of cells) output.record('comparison', cell);
  output.record('verdict', rest);
  await writeDocument(document, files, context);
  return exitCodes.done;
};

/** The store, where one of the names is of it. */
async function storeOf(names: readonly string[], context: CliContext): Promise<Store | undefined> {
  return names.every(isExportedName) ? undefined : openReadStore(context);
}

export const gate: CommandHandler<typeof gateOptions> = async (input, context) => {
  const { baseline, candidate, task, inconclusive, annotations } = input.options;
  if (baseline === undefined) {
    throw new UsageError('no baseline given', {
      hint: 'Name a run of perbench list or an exported run, such as --baseline latest~1 or --baseline base.json.',
    });
  }
  const files = await outputFiles(context, 'gate');
  const store = await storeOf([baseline, candidate ?? 'latest'], context);
  const decided = await gateRuns(store, baseline, candidate, {
    folder: context.workingFolder,
    suite: await suiteOfConfig(context),
    limits: gateLimitsOf(input.options),
    tasks: task,
    inconclusive,
    signal: context.interruption.signal,
  });
  const document = gateDocument(decided);
  printBlocks(document.screen, context);
  recordGate(decided, context);
  const { environment } = context;
  const isGithub = annotations === 'github' || (annotations === 'auto' && environment['GITHUB_ACTIONS'] === 'true');
  if (isGithub) await writeGithub(document, context);
  await writeDocument(document, files, context);
  return gateExitCode(decided.result.outcome);
};

function recordGate({ result, ...origin }: Gate, { output }: CliContext): void {
  const { checks, ...verdict } = result;
  for (const check of checks) output.record('check', check);
  output.record('gate', { ...verdict, ...origin });
}

/** The suite file of `--config`. */
async function suiteOfConfig(context: CliContext): Promise<GateOptions['suite']> {
  const { config } = context.globals;
  if (config === undefined) return undefined;
  const { document } = await readSuiteFile(config, context);
  return { suite: checkSuite(document), from: document.file };
}
